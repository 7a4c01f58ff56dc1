#include "server/routes/deadline.h"

#include "server/routes/preferences.h"

namespace routes {

Patience::Patience(const Call& call, const Task& task) {
  auto timeout = task.limits.timeout;
  const auto seconds = Preferences(call.exchange.request).wait;
  if (seconds && *seconds <= timeout.count() / 1000 && std::chrono::seconds(*seconds) < timeout) {
    timeout = std::chrono::seconds(*seconds);
    applied_wait = seconds;
  }
  deadline = call.exchange.received + timeout;
}

Reply Patience::confirmed_by(Reply reply) const {
  if (applied_wait) reply.fields.emplace_back("Preference-Applied", "wait=" + std::to_string(*applied_wait));
  return reply;
}

}  // namespace routes
