#include "server/front_door/exchange.h"

#include <boost/beast/core/string.hpp>

namespace front_door {
namespace {

// A short text stands within its object; others are a block of memory each.
const std::size_t kWithin = std::string().capacity();
constexpr std::size_t kPerBlock = 16;

}  // namespace

std::string_view Request::field(std::string_view name) const {
  for (const auto& [own, value] : fields)
    if (boost::beast::iequals(own, name)) return value;
  return {};
}

std::size_t Request::memory() const {
  auto bytes = method.capacity() + target.capacity() + body.capacity() + fields.capacity() * sizeof fields[0];
  for (const auto& [name, value] : fields)
    for (const auto* text : {&name, &value})
      if (text->capacity() > kWithin) bytes += text->capacity() + kPerBlock;
  return bytes;
}

awaitable<std::string_view> Exchange::content() {
  if (!has_content) co_await client->read_content();
  co_return request.body;
}

}  // namespace front_door
