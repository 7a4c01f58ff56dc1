#pragma once
// The inside of the house without its processes: the real routes over a small catalogue, and outcomes made up
// on the spot. Knows no socket. Used by front_door.cpp.

#include <memory>
#include <string>

#include "server/front_door/exchange.h"

namespace fuzz {

using namespace loop;

class House final : public front_door::Application {
 public:
  explicit House(Loop& loop);
  ~House();

  bool answer(front_door::Exchange& exchange) override;
  awaitable<> finish(front_door::Exchange& exchange) override;
  bool refuse_by_head(front_door::Exchange& exchange) override;
  void ended(front_door::Exchange&, front_door::Ending, std::size_t) override {}
  void take_back(front_door::Exchange& exchange, const front_door::Refusal& refusal) override {
    exchange.client_keeps_alive = false;
    exchange.response = {refusal.status, to_bytes(refusal, "fuzz"), ""};
  }
  std::string refuse(const front_door::Request& request, const front_door::Refusal& refusal) override {
    return to_bytes(refusal, "fuzz", request.method == "HEAD");
  }

 private:
  struct Rooms;
  std::unique_ptr<Rooms> rooms_;
};

}  // namespace fuzz
