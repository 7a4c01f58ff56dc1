// A cruncher with one task, `bulk`: takes params of any size and answers with a string of `reply_bytes`
// bytes, at next to no cost of its own. So what is measured with it is what big messages cost the server.

#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

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

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  std::string line;
  if (!std::getline(std::cin, line)) return 0;
  std::string answer = R"({"jsonrpc":"2.0","id":)" + std::string(value_of(line, "id")) + R"(,"result":)";
  if (value_of(line, "method") == R"("rpc.discover")") {
    answer += kCatalogue;
  } else {
    const auto bytes = std::strtoull(std::string(value_of(line, "reply_bytes")).c_str(), nullptr, 10);
    answer += R"({"text":")" + std::string(bytes, 'x') + "\"}";
  }
  std::cout << answer << "}\n" << std::flush;
  return std::cout ? 0 : 1;
}
