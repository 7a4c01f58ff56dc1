// What Accept says of one media type.

#include "server/routes/accept.h"

#include <doctest/doctest.h>

#include <string>

namespace routes {
namespace {

TEST_CASE("the closest range decides, whatever its place") {
  const struct {
    const char* accept;
    const char* type;
    double weight;
  } rows[] = {{"", "text/html", 1},
              {"*/*", "text/html", 1},
              {"text/*;q=0.5", "text/html; charset=utf-8", 0.5},
              {"*/*;q=0.1, text/html;q=0.7, text/*;q=0.9", "text/html", 0.7},
              {"TEXT/HTML", "text/html", 1},
              {"text/html;level=1;q=0.3", "text/html", 0.3},
              {"application/json", "text/html", 0},
              {"text/html;q=0", "text/html", 0},
              {"texts/*", "text/html", 0},
              {" , ;, text/html ;q=0.25", "text/html", 0.25}};
  for (const auto& row : rows) {
    CAPTURE(std::string(row.accept));
    CHECK(preference(row.accept, row.type) == doctest::Approx(row.weight));
  }
}

}  // namespace
}  // namespace routes
