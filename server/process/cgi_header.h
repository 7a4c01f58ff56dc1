#pragma once
// The header that a CGI program begins its output with (RFC 3875 section 6): of its fields Content-Type is
// used. Knows no process. Called by run_command.h.

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

namespace process {

struct CgiHeader {
  std::string type;
  std::size_t size = 0;  ///< bytes, with the empty line
};

/// Of the beginning of an output, or a sentence that says what is wrong with it.
std::variant<CgiHeader, std::string> parse_cgi_header(std::string_view text);

/// The same of a file. Blocks.
std::variant<CgiHeader, std::string> read_cgi_header(int file);

}  // namespace process
