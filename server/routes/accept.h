#pragma once
// What the Accept field says of one media type (RFC 9110 section 12.5.1). Knows no route.

#include <string_view>

namespace routes {

/// 0 to 1: the weight of the most specific range of `accept` that `type` fits; 1 where there is no Accept.
/// Parameters of `type` do not count.
double preference(std::string_view accept, std::string_view type);

}  // namespace routes
