#include "server/routes/router.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/routes/accept.h"
#include "server/routes/httplib_text.h"
#include "server/routes/target.h"

namespace routes {
namespace {

constexpr std::string_view kEverything = "GET, HEAD, POST, DELETE, OPTIONS";

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

// Decoded where it has to be, and then in `decoded`.
std::string_view readable(std::string_view path, std::string& decoded) {
  return path.find('%') == std::string_view::npos ? path : decoded = decoded_path(path);
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
    auto& place =
        parameter == std::string_view::npos
            ? places_[route.path]
            : with_parameter_[{route.path.substr(0, parameter), route.path.substr(route.path.find('}') + 1)}];
    (route.method == "POST" ? place.post : route.method == "DELETE" ? place.del : place.get) = &route;
    if (const auto* pages = std::get_if<Pages>(&route.handler))
      for (const auto& page : *pages) place.pages.push_back(kept(page));
  }
}

const Route* Router::Place::by(std::string_view method) const {
  if (method == "POST") return post;
  if (method == "DELETE") return del;
  return method == "GET" || method == "HEAD" ? get : nullptr;
}

std::string Router::Place::allowed() const {
  std::string methods;
  if (get) methods += "GET, HEAD, ";
  if (post) methods += "POST, ";
  if (del) methods += "DELETE, ";
  return methods + "OPTIONS";
}

const Router::Place* Router::place_with_parameter(std::string_view before, std::string_view behind) const {
  const auto found = with_parameter_.find({before, behind});
  return found == with_parameter_.end() ? nullptr : &found->second;
}

// The parameter is the last segment, or the one before.
Router::Found Router::place_at(std::string_view path) const {
  if (const auto found = places_.find(path); found != places_.end()) return {&found->second, {}};
  auto end = path.size();
  for (int segments = 0; segments < 2; ++segments) {
    const auto slash = path.rfind('/', end - 1);
    if (end == 0 || slash == std::string_view::npos) break;
    const auto parameter = path.substr(slash + 1, end - slash - 1);
    const auto* place = place_with_parameter(path.substr(0, slash + 1), path.substr(end));
    if (place && !parameter.empty()) return {place, parameter};
    end = slash;
  }
  return {};
}

std::variant<const Router::KeptPage*, const Route*, Reply> Router::find(Call& call) const {
  const auto& request = call.exchange.request;
  auto path = path_of(request.target);
  if (path == "*") return no_content_reply(kEverything);  // the door lets nobody but OPTIONS ask for it
  std::string decoded;
  path = readable(path, decoded);

  const auto [place, parameter] = place_at(path);
  if (!place) return problem(call, 404, "unknown_route", fmt::format("there is no route {}", path));
  call.route = place->any()->path;
  if (request.method == "OPTIONS") return no_content_reply(place->allowed());
  const auto* route = place->by(request.method);
  if (!route) return wrong_method(call, path, place->allowed());
  const bool gets = route == place->get;
  if (gets && place->pages.size() == 1) return &place->pages.front();
  if (gets && !place->pages.empty()) {
    const auto accept = request.field("Accept");
    const auto best = std::max_element(place->pages.begin(), place->pages.end(),
                                       [&](const KeptPage& one, const KeptPage& other) {
                                         return preference(accept, one.type) < preference(accept, other.type);
                                       });
    return &*best;
  }
  call.parameter = parameter;
  return route;
}

std::optional<front_door::ContentTerms> Router::terms(const front_door::Request& head) const {
  if (head.method != "POST") return std::nullopt;
  std::string decoded;
  const auto [place, parameter] = place_at(readable(path_of(head.target), decoded));
  if (!place || !place->post || !place->post->terms) return std::nullopt;
  return place->post->terms(std::string(parameter));
}

}  // namespace routes
