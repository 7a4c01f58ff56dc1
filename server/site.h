#pragma once
// One set of listeners, with routes and connections of its own: that of everybody, or that of operators.
// Knows no handler. Made in main, drained by lifecycle.h.

#include <memory>
#include <string>
#include <vector>

#include "server/front_door/door.h"
#include "server/front_door/listener.h"
#include "server/routes/application.h"
#include "server/routes/router.h"

namespace server {

class Site {
 public:
  /// What all sites share; all of it must outlive them.
  struct Shared {
    Loop& loop;
    loop::Scratch& scratch;
    loop::ThreadPool& json_pool;
    const identity::Clients& clients;
    const std::vector<telemetry::Observer*>& observers;
    const std::vector<std::string>& allowed_hosts;
  };
  Site(const Shared& shared, std::vector<front_door::Endpoint> endpoints, const front_door::Limits& limits);

  /// Begins to accept. Called once.
  void open(routes::Table table);

  /// Nobody is accepted any more.
  void close();
  /// Idle clients are closed, and the others after their response.
  void drain() { door_.drain(); }
  /// Connections that still wait for something.
  std::size_t busy() const { return door_.counts.open - door_.counts.lingering; }

  const front_door::Door& door() const { return door_; }
  /// Where it listens, for people.
  std::vector<std::string> names() const;

 private:
  std::vector<front_door::Endpoint> endpoints_;  // until they are open
  routes::Router router_;
  routes::Application application_;
  front_door::Door door_;
  std::vector<std::unique_ptr<front_door::Listener>> listeners_;
};

}  // namespace server
