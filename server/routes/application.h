#pragma once
// The front door's Application: gives each request its id, finds its route, has its handler answer, makes
// bytes of the reply, and tells the observers how it ended. Knows no socket and no URL.

#include <vector>

#include "server/front_door/exchange.h"
#include "server/identity/clients.h"
#include "server/loop/thread_pool.h"
#include "server/routes/host_check.h"
#include "server/routes/router.h"
#include "server/telemetry/observer.h"

namespace routes {

class Application final : public front_door::Application {
 public:
  /// All of them must outlive it. `json_pool` frees long texts. `observers` hear of every request. `max_body`
  /// is for routes that say nothing of their content.
  Application(Router& router, HostCheck hosts, const identity::Clients& clients, loop::ThreadPool& json_pool,
              const std::vector<telemetry::Observer*>& observers, std::size_t max_body)
      : router_(router),
        hosts_(std::move(hosts)),
        clients_(clients),
        json_pool_(json_pool),
        observers_(observers),
        max_body_(max_body) {}

  front_door::ContentTerms terms(const front_door::Request& head) override;
  std::optional<awaitable<>> respond(front_door::Exchange& exchange) override;
  void withdraw(front_door::Exchange& exchange, const front_door::Refusal& refusal) override;
  void ended(front_door::Exchange& exchange, front_door::Ending ending, std::size_t bytes) override;
  void report(const front_door::Exchange& exchange, std::string_view what) override;
  void lost(const front_door::Request& request) override;
  std::string refuse(const front_door::Request& request, const front_door::Refusal& refusal) override;

 private:
  std::optional<awaitable<>> answer(Call& call);
  std::optional<Reply> identify(Call& call) const;
  awaitable<> run(const HeavyHandler& handler, Call& call);
  void note(const front_door::Request& request, std::string_view id, int status, std::string_view reason,
            std::size_t bytes);
  void apologize(Call& call, std::string_view what);

  Router& router_;
  const HostCheck hosts_;
  const identity::Clients& clients_;
  loop::ThreadPool& json_pool_;
  const std::vector<telemetry::Observer*>& observers_;
  const std::size_t max_body_;
};

}  // namespace routes
