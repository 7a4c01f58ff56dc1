#pragma once
// The text of events: `state`, `progress`, `log`, `done`. Pure. Used by events.cpp.

#include <optional>
#include <string>

#include "server/jobs/topic.h"
#include "server/routes/reply.h"

namespace routes {

/// What a watcher knows already.
struct Seen {
  std::uint64_t event = 0;
  std::optional<jobs::State> state{};
  std::optional<double> progress{};
};

/// The id of the last event of a job.
inline constexpr std::string_view kDone = "done";

/// The events since then, none of them twice; `seen` is brought up to date. At the first call, where event is
/// not the newest, the state and the progress are told whatever they are.
std::string news(const jobs::Topic& topic, Seen& seen);

/// The last event: a stored job's document, or the reply of one that is not stored.
std::string done_event(const ipc::Json& document);
std::string done_event(const Reply& reply);

}  // namespace routes
