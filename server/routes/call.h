#pragma once
// One request on its way through the routes. Knows no socket. Made by application.h; every handler gets it.

#include <optional>
#include <string>
#include <string_view>

#include "server/front_door/exchange.h"
#include "server/offload/admission.h"
#include "server/process/job.h"
#include "server/process/outcome.h"

namespace routes {

struct Call : front_door::ApplicationState {
  explicit Call(front_door::Exchange& exchange) : exchange(exchange) {}

  front_door::Exchange& exchange;
  std::string request_id;
  process::Client client;  ///< whose line of the queue its job stands in: a key's name, else the address
  std::string address;     ///< the client's, which a trusted proxy may have named
  bool has_key = false;
  std::string_view route = "unknown";  ///< its path as in the table, a bounded set
  std::string parameter;               ///< the last segment of the request's path

  std::optional<offload::Slot> slot;         ///< the job's, where it has one already
  process::JobListener* listener = nullptr;  ///< who hears of the job while it runs

  /// For the log and the figures.
  std::string_view
      task;  ///< the task that a heavy route runs, of the catalogue's names; empty for light ones
  bool may_wait = false;    ///< its route is a heavy one: it may take as long as a job does
  std::string_view reason;  ///< the problem's reason word; empty where there is none
  std::optional<process::Outcome> outcome;
  bool stderr_is_told = false;  ///< line by line, all of it

  /// The first value of that name in the query, decoded; nothing where there is none.
  std::optional<std::string> query(std::string_view name) const;

  /// The request's content, whole. See front_door::Exchange::content().
  awaitable<std::string_view> content() { return exchange.content(); }
};

}  // namespace routes
