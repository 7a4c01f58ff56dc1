#include "server/process/argument.h"

#include <doctest/doctest.h>

#include "server/process/cgi_header.h"

namespace process {
namespace {

using Words = std::vector<std::string>;

std::string filled(std::string_view word, std::string_view value, bool is_clients = true) {
  const Argument argument(word);  // a refused name is a part of it
  const auto result = argument.fill([&](std::string_view) { return ArgumentValue{value, is_clients}; });
  if (const auto* name = std::get_if<std::string_view>(&result)) return "refused: " + std::string(*name);
  return std::get<std::string>(result);
}

TEST_CASE("a name in braces stands for its value, and all other braces for themselves") {
  CHECK(filled("{a}x", "1") == "1x");
  CHECK(filled("a{a-b_2}{c}", "1") == "a11");
  CHECK(filled("{{a}}", "1") == "{a}");
  CHECK(filled("x{{a}}{a}", "1") == "x{a}1");
  for (const auto* same :
       {"{}", "{", "}", "{1}", "{a b}", "{ a}", "{print $1}", "${", "{{", "{{a}", "a}}", "{-a}"}) {
    CAPTURE(same);
    CHECK(filled(same, "1") == (std::string_view(same) == "{{a}" ? "{1" : same));
  }
  const Argument three("{a}-{b}{a}");
  CHECK(three.names() == std::vector<std::string_view>{"a", "b", "a"});
}

TEST_CASE("a client's text that would make an option or a file of arguments of its word is refused") {
  CHECK(filled("{a}", "-write") == "refused: a");
  CHECK(filled("{a}", "@/etc/passwd") == "refused: a");
  CHECK(filled("{a}", "-5", false) == "-5");
  CHECK(filled("--size={a}", "-5") == "--size=-5");
  CHECK(filled("x{a}", "@y") == "x@y");
  CHECK(filled("{a}", "") == "");
}

TEST_CASE("a line's words are split as a shell splits them, and nothing is expanded") {
  const auto words = [](std::string_view line) { return std::get<Words>(split_words(line)); };
  CHECK(words("") == Words{});
  CHECK(words("  convert -  -resize\t200x png:- ") == Words{"convert", "-", "-resize", "200x", "png:-"});
  CHECK(words(R"(a 'b  c' "d \" e" f\ g '' x"y"'z')") == Words{"a", "b  c", "d \" e", "f g", "", "xyz"});
  CHECK(words(R"("a\b\\" '\' $HOME * `x`)") == Words{R"(a\b\)", R"(\)", "$HOME", "*", "`x`"});
  for (const auto* broken : {"'a", "\"a", "a\\"})
    CHECK(std::holds_alternative<std::string_view>(split_words(broken)));
}

TEST_CASE("a CGI header names the type, and ends with an empty line") {
  const auto parsed = [](std::string_view text) { return std::get<CgiHeader>(parse_cgi_header(text)); };
  CHECK(parsed("Content-Type: text/html\n\nx").type == "text/html");
  CHECK(parsed("X: y\r\ncontent-type:  a/b; c=d \r\n\r\n\r\n").type == "a/b; c=d");
  CHECK(parsed("X: y\r\ncontent-type:a/b\r\n\r\n\r\n").size == 26);
  for (const std::string wrong :
       {"", "x", "Content-Type: a/b\n", "\n", "X: y\n\n", "text\n\n", "Content-Type: a\x01\n\n"}) {
    CAPTURE(wrong);
    CHECK(std::holds_alternative<std::string>(parse_cgi_header(wrong)));
  }
  CHECK(std::holds_alternative<std::string>(
      parse_cgi_header("Content-Type: " + std::string(9000, 'a') + "\n\n")));
}

}  // namespace
}  // namespace process
