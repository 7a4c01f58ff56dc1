#include "server/site.h"

#include <algorithm>
#include <utility>

namespace server {
namespace {

// Whether nobody beyond this machine reaches it, but by a proxy. A Unix socket is reached by none.
bool only_on_loopback(const std::vector<front_door::Endpoint>& endpoints) {
  return std::all_of(endpoints.begin(), endpoints.end(), [](const auto& endpoint) {
    return endpoint.loopback || endpoint.name.starts_with("unix:");
  });
}

}  // namespace

Site::Site(const Shared& shared, std::vector<front_door::Endpoint> endpoints,
           const front_door::Limits& limits)
    : endpoints_(std::move(endpoints)),
      application_(router_, {only_on_loopback(endpoints_), shared.allowed_hosts}, shared.clients,
                   shared.json_pool, shared.observers, limits.max_body),
      door_(shared.loop, limits, application_, shared.scratch) {
  door_.stands_for_many = [&clients = shared.clients](const std::string& peer) {
    return clients.is_proxy(peer);
  };
}

void Site::open(routes::Table table) {
  router_.serve(std::move(table));
  for (auto& endpoint : std::exchange(endpoints_, {}))
    listeners_.push_back(std::make_unique<front_door::Listener>(door_, std::move(endpoint)));
  door_.on_room = [this] {
    for (auto& listener : listeners_) listener->resume();
  };
}

void Site::close() {
  for (auto& listener : listeners_) listener->close();
}

std::vector<std::string> Site::names() const {
  std::vector<std::string> names;
  for (const auto& listener : listeners_) names.push_back(listener->endpoint().name);
  return names;
}

}  // namespace server
