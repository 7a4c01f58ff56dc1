#include "server/settings/quantity.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

#include "server/settings/flag_table.h"

namespace settings {
namespace {

std::uint64_t duration(const char* text) {
  return parse_quantity(Kind::duration, text, 0, 86'400'000);
}
std::uint64_t size(const char* text) {
  return parse_quantity(Kind::size, text, 0, 1ull << 40);
}

TEST_CASE("a duration may have a fraction, a blank before its unit, or no unit: then it is in seconds") {
  CHECK(duration("1500ms") == 1500);
  CHECK(duration("1.5s") == 1500);
  CHECK(duration("10 s") == 10'000);
  CHECK(duration("30") == 30'000);
  CHECK(duration("2m") == 120'000);
  CHECK(duration("2min") == 120'000);
  CHECK(duration("0") == 0);
}

TEST_CASE("sizes are understood as people write them: K, M and G are binary, KB, MB and GB decimal") {
  CHECK(size("512M") == 512ull << 20);
  CHECK(size("512Mi") == 512ull << 20);
  CHECK(size("512MiB") == 512ull << 20);
  CHECK(size("512MB") == 512'000'000);
  CHECK(size("1GB") == 1'000'000'000);
  CHECK(size("1g") == 1ull << 30);
  CHECK(size("1.5GiB") == 3ull << 29);
  CHECK(size("17B") == 17);
  CHECK(size("0") == 0);
}

TEST_CASE("what is no quantity is answered with the form that is one") {
  for (const auto* text : {"", "soon", "5 parsecs", "-5s", "1e9x", "1..5s", "s", " 1s"}) {
    CAPTURE(std::string(text));
    CHECK_THROWS_WITH_AS(duration(text), doctest::Contains("1500ms"), BadValue);
  }
  CHECK_THROWS_WITH_AS(size("512"), doctest::Contains("512MiB"), BadValue);
  CHECK_THROWS_WITH_AS(size("2000GiB"), doctest::Contains("from 0B to 1024GiB"), BadValue);
  CHECK_THROWS_WITH_AS(parse_quantity(Kind::duration, "0.2ms", 1, 1000), doctest::Contains("from 1ms to 1s"),
                       BadValue);
  CHECK(print_quantity(Kind::size, 512ull << 20) == "512MiB");
  CHECK(print_quantity(Kind::duration, 90'000) == "90s");
}

TEST_CASE("a name that is nearly a flag's is answered with that") {
  FlagTable flags;
  std::string to;
  flags.text("log-file", to, "PATH", "");
  flags.text("log-level", to, "LEVEL", "");
  CHECK(flags.suggestion("log_file") == ": did you mean 'log-file'?");
  CHECK(flags.suggestion("loglevel") == ": did you mean 'log-level'?");
  CHECK(flags.suggestion("unrelated").empty());
}

}  // namespace
}  // namespace settings
