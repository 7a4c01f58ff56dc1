#pragma once
// cpp-httplib as the application's HTTP, without its listener: a subclass that feeds process_request() from
// memory, one request at a time, on the loop, and finds the route in its pre-routing handler. Knows no
// socket, no process and no route: those are added by *_routes.cpp.

#include <httplib.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "server/front_door/exchange.h"
#include "server/routes/call.h"

namespace routes {

/// A route's function. Answers by way of answer() or problem() (reply.h), or sets call.wanted. Takes
/// microseconds.
using RouteHandler = std::function<void(Call&, const httplib::Request&, httplib::Response&)>;

class Router : private httplib::Server {
 public:
  Router();

  /// A GET route (HEAD comes with it) or a POST route whose content is JSON. `path` is static text; "{name}"
  /// at its end stands for one segment, which is call.parameter then.
  void get(std::string_view path, RouteHandler handler);
  void post(std::string_view path, RouteHandler handler);

  /// A GET route that always answers the same: httplib forms its response once, and it is kept.
  void get_constant(std::string_view path, std::string content, const char* content_type = "application/json",
                    httplib::Headers fields = {});

  /// One pass: false where the handler wants something first, true where exchange.response is formed. Does
  /// not throw.
  bool pass(front_door::Exchange& exchange, Call& call);

 private:
  struct Route {
    std::string_view path;
    RouteHandler get, post;
    std::string kept_head;  ///< of a constant route, once it was formed: all but what finish_head() adds
    std::string kept_body;
  };

  Route& route(std::string_view path);
  const Route* find(std::string_view path) const;
  bool answer_kept(front_door::Exchange& exchange);
  void serve(const httplib::Request& request, httplib::Response& response);
  void tidy(httplib::Response& response) const;
  void finish_head(std::string& head) const;
  template <typename Bridge, typename Memory>
  void process(Bridge& bridge, Memory& memory);

  std::map<std::string_view, Route> routes_;
  std::map<std::string_view, Route> with_parameter_;  // by what stands before it
  Route* to_keep_ = nullptr;                          // the constant route whose response is being formed
  Call* call_ = nullptr;                              // the one that is being served: the loop has one thread
};

}  // namespace routes
