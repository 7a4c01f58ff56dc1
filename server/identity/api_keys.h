#pragma once
// Keys of clients, and the terms that each client has. Only hashes of keys are here. A value; knows no
// request and no file but the one that it is read from. Kept by clients.h; made by `--make-key`.

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "server/process/job.h"

namespace identity {

/// A file that is no list of keys. The sentence begins with the place: "FILE:LINE:COLUMN: ".
struct BadKeys : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class ApiKeys {
 public:
  static constexpr std::size_t kMost = 1000;

  /// Reads TOML: `name = "sha256:…"`, or a table `[name]` with `key`, and `running`, `waiting` and `weight`
  /// as wanted. At most kMost keys in at most 1 MiB. Blocks. Throws BadKeys.
  static ApiKeys read(const std::string& file);

  /// The client with that key; null where nobody has it. Takes the same time whichever key it is, and
  /// microseconds.
  const process::Client* find(std::string_view key) const;

  /// The client of that name; null where there is none.
  const process::Client* called(std::string_view name) const;

  std::size_t size() const { return entries_.size(); }

 private:
  using Hash = std::array<unsigned char, 32>;
  struct Entry {
    Hash hash;
    process::Client client;
  };
  class Reader;
  std::vector<Entry> entries_;
};

struct MadeKey {
  std::string key;   ///< 256 bits of chance, in base64url: what the client sends
  std::string line;  ///< for the file
};

/// Throws BadKeys where `name` cannot be one: 1 to 64 letters, digits, `.`, `_` or `-`.
MadeKey make_key(const std::string& name);

}  // namespace identity
