#include "server/routes/router.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/routes/accept.h"
#include "server/routes/httplib_text.h"

namespace routes {
namespace {

constexpr std::string_view kEverything = "GET, HEAD, POST, OPTIONS";

Reply no_content_reply(std::string_view allowed) {
  return {204, {{"Allow", std::string(allowed)}}, {}};
}

Reply wrong_method(const Call& call, std::string_view path, std::string_view allowed) {
  auto reply = problem(
      call, 405, "method_not_allowed",
      fmt::format("{} is not among the methods of {}: {}", call.exchange.request.method, path, allowed));
  reply.fields.emplace_back("Allow", allowed);
  return reply;
}

Router::KeptPage kept(const Page& page) {
  Reply reply{200, page.fields, page.content};
  reply.fields.emplace_back("Content-Type", page.type);
  return {page.type, form_head(reply), page.content};
}

}  // namespace

void Router::serve(Table table) {
  table_ = std::move(table);
  for (const auto& route : table_) {
    const auto parameter = route.path.find('{');
    auto& places = parameter == std::string_view::npos ? places_ : with_parameter_;
    auto& place = places[route.path.substr(0, parameter)];
    (route.method == "POST" ? place.post : place.get) = &route;
    if (const auto* pages = std::get_if<Pages>(&route.handler))
      for (const auto& page : *pages) place.pages.push_back(kept(page));
  }
}

std::string_view Router::Place::allowed() const {
  if (get && post) return kEverything;
  return get ? "GET, HEAD, OPTIONS" : "POST, OPTIONS";
}

const Router::Place* Router::place_at(std::string_view path) const {
  if (const auto found = places_.find(path); found != places_.end()) return &found->second;
  const auto segment = path.rfind('/') + 1;
  const auto found = with_parameter_.find(path.substr(0, segment));
  return found != with_parameter_.end() && segment < path.size() ? &found->second : nullptr;
}

std::variant<const Router::KeptPage*, const Route*, Reply> Router::find(Call& call) const {
  const auto& request = call.exchange.request;
  std::string_view path(request.target);
  path = path.substr(0, path.find('?'));
  if (path == "*") return no_content_reply(kEverything);  // the door lets nobody but OPTIONS ask for it
  std::string decoded;
  if (path.find('%') != std::string_view::npos) path = decoded = decoded_path(path);

  const auto* place = place_at(path);
  if (!place) return problem(call, 404, "unknown_route", fmt::format("there is no route {}", path));
  call.route = (place->get ? place->get : place->post)->path;
  if (request.method == "OPTIONS") return no_content_reply(place->allowed());
  const bool posts = request.method == "POST";
  const auto* route = posts                                                 ? place->post
                      : request.method == "GET" || request.method == "HEAD" ? place->get
                                                                            : nullptr;
  if (!route) return wrong_method(call, path, place->allowed());
  if (!posts && place->pages.size() == 1) return &place->pages.front();
  if (!posts && !place->pages.empty()) {
    const auto accept = request.field("Accept");
    const auto best = std::max_element(place->pages.begin(), place->pages.end(),
                                       [&](const KeptPage& one, const KeptPage& other) {
                                         return preference(accept, one.type) < preference(accept, other.type);
                                       });
    return &*best;
  }
  call.parameter = path.substr(path.rfind('/') + 1);
  return route;
}

std::optional<front_door::ContentTerms> Router::terms(const front_door::Request& head) const {
  if (head.method != "POST") return std::nullopt;
  const std::string_view target(head.target);
  const auto path = decoded_path(target.substr(0, target.find('?')));
  const auto* place = place_at(path);
  if (!place || !place->post || !place->post->terms) return std::nullopt;
  return place->post->terms(path.substr(path.rfind('/') + 1));
}

}  // namespace routes
