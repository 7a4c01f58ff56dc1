#pragma once
// Finds a request's route in the table, or the reply for whoever asks for what is not there. Keeps the
// responses that never change. Knows no handler's work, no socket and no process. Called by application.h.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "server/routes/route.h"

namespace routes {

class Router {
 public:
  /// Called once, before the first request.
  void serve(Table table);

  /// A page as it goes out, but for finish_head().
  struct KeptPage {
    std::string type;
    std::string head;
    std::string content;
  };

  /// Sets call.route and call.parameter.
  std::variant<const KeptPage*, const Route*, Reply> find(Call& call) const;

  /// What content the route of this request takes; nothing where it says nothing of that, or is none.
  std::optional<front_door::ContentTerms> terms(const front_door::Request& head) const;

 private:
  /// All that is at one path.
  struct Place {
    const Route* get = nullptr;
    const Route* post = nullptr;
    const Route* del = nullptr;
    std::vector<KeptPage> pages;
    const Route* any() const { return get ? get : post ? post : del; }
    const Route* by(std::string_view method) const;
    std::string allowed() const;
  };
  struct Found {
    const Place* place = nullptr;
    std::string_view parameter;  // of the path
  };

  Found place_at(std::string_view path) const;
  const Place* place_with_parameter(std::string_view before, std::string_view behind) const;

  Table table_;
  std::map<std::string_view, Place> places_;
  // By what stands before the parameter, and behind it.
  std::map<std::pair<std::string_view, std::string_view>, Place> with_parameter_;
};

}  // namespace routes
