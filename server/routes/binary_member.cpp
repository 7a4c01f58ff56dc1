#include "server/routes/binary_member.h"

#include <array>
#include <cstdint>

namespace routes {
namespace {

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string encoded(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const auto count = std::min<std::size_t>(3, bytes.size() - at);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = group << 8 | (i < count ? static_cast<unsigned char>(bytes[at + i]) : 0u);
    for (std::size_t i = 0; i < 4; ++i) text += i <= count ? kDigits[group >> (18 - 6 * i) & 63] : '=';
  }
  return text;
}

std::array<std::int8_t, 256> values_of_digits() {
  std::array<std::int8_t, 256> values;
  values.fill(-1);
  for (std::size_t i = 0; i < kDigits.size(); ++i)
    values[static_cast<unsigned char>(kDigits[i])] = static_cast<std::int8_t>(i);
  return values;
}

std::optional<std::string> decoded(std::string_view text) {
  static const auto kValues = values_of_digits();
  while (text.ends_with('=')) text.remove_suffix(1);
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t group = 0;
  int bits = 0;
  for (const unsigned char digit : text) {
    if (kValues[digit] < 0) return std::nullopt;
    group = group << 6 | static_cast<std::uint32_t>(kValues[digit]);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(group >> bits & 0xff);
  }
  return bytes;
}

}  // namespace

std::optional<BinaryMember> binary_member(const ipc::Json& schema) {
  std::optional<BinaryMember> found;
  if (!schema.is_object() || !schema.contains("properties") || !schema.at("properties").is_object())
    return found;
  for (const auto& [name, member] : schema.at("properties").items()) {
    if (!member.is_object() || !member.contains("contentMediaType")) continue;
    const auto& type = member.at("contentMediaType");
    if (!type.is_string() || member.value("contentEncoding", ipc::Json()) != "base64") continue;
    if (found) return std::nullopt;
    found = BinaryMember{name, type.get<std::string>()};
  }
  return found;
}

std::string params_with(const BinaryMember& member, std::string_view content, const ipc::Json& others) {
  auto params = others;
  params[member.name] = encoded(content);
  return ipc::print_json(params);
}

std::optional<std::string> bytes_of(const BinaryMember& member, std::string_view reply) {
  const auto parsed = ipc::parse_json(reply);
  const auto* value = std::get_if<ipc::Json>(&parsed);
  if (!value || !value->contains("result")) return std::nullopt;
  const auto& result = value->at("result");
  if (!result.is_object() || !result.contains(member.name) || !result.at(member.name).is_string())
    return std::nullopt;
  return decoded(result.at(member.name).get_ref<const std::string&>());
}

}  // namespace routes
