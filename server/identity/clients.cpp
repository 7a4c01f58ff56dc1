#include "server/identity/clients.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <boost/beast/core/string.hpp>
#include <utility>
#include <variant>

namespace identity {
namespace {

// Longer ones are nobody's, and cost nothing to tell.
constexpr std::size_t kMaxKey = 512;

// The token of "Bearer TOKEN" (RFC 6750); empty where there is none.
std::string_view token_of(std::string_view authorization) {
  constexpr std::string_view kBearer = "Bearer ";
  if (authorization.size() > kBearer.size() + kMaxKey ||
      !boost::beast::iequals(authorization.substr(0, kBearer.size()), kBearer))
    return {};
  authorization.remove_prefix(kBearer.size());
  const auto from = authorization.find_first_not_of(' ');
  return from == std::string_view::npos ? std::string_view{} : authorization.substr(from);
}

}  // namespace

KeyFile::KeyFile(const std::string& path) : keys(ApiKeys::read(path)) {
  struct stat found {};
  if (::stat(path.c_str(), &found) == 0 && (found.st_mode & S_IROTH))
    warning = fmt::format("--api-keys '{}' can be read by everybody on this machine: chmod o-r", path);
}

Clients::Clients(ClientAddress addresses, std::string key_file)
    : addresses_(std::move(addresses)), key_file_(std::move(key_file)) {
  if (!need_keys()) return;
  KeyFile file(key_file_);
  keys_ = std::move(file.keys);
  warning_ = std::move(file.warning);
}

const process::Client* Clients::with_key(const front_door::Request& request) const {
  if (!need_keys()) return nullptr;
  const auto token = token_of(request.field("Authorization"));
  return token.empty() ? nullptr : keys_.find(token);
}

process::Client Clients::terms_of(const std::string& name) const {
  const auto* client = keys_.called(name);
  return client ? *client : process::Client{name};
}

void Clients::reread(loop::ThreadPool& pool, std::function<void(bool good, std::string sentence)> say) {
  if (!need_keys()) return;
  using Read = std::variant<KeyFile, std::string>;
  pool.run(
      [path = key_file_]() -> Read {
        try {
          return KeyFile(path);
        } catch (const std::exception& error) {
          return std::string(error.what());
        }
      },
      [this, say = std::move(say)](Read read) {
        if (const auto* why = std::get_if<std::string>(&read))
          return say(false, fmt::format("--api-keys: {}; the keys of before stay in force", *why));
        auto& file = std::get<KeyFile>(read);
        keys_ = std::move(file.keys);
        if (!file.warning.empty()) say(false, file.warning);
        say(true, fmt::format("--api-keys: {} keys are in force", keys_.size()));
      });
}

}  // namespace identity
