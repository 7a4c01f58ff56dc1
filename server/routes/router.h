#pragma once
// cpp-httplib as the application's HTTP, without its listener: a subclass that feeds process_request() from
// memory, one request at a time, on the loop. Knows no socket, no process and no route: those are added by
// *_routes.cpp.

#include <httplib.h>

#include <functional>
#include <map>
#include <memory>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "server/front_door/exchange.h"
#include "server/routes/call.h"

namespace routes {

/// A route's function. Answers by way of answer() or problem() (reply.h), or sets call.wanted. Takes
/// microseconds.
using RouteHandler = std::function<void(Call&, const httplib::Request&, httplib::Response&)>;

class Router : private httplib::Server {
 public:
  Router();

  /// A GET route (HEAD comes with it) or a POST route whose content is JSON. `pattern` is a path, or a
  /// regular expression where it has a group; `label` is its name in OpenAPI's form ("/tasks/{name}"),
  /// static.
  void get(std::string_view label, const std::string& pattern, RouteHandler handler);
  void post(std::string_view label, const std::string& pattern, RouteHandler handler);

  /// A GET route on a path that always answers the same: httplib forms its response once, and it is kept.
  void get_constant(std::string_view label, const std::string& path, std::string content,
                    const char* content_type = "application/json", httplib::Headers fields = {});

  /// One pass: false where the handler wants something first, true where exchange.response is formed. Does
  /// not throw.
  bool pass(front_door::Exchange& exchange, Call& call);

 private:
  struct Route {
    std::string_view label;
    std::string pattern;
    std::regex regex;  ///< compiled only where the pattern has a group
    bool exact;
    RouteHandler get, post;
    std::string kept_head;  ///< of a constant route, once it was formed: all but what finish_head() adds
    std::string kept_body;
  };

  Route& route(std::string_view label, const std::string& pattern);
  const Route* find(const std::string& path) const;
  bool answer_kept(front_door::Exchange& exchange);
  void run(const Route& route, const RouteHandler& handler, const httplib::Request& request,
           httplib::Response& response);
  bool before_routing(const httplib::Request& request, httplib::Response& response);
  void forget_connection(httplib::Response& response);
  void finish_head(std::string& head) const;
  void adopt_fields(httplib::Request& request) const;
  template <typename Bridge, typename Memory>
  void process(Bridge& bridge, Memory& memory);

  std::vector<std::unique_ptr<Route>> routes_;
  std::map<std::string, Route*, std::less<>> exact_;
  Route* to_keep_ = nullptr;  // the constant route whose response is being formed
  Call* call_ = nullptr;      // the one that is being served: the loop has one thread
};

}  // namespace routes
