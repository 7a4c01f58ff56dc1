#include "server/routes/call.h"

#include "server/routes/httplib_text.h"
#include "server/routes/target.h"

namespace routes {

std::optional<std::string> Call::query(std::string_view name) const {
  return query_value(query_of(exchange.request.target), name);
}

}  // namespace routes
