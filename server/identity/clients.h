#pragma once
// Who asks: the name and terms of a request's client, by its key or its address. Rereads the keys. Knows no
// route. Made in main; asked by routes/application.h.

#include <functional>
#include <optional>
#include <string>

#include "server/front_door/exchange.h"
#include "server/identity/api_keys.h"
#include "server/identity/client_address.h"
#include "server/loop/thread_pool.h"

namespace identity {

/// The file's keys, and what is wrong with its mode, if anything is. Blocks. Throws BadKeys.
struct KeyFile {
  explicit KeyFile(const std::string& path);
  ApiKeys keys;
  std::string warning;
};

class Clients {
 public:
  /// Everybody is an address, and nobody needs a key.
  Clients() = default;
  /// An empty `key_file` is none. Blocks, as it reads that. Throws BadKeys.
  Clients(ClientAddress addresses, std::string key_file);

  bool need_keys() const { return !key_file_.empty(); }

  std::string address_of(const front_door::Request& request) const { return addresses_.of(request); }
  /// Whether `peer` is a trusted proxy, who stands for many clients.
  bool is_proxy(const std::string& peer) const { return addresses_.trusts(peer); }
  /// The client whose key the request has in Authorization; null where it has none, or one of nobody's.
  const process::Client* with_key(const front_door::Request& request) const;

  /// The terms of the key of that name; those of anybody where there is none.
  process::Client terms_of(const std::string& name) const;

  /// Reads the file again, on the pool. One that is wrong changes nothing. `say` hears of either, on the
  /// loop.
  void reread(loop::ThreadPool& pool, std::function<void(bool good, std::string sentence)> say);
  /// What is wrong with the file's mode, for the log; empty where nothing is.
  const std::string& warning() const { return warning_; }

 private:
  ClientAddress addresses_;
  std::string key_file_;
  ApiKeys keys_;
  std::string warning_;
};

}  // namespace identity
