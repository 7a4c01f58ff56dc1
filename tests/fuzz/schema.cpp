// Any bytes as a JSON Schema, a line, and a value that is checked against it. Besides not crashing, a check
// keeps to its steps, explains each refusal in few words, and finds out no other thing with more steps.
#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "ipc/schema.h"
#include "tests/fuzz/property.h"

namespace {

constexpr std::size_t kLoop = ipc::steps_for(4096);
constexpr std::size_t kMostBytes = 20'000;  // of all violations

void check_verdict(const ipc::Verdict& verdict) {
  property((verdict.fit == ipc::Fit::no) == !verdict.violations.empty(),
           "what does not fit is explained, and that alone");
  property(verdict.violations.size() <= 16, "violations are few");
  property(ipc::print_json(ipc::to_json(verdict.violations)).size() < kMostBytes * 16,
           "violations are short");
}

void check_value(const ipc::Schema& schema, const ipc::Json& value) {
  const auto verdict = schema.check(value, kLoop);
  check_verdict(verdict);
  const auto patient = schema.check(value, 10 * kLoop);
  check_verdict(patient);
  property(verdict.fit == ipc::Fit::undecided || verdict.fit == patient.fit,
           "more steps find the same verdict");
  const auto hasty = schema.check(value, 10);
  property(hasty.fit == ipc::Fit::undecided || hasty.fit == patient.fit,
           "fewer steps find the same verdict, or none");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto end = std::min(bytes.find('\n'), bytes.size());
  auto schema = ipc::parse_json(bytes.substr(0, end));
  const auto value = ipc::parse_json(bytes.substr(std::min(end + 1, bytes.size())));
  if (!std::holds_alternative<ipc::Json>(schema) || !std::holds_alternative<ipc::Json>(value)) return 0;
  try {
    check_value(ipc::Schema(std::get<ipc::Json>(std::move(schema))), std::get<ipc::Json>(value));
  } catch (const std::invalid_argument& error) {
    property(!std::string_view(error.what()).empty(), "an unusable schema is refused with a sentence");
  }
  return 0;
}
