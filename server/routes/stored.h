#pragma once
// What the routes of stored jobs share: the store and its runner where there are such, whose job is whose,
// and the replies that they have in common. Made in main.

#include "server/jobs/runner.h"
#include "server/routes/reply.h"

namespace routes {

/// Of `Prefer: wait=N`, in seconds: longer ones are cut.
inline constexpr long kLongestWait = 3600;

/// Null where stored jobs are off.
struct Stored {
  jobs::Store* store = nullptr;
  jobs::Runner* runner = nullptr;
  bool for_operators = false;  ///< every job may be seen
};

/// 501, where stored jobs are off.
Reply jobs_off(const Call& call);
/// 503: nothing of what was asked for has happened.
Reply store_failed(const Call& call, const jobs::StoreFailed& failed);

/// Whose the call's jobs are; empty for clients without a key, whose jobs are for those who know the id.
std::string owner_of(const Call& call);

/// The job of the path, as far as this client may see it; else the reply that says why not.
awaitable<std::variant<jobs::Record, Reply>> find_job(Call& call, const Stored& stored);

/// What the waiting client would have been answered. `Range` is honoured.
awaitable<Reply> result_reply(Call& call, const Stored& stored, jobs::Record record);

/// Suspends until the job is over or has changed, or `until`. `over`: only its end counts.
awaitable<> await_job(const Stored& stored, std::string id, Deadline until, bool over);

}  // namespace routes
