#pragma once
// What a process has written, as part of a sentence for people. Pure. Used where a failure is explained.

#include <string>
#include <string_view>

namespace process {

/// The first 200 bytes of a line in quotation marks, whatever they are.
std::string quote(std::string_view line);

/// The end of what was written to stderr, as it is: the last lines, up to `most` bytes.
std::string last_part(std::string_view text, std::size_t most);

/// The same in quotation marks: the last lines, up to 500 bytes; empty where there is nothing.
std::string last_lines(std::string_view text);

}  // namespace process
