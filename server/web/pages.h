#pragma once
// The pages of /dashboard, /demo and, for people, `/`, compiled in. Knows no route: routes/ sends these texts
// as they are. Their sources are in page/, put together at build time by embed.py.

#include <string_view>

namespace web {

struct EmbeddedPage {
  std::string_view content;  ///< a whole HTML document in UTF-8 that loads nothing from elsewhere
  /// The value of the Content-Security-Policy field to send with it. It names the page's own script and style
  /// by their SHA-256, so nothing else is ever run, and lets the page talk to the server it came from only.
  std::string_view policy;
};

EmbeddedPage dashboard();
EmbeddedPage demo();

/// Has `<!--version-->` and `<!--routes-->` in place of the two: rows of a table with method, route and
/// summary.
EmbeddedPage welcome();

}  // namespace web
