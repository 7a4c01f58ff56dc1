#pragma once
// An application for tests that need a door and no answer: whole requests are not answered, others refused.

#include <string>

#include "server/front_door/exchange.h"

namespace front_door {

struct Nobody final : Application {
  ContentTerms terms(const Request&) override { return {}; }
  std::optional<awaitable<>> respond(Exchange&) override { return {}; }
  void withdraw(Exchange&, const Refusal&) override {}
  void ended(Exchange&, Ending, std::size_t) override {}
  void report(const Exchange&, std::string_view) override {}
  void lost(const Request&) override {}
  std::string refuse(const Request&, const Refusal&) override { return "HTTP/1.1 400 Bad Request\r\n\r\n"; }
};

}  // namespace front_door
