// Argon2id by libsodium: slow and hungry on purpose, which is why it is no work for a server's thread.

#include <sodium.h>

#include <new>

#include "cruncher/task.h"

namespace cruncher::tasks {
namespace {

// The largest memory stays well below the limit that the server gives a cruncher by default.
constexpr std::string_view kParams = R"json({
  "type": "object", "additionalProperties": false, "required": ["password"],
  "properties": {
    "password": {"type": "string", "minLength": 1, "maxLength": 1024, "description": "the password"},
    "ops": {"type": "integer", "minimum": 1, "maximum": 16, "default": 2, "description": "passes over the memory"},
    "memory_kib": {"type": "integer", "minimum": 8, "maximum": 393216, "default": 65536,
                   "description": "memory to use, in KiB"}
  }
})json";

constexpr std::string_view kResult = R"json({
  "type": "object", "required": ["hash"],
  "properties": {"hash": {"type": "string", "description": "as crypto_pwhash_str_verify takes it: $argon2id$…"}}
})json";

TaskResult run(const ipc::Json& params, Progress&) {
  const auto& password = params.at("password").get_ref<const std::string&>();
  const auto ops = params.at("ops").get<unsigned long long>();
  const auto memory = params.at("memory_kib").get<std::size_t>() * 1024;
  if (sodium_init() < 0) return failure("libsodium cannot be initialised");
  char hash[crypto_pwhash_STRBYTES];
  if (crypto_pwhash_str(hash, password.data(), password.size(), ops, memory) != 0) throw std::bad_alloc();
  return ipc::Json{{"hash", hash}};
}

}  // namespace

extern constinit const Task hash_password{"hash_password", "Hashes a password with Argon2id", kParams,
                                          kResult, run};

}  // namespace cruncher::tasks
