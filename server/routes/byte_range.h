#pragma once
// One range of a content's bytes (RFC 9110 section 14). Pure. Used by job_routes.cpp.

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace routes {

struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;  ///< at least 1
};
struct NoSuchRange {};

/// What the Range field asks for of `size` bytes. Nothing where it asks for none, for several, or cannot be
/// read: then the whole content is the answer.
std::optional<std::variant<ByteRange, NoSuchRange>> byte_range(std::string_view field, std::uint64_t size);

}  // namespace routes
