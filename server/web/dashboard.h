#pragma once
// The page of /dashboard, compiled in. Knows no route: routes/ sends both texts as they are.
// Its sources are in page/, put together at build time by embed.py.

#include <string_view>

namespace web {

/// A whole HTML document in UTF-8 that loads nothing from elsewhere.
std::string_view dashboard_page();

/// The value of the Content-Security-Policy field to send with it. It names the page's own script and style
/// by their SHA-256, so nothing else is ever run, and lets the page talk to the server it came from only.
std::string_view dashboard_csp();

}  // namespace web
