#include "server/front_door/exchange.h"

#include <boost/beast/core/string.hpp>

namespace front_door {

std::string_view Request::field(std::string_view name) const {
  for (const auto& [own, value] : fields)
    if (boost::beast::iequals(own, name)) return value;
  return {};
}

awaitable<std::string_view> Exchange::content() {
  if (!has_content) co_await client->read_content();
  co_return request.body;
}

}  // namespace front_door
