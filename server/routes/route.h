#pragma once
// One row of the table of routes: what is there, for whom, and who answers. The list at `/`, Allow, 404 and
// 405, and /openapi.json come from these rows. Rows are made by *_routes.h and served by router.h.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/routes/reply.h"

namespace routes {

/// A reply that never changes. Formed once.
struct Page {
  std::string content;
  std::string type = "application/json";
  Fields fields{};
};

/// The first of them is for whoever has no preference.
using Pages = std::vector<Page>;

/// Answers in microseconds.
using LightHandler = std::function<Reply(Call&)>;

/// Answers in its own time, and is cancelled where its client leaves.
using HeavyHandler = std::function<awaitable<Reply>(Call&)>;

/// What content a request may have, by call.parameter; nothing for up to --max-body, in memory.
using TermsOfContent = std::function<std::optional<front_door::ContentTerms>(const std::string& parameter)>;

struct Route {
  std::string_view method;  ///< GET (HEAD comes with it), DELETE, or POST
  std::string_view path;  ///< "{name}" in it stands for one segment, call.parameter; the last, or one before
  std::string_view summary;
  std::variant<Pages, LightHandler, HeavyHandler> handler;
  ipc::Json
      description{};       ///< an OpenAPI operation but for its summary; null where it is described elsewhere
  TermsOfContent terms{};  ///< none: up to --max-body, in memory
  bool costly = false;     ///< a light one that is for the same clients as heavy ones
};

using Table = std::vector<Route>;

}  // namespace routes
