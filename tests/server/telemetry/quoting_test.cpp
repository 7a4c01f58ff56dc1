#include "server/telemetry/quoting.h"

#include <doctest/doctest.h>

namespace telemetry {
namespace {

TEST_CASE("nothing that a terminal obeys or that turns the order of writing stands in a log as it came") {
  CHECK(quoted("a\x1b[31m\n\x7f") == R"("a\u001b[31m\n\u007f")");
  CHECK(quoted("\xC2\x9B"
               "31m") == R"("\u009b31m")");
  CHECK(quoted("\xE2\x80\xAE"
               "gpj.exe\xE2\x81\xA6") == R"("\u202egpj.exe\u2066")");
  CHECK(quoted("gr\xC3\xB6\xC3\x9F"
               "er \xF0\x9F\x98\x80") ==
        "\"gr\xC3\xB6\xC3\x9F"
        "er \xF0\x9F\x98\x80\"");
  CHECK(quoted("\xFF\x9B") == "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST_CASE("a sentence is left as it is, unless something in it needs escaping") {
  CHECK(harmless("--cruncher '/a \"b\"'") == "--cruncher '/a \"b\"'");
  CHECK(harmless("two\nlines") == "two\\nlines");
}

}  // namespace
}  // namespace telemetry
