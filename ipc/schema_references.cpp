#include "ipc/schema_references.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>

namespace ipc {
namespace {

bool has_scheme(std::string_view uri) {
  const auto end = uri.find_first_of(":/?#");
  return end != uri.npos && end > 0 && uri[end] == ':';
}

// RFC 3986 section 5.2 without dot segments, which are left as they are.
std::string resolved(std::string_view reference, std::string_view base) {
  base = base.substr(0, base.find('#'));
  if (has_scheme(reference) || base.empty()) return std::string(reference);
  if (reference.empty() || reference[0] == '#') return std::string(base).append(reference);
  const auto authority = base.find("//");
  const auto path = authority == base.npos ? 0 : std::min(base.find('/', authority + 2), base.size());
  if (reference[0] == '/') return std::string(base.substr(0, path)).append(reference);
  const auto last = base.rfind('/');
  return std::string(base.substr(0, last == base.npos || last < path ? path : last + 1)).append(reference);
}

// RFC 3986 section 2.1. Nothing where a % is followed by no two hexadecimal digits.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned char byte = 0;
    const char* const digits = text.data() + i + 1;
    if (i + 2 >= text.size() || std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2) return {};
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

// RFC 6901 section 4. Nothing where a ~ is followed by something else.
std::optional<std::string> unescaped(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~') {
      out += token[i];
    } else if (++i < token.size() && (token[i] == '0' || token[i] == '1')) {
      out += token[i] == '0' ? '~' : '/';
    } else {
      return {};
    }
  }
  return out;
}

const Json* child(const Json& place, std::string_view token) {
  const auto name = unescaped(token);
  if (!name) return nullptr;
  if (place.is_object()) {
    const auto member = place.find(*name);
    return member == place.end() ? nullptr : &*member;
  }
  std::size_t index = 0;
  const char* const end = name->data() + name->size();
  const auto [stop, error] = std::from_chars(name->data(), end, index);
  const bool is_index = error == std::errc() && stop == end && (name->size() == 1 || name->front() != '0');
  return place.is_array() && is_index && index < place.size() ? &place[index] : nullptr;
}

// What a JSON Pointer means within `place`, or null.
const Json* find_pointer(const Json* place, std::string_view pointer) {
  while (place != nullptr && !pointer.empty()) {
    const auto next = std::min(pointer.find('/', 1), pointer.size());
    place = child(*place, pointer.substr(1, next - 1));
    pointer.remove_prefix(next);
  }
  return place;
}

}  // namespace

std::string SchemaReferences::name(const Json& place, const std::string& id, const std::string& base) {
  auto uri = resolved(id, base);
  if (uri.ends_with('#')) uri.pop_back();
  places_.try_emplace(uri, &place);
  return id.starts_with('#') ? base : uri;  // a fragment names the place alone
}

SchemaReferences::Target SchemaReferences::find(const std::string& reference, const std::string& base) const {
  const auto uri = resolved(reference, base);
  const auto hash = std::min(uri.find('#'), uri.size());
  const auto document = uri.substr(0, hash);
  const auto fragment = percent_decoded(std::string_view(uri).substr(std::min(hash + 1, uri.size())));
  const Json* place = nullptr;
  if (fragment && !fragment->empty() && fragment->front() != '/') {
    const auto named = places_.find(uri);
    place = named == places_.end() ? nullptr : named->second;
  } else if (const auto root = places_.find(document); fragment && root != places_.end()) {
    place = find_pointer(root->second, *fragment);
  }
  if (place == nullptr) {
    throw std::invalid_argument("the $ref " + print_json(shortened(reference)) +
                                " leads to no place in the schema; other documents are not fetched");
  }
  return {*place, document};
}

}  // namespace ipc
