#include "server/routes/call.h"

#include "server/routes/httplib_text.h"

namespace routes {

std::optional<std::string> Call::query(std::string_view name) const {
  const std::string_view target(exchange.request.target);
  const auto mark = target.find('?');
  if (mark == std::string_view::npos) return std::nullopt;
  return query_value(target.substr(mark + 1), name);
}

}  // namespace routes
