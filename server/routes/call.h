#pragma once
// One request on its way through the routes, and what a handler may want before it can answer. Knows no
// socket. Made by router.h; every handler gets it; application.h fulfils what it asks for and lets the
// handler be called again.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "server/front_door/exchange.h"
#include "server/process/job.h"
#include "server/process/outcome.h"
#include "server/routes/catalogue.h"

namespace routes {

/// Work on JSON that is too long for the loop: runs on the JSON pool and touches nothing that others see.
using Preparation = std::function<PreparedParams()>;

/// The origin's busy loop on a thread of the server.
struct ThreadSpin {
  Milliseconds cpu;
  Deadline deadline;
};

/// The content may come: all that the head says is acceptable.
struct HeadAccepted {};

struct Call : front_door::ApplicationState {
  front_door::Exchange* exchange = nullptr;
  std::string request_id;
  process::Client client;              ///< whose line of the queue its job stands in
  std::string_view route = "unknown";  ///< its path as it was added, a bounded set
  std::string parameter;               ///< the last segment of the request's path
  std::string_view
      task;  ///< the task that a heavy route runs, of the catalogue's names; empty for light ones
  std::string_view reason;  ///< the problem's reason word; empty where there is none

  /// Only the head is there, and the client asks whether it may send the rest.
  bool head_only = false;

  /// What the handler wants first. When it is there, the handler is called again from its beginning.
  std::variant<std::monostate, HeadAccepted, Preparation, process::Job, ThreadSpin> wanted;
  std::string rpc_id;  ///< of the job that `prepared` is for
  std::optional<PreparedParams> prepared;
  std::optional<process::Outcome> outcome;

  std::string bug;  ///< what a handler threw, for the log alone

  /// The response's content. httplib forms the head only, so that a large one is never copied.
  std::string content;

  bool waits() const { return wanted.index() != 0; }
};

}  // namespace routes
