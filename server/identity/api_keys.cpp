#include "server/identity/api_keys.h"

#include <fmt/format.h>
#include <sodium.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>

namespace identity {
namespace {

constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxFile = 1 << 20;
constexpr std::string_view kScheme = "sha256:";
constexpr double kLeastWeight = 0.001, kMostWeight = 1000;

// Fit for a log line, a metric's label and a bare key of TOML's, but for the dot.
bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

std::array<unsigned char, 32> hash_of(std::string_view key) {
  static_assert(crypto_hash_sha256_BYTES == 32);
  std::array<unsigned char, 32> hash;
  crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(key.data()), key.size());
  return hash;
}

std::string contents(const std::string& file) {
  std::ifstream input(file, std::ios::binary);
  std::string text(kMaxFile + 1, '\0');
  errno = 0;
  input.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (input.bad() || (!input && !input.eof()))
    throw BadKeys(fmt::format("{}: {}", file, std::strerror(errno ? errno : EIO)));
  text.resize(static_cast<std::size_t>(input.gcount()));
  if (text.size() > kMaxFile) throw BadKeys(fmt::format("{}: has more than {} bytes", file, kMaxFile));
  return text;
}

}  // namespace

class ApiKeys::Reader {
 public:
  explicit Reader(const std::string& file) : file_(file) {}

  std::vector<Entry> read() const {
    std::vector<Entry> entries;
    for (const auto& [name, node] : parse()) {
      if (entries.size() == kMost) throw fault(node, fmt::format("there are more than {} keys", kMost));
      auto entry = read_entry(std::string(name.str()), node);
      for (const auto& other : entries)
        if (other.hash == entry.hash)
          throw fault(node, fmt::format("{} has the same key as {}", entry.client.name, other.client.name));
      entries.push_back(std::move(entry));
    }
    return entries;
  }

 private:
  BadKeys fault(const toml::node& node, const std::string& what) const {
    const auto at = node.source().begin;
    return BadKeys(fmt::format("{}:{}:{}: {}", file_, at.line, at.column, what));
  }

  toml::table parse() const {
    const auto text = contents(file_);
    try {
      return toml::parse(text, file_);
    } catch (const toml::parse_error& error) {
      const auto at = error.source().begin;
      throw BadKeys(fmt::format("{}:{}:{}: {}", file_, at.line, at.column, error.description()));
    }
  }

  Entry read_entry(const std::string& name, const toml::node& node) const {
    if (!is_name(name))
      throw fault(node, fmt::format("'{}' must be 1 to {} letters, digits, '.', '_' or '-'", name, kMaxName));
    Entry entry{{}, {name}};
    if (!node.is_table()) {
      entry.hash = hash(name, node);
      return entry;
    }
    const auto& table = *node.as_table();
    if (!table.get("key")) throw fault(node, fmt::format("{} has no key = \"sha256:…\"", name));
    for (const auto& [key, value] : table) read_term(entry, fmt::format("{}.{}", name, key.str()), value);
    return entry;
  }

  void read_term(Entry& entry, const std::string& path, const toml::node& value) const {
    const auto key = path.substr(path.rfind('.') + 1);
    if (key == "key")
      entry.hash = hash(path, value);
    else if (key == "running")
      entry.client.running = whole(path, value, 1, 4096);
    else if (key == "waiting")
      entry.client.waiting = whole(path, value, 0, 100'000);
    else if (key == "weight")
      entry.client.weight = weight(path, value);
    else
      throw fault(value, fmt::format("{}: there is only key, running, waiting and weight", path));
  }

  std::size_t whole(const std::string& path, const toml::node& node, std::int64_t least,
                    std::int64_t most) const {
    const auto* number = node.as_integer();
    if (!number || number->get() < least || number->get() > most)
      throw fault(node, fmt::format("{} must be a whole number from {} to {}", path, least, most));
    return static_cast<std::size_t>(number->get());
  }

  double weight(const std::string& path, const toml::node& node) const {
    const auto number = node.value<double>();
    if (!number || !(*number >= kLeastWeight && *number <= kMostWeight))
      throw fault(node, fmt::format("{} must be a number from {} to {}", path, kLeastWeight, kMostWeight));
    return *number;
  }

  // The text is not quoted back: it may be the key itself, set there by mistake.
  Hash hash(const std::string& path, const toml::node& node) const {
    const auto text = node.value<std::string_view>().value_or("");
    Hash hash;
    std::size_t size = 0;
    const char* end = nullptr;
    const auto digits = text.substr(std::min(kScheme.size(), text.size()));
    if (!text.starts_with(kScheme) || digits.size() != 2 * hash.size() ||
        sodium_hex2bin(hash.data(), hash.size(), digits.data(), digits.size(), nullptr, &size, &end) != 0 ||
        size != hash.size())
      throw fault(node, fmt::format("{} must be \"{}\" and {} hex digits, as cruncherd --make-key prints it",
                                    path, kScheme, 2 * hash.size()));
    return hash;
  }

  const std::string& file_;
};

ApiKeys ApiKeys::read(const std::string& file) {
  ApiKeys keys;
  keys.entries_ = Reader(file).read();
  return keys;
}

const process::Client* ApiKeys::find(std::string_view key) const {
  const auto hash = hash_of(key);
  const process::Client* found = nullptr;
  for (const auto& entry : entries_)
    if (sodium_memcmp(entry.hash.data(), hash.data(), hash.size()) == 0) found = &entry.client;
  return found;
}

const process::Client* ApiKeys::called(std::string_view name) const {
  for (const auto& entry : entries_)
    if (entry.client.name == name) return &entry.client;
  return nullptr;
}

MadeKey make_key(const std::string& name) {
  if (!is_name(name))
    throw BadKeys(fmt::format("'{}' must be 1 to {} letters, digits, '.', '_' or '-'", name, kMaxName));
  if (sodium_init() < 0) throw BadKeys("this machine has no source of chance");
  std::array<unsigned char, 32> chance;
  randombytes_buf(chance.data(), chance.size());
  constexpr auto kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::string key(sodium_base64_encoded_len(chance.size(), kVariant), '\0');
  sodium_bin2base64(key.data(), key.size(), chance.data(), chance.size(), kVariant);
  key.pop_back();  // the zero
  std::string line = name.find('.') == std::string::npos ? name : '"' + name + '"';
  line += fmt::format(" = \"{}", kScheme);
  for (const auto byte : hash_of(key)) line += fmt::format("{:02x}", byte);
  return {key, line + '"'};
}

}  // namespace identity
