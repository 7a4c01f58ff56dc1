#pragma once
// The front door's Application: gives each request its id, lets the router answer, fetches what a handler
// wants (JSON prepared on the pool, a job's outcome) and tells the observers how it ended. Knows no socket
// and no URL.

#include <vector>

#include "server/comparison/worker_threads.h"
#include "server/front_door/exchange.h"
#include "server/loop/thread_pool.h"
#include "server/offload/dispatcher.h"
#include "server/routes/router.h"
#include "server/telemetry/observer.h"

namespace routes {

class Application final : public front_door::Application {
 public:
  /// All of them must outlive it. `observers` hear of every request.
  Application(Router& router, offload::Dispatcher& dispatcher, comparison::WorkerThreads& threads,
              loop::ThreadPool& json_pool, const std::vector<telemetry::Observer*>& observers)
      : router_(router),
        dispatcher_(dispatcher),
        threads_(threads),
        json_pool_(json_pool),
        observers_(observers) {}

  bool answer(front_door::Exchange& exchange) override;
  awaitable<> finish(front_door::Exchange& exchange) override;
  bool refuse_by_head(front_door::Exchange& exchange) override;
  void take_back(front_door::Exchange& exchange, const front_door::Refusal& refusal) override;
  void ended(front_door::Exchange& exchange, front_door::Ending ending, std::size_t bytes) override;
  std::string refuse(const front_door::Request& request, const front_door::Refusal& refusal) override;

 private:
  Call& call_of(front_door::Exchange& exchange);
  awaitable<> fetch(Call& call);

  Router& router_;
  offload::Dispatcher& dispatcher_;
  comparison::WorkerThreads& threads_;
  loop::ThreadPool& json_pool_;
  const std::vector<telemetry::Observer*>& observers_;
};

}  // namespace routes
