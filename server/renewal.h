#pragma once
// At SIGHUP: asks the cruncher again what it offers, and has a new version of it used from then on. Knows no
// route: which tasks there are is settled at the start. Made in main.

#include <functional>
#include <string>

#include "ipc/json.h"
#include "server/loop/thread_pool.h"
#include "server/offload/dispatcher.h"
#include "server/options.h"

namespace server {

class Renewal {
 public:
  struct Parts {
    Loop& loop;
    process::Orphans& orphans;
    loop::ThreadPool& json_pool;
    const Options& options;
    offload::Dispatcher& dispatcher;
    std::function<void(bool good, const std::string& sentence)> say;
  };
  /// `document` is what the cruncher answered at the start.
  Renewal(Parts parts, ipc::Json document);

  /// Returns at once. A cruncher that fails to answer changes nothing. What comes of it is said; a call while
  /// it goes on is passed over.
  void begin();

 private:
  awaitable<> ask();

  Parts parts_;
  const ipc::Json document_;
  bool asking_ = false;
};

}  // namespace server
