// A cruncher with one task, `bulk`: takes params of any size and answers with a string of `reply_bytes`
// bytes, at next to no cost of its own: it keeps neither its request nor its answer whole. So what is
// measured with it is what big messages cost the server, and not what it costs the kernel to make and take
// back a cruncher's memory.

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "tests/crunchers/writing.h"

namespace {

constexpr std::string_view kCatalogue =
    R"({"openrpc":"1.3.2","info":{"title":"bulk","version":"1"},"methods":[{"name":"bulk",)"
    R"("summary":"Answers with as many bytes as asked for.","paramStructure":"by-name",)"
    R"("params":[{"name":"reply_bytes","required":true,"schema":{"type":"integer","minimum":0,"maximum":1073741824}},)"
    R"({"name":"padding","schema":{"type":"string"}}],)"
    R"("result":{"name":"result","schema":{"type":"object"}}}]})";

/// The raw text of the value that follows `"name":`. Enough for what the server prints.
std::string_view value_of(std::string_view line, std::string_view name) {
  const auto key = line.find('"' + std::string(name) + "\":");
  if (key == std::string_view::npos) return "null";
  const auto start = key + name.size() + 3;
  const bool quoted = line[start] == '"';
  const auto end = quoted ? line.find('"', start + 1) + 1 : line.find_first_of(",}", start);
  return line.substr(start, end - start);
}

/// The one line on stdin without its middle, where there is only padding.
std::string read_line() {
  constexpr std::size_t ends = 4096;
  static char block[64 * 1024];
  std::string line;
  for (ssize_t count; !line.ends_with('\n') && (count = read(STDIN_FILENO, block, sizeof block)) > 0;) {
    line.append(block, static_cast<std::size_t>(count));
    if (line.size() > 2 * ends) line.erase(ends, line.size() - 2 * ends);
  }
  return line;
}

bool put(std::string_view text) {
  return unruly::write_all(STDOUT_FILENO, text);
}

bool put_many(std::size_t bytes) {
  static char block[64 * 1024];
  std::memset(block, 'x', sizeof block);
  for (; bytes > 0; bytes -= std::min(bytes, sizeof block))
    if (!put({block, std::min(bytes, sizeof block)})) return false;
  return true;
}

}  // namespace

int main() {
  const auto line = read_line();
  if (line.empty()) return 0;
  const auto head = R"({"jsonrpc":"2.0","id":)" + std::string(value_of(line, "id")) + R"(,"result":)";
  if (value_of(line, "method") == R"("rpc.discover")") {
    return put(head + std::string(kCatalogue) + "}\n") ? 0 : 1;
  }
  const auto bytes = std::strtoull(std::string(value_of(line, "reply_bytes")).c_str(), nullptr, 10);
  return put(head + R"({"text":")") && put_many(bytes) && put("\"}}\n") ? 0 : 1;
}
