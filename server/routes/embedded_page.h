#pragma once
// How a page that is compiled in goes out. Used by operator_routes.cpp and origin_routes.cpp.

#include "server/routes/route.h"
#include "server/web/pages.h"

namespace routes {

/// A new server brings a new page, so browsers ask each time.
inline Page html_page(const web::EmbeddedPage& page) {
  return {std::string(page.content),
          "text/html; charset=utf-8",
          {{"Content-Security-Policy", std::string(page.policy)}, {"Cache-Control", "no-cache"}}};
}

}  // namespace routes
