#pragma once
// Base64 with padding (RFC 4648 section 4), by libsodium, for binary values in JSON. Knows no task.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cruncher {

std::string to_base64(std::span<const std::uint8_t> bytes);

/// Nothing where `text` is no base64.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace cruncher
