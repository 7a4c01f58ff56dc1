#include "server/jobs/record.h"

#include <fmt/format.h>

#include <chrono>

#include "server/loop/random_id.h"

namespace jobs {
namespace {

constexpr std::string_view kWords[kStates] = {"queued", "running",   "done",
                                              "failed", "cancelled", "interrupted"};

}  // namespace

std::string_view to_string(State state) {
  return kWords[static_cast<int>(state)];
}

std::optional<State> state_called(std::string_view word) {
  for (int i = 0; i < kStates; ++i)
    if (kWords[i] == word) return static_cast<State>(i);
  return std::nullopt;
}

UnixTime now() {
  namespace chrono = std::chrono;
  return chrono::duration_cast<chrono::milliseconds>(chrono::system_clock::now().time_since_epoch()).count();
}

std::string new_id() {
  return fmt::format("{:012x}{}", now(), loop::random_id());
}

}  // namespace jobs
