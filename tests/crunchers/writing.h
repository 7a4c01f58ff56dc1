#pragma once
// Bytes and messages onto a descriptor. Knows no behaviour.

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace unruly {

/// All of it, or until the reader is gone (no SIGPIPE then: the process goes on). False where the reader is
/// gone.
bool write_all(int descriptor, std::string_view bytes);

/// One line, '\n' included.
std::string result_line(const nlohmann::json& id, const nlohmann::json& result);
std::string error_line(const nlohmann::json& id, int code, std::string_view message);
std::string progress_line(double fraction);

}  // namespace unruly
