#include "server/front_door/exchange.h"

#include <boost/beast/core/string.hpp>

namespace front_door {

std::string_view Request::field(std::string_view name) const {
  for (const auto& [own, value] : fields)
    if (boost::beast::iequals(own, name)) return value;
  return {};
}

}  // namespace front_door
