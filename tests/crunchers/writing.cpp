#include "tests/crunchers/writing.h"

#include <unistd.h>

namespace unruly {

using nlohmann::json;

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written <= 0) return false;
    bytes.remove_prefix(written);
  }
  return true;
}

std::string result_line(const json& id, const json& result) {
  return json{{"jsonrpc", "2.0"}, {"id", id}, {"result", result}}.dump() + "\n";
}

std::string error_line(const json& id, int code, std::string_view message) {
  return json{{"jsonrpc", "2.0"}, {"id", id}, {"error", {{"code", code}, {"message", message}}}}.dump() +
         "\n";
}

std::string progress_line(double fraction) {
  return json{{"jsonrpc", "2.0"}, {"method", "progress"}, {"params", {{"fraction", fraction}}}}.dump() + "\n";
}

}  // namespace unruly
