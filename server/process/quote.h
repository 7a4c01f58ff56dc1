#pragma once
// What a process has written, as part of a sentence for people. Pure. Used where a failure is explained.

#include <string>
#include <string_view>

namespace process {

/// The first 200 bytes of a line in quotation marks, whatever they are.
std::string quote(std::string_view line);

/// The end of what was written to stderr: the last lines, up to 500 bytes; empty where there is nothing.
std::string last_lines(std::string_view text);

}  // namespace process
