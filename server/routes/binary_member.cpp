#include "server/routes/binary_member.h"

#include <sodium.h>

namespace routes {
namespace {

// Crunchers may leave the padding out.
std::optional<std::string> decoded(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string bytes(text.size() / 4 * 3 + 2, '\0');
  std::size_t size = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                        text.size(), nullptr, &size, nullptr, sodium_base64_VARIANT_ORIGINAL_NO_PADDING) != 0)
    return std::nullopt;
  bytes.resize(size);
  return bytes;
}

}  // namespace

std::string base64_of(std::string_view bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();  // its NUL
  return text;
}

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
  params[member.name] = base64_of(content);
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
