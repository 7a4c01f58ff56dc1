#pragma once
// The text of events: `state`, `progress`, `log`, `done`. Pure, but for outputs in files. Used by events.cpp.

#include <cstdint>
#include <string>

#include "server/jobs/topic.h"
#include "server/routes/reply.h"

namespace routes {

/// The id of the last event of a job.
inline constexpr std::string_view kDone = "done";

/// The events after `seen`, the number of the last that a watcher has been told, in their order and none of
/// them twice; `seen` is brought up to date. Of states and of progress the newest alone.
std::string news(const jobs::Topic& topic, std::uint64_t& seen);

/// The last event: a stored job's document, or the reply of one that is not stored.
std::string done_event(const ipc::Json& document);
std::string done_event(const Reply& reply);

/// That of a command's output: its bytes as a text where they are UTF-8, else in base64; more than 1 MiB of
/// them are not told. Reads a file, so not for the loop. Throws StoreError where it cannot.
std::string done_event(int status, const std::string& type, const jobs::Content& content);

}  // namespace routes
