#pragma once
// A request whose client does not wait for the reply in the usual way, run as if the client did. The reply is
// the same. Owns all that the run refers to. Used for stored jobs and for streams of events.

#include "server/jobs/runner.h"
#include "server/routes/offload.h"
#include "server/routes/reply.h"
#include "server/telemetry/observer.h"

namespace routes {

/// `POST /tasks/{task}` once more.
struct Replay {
  Replay(const jobs::Submission& request, std::string request_id, process::Client client,
         process::JobListener& listener);
  Replay(const Replay&) = delete;
  Replay& operator=(const Replay&) = delete;

  /// Suspends until the reply is there, its content in memory or in a file; cancelled, the job dies.
  awaitable<Reply> run(Offload& offload);

  front_door::Exchange exchange;
  Call call;
};

/// What a reply gives, which is no longer the reply's; not of one that streams.
jobs::Content content_of(Reply& reply);

/// How the runner's jobs are run.
class StoredWork final : public jobs::Work {
 public:
  /// All of them must outlive it. `observers` hear of each attempt.
  StoredWork(Offload& offload, loop::ThreadPool& json_pool,
             const std::vector<telemetry::Observer*>& observers)
      : offload_(offload), json_pool_(json_pool), observers_(observers) {}

  awaitable<jobs::Ending> run(jobs::Begun& job, offload::Slot slot, jobs::Topic& topic) override;
  std::size_t most_of(const std::string& task) const override;
  std::size_t running_of(const std::string& task) const override { return offload_.running_of(task); }

 private:
  void tell(const jobs::Begun& job, const Replay& replay, const jobs::Ending& ending) const;

  Offload& offload_;
  loop::ThreadPool& json_pool_;
  const std::vector<telemetry::Observer*>& observers_;
};

}  // namespace routes
