#pragma once
// The inside of the house without its processes: the real routes over a small catalogue, and outcomes made up
// on the spot. Knows no socket. Used by front_door.cpp.

#include <memory>
#include <string>

#include "server/front_door/exchange.h"

namespace fuzz {

class House final : public front_door::Application {
 public:
  explicit House(Loop& loop);
  ~House();

  bool answer(front_door::Exchange& exchange) override;
  awaitable<> finish(front_door::Exchange& exchange) override;
  bool refuse_by_head(front_door::Exchange& exchange) override;
  void ended(front_door::Exchange&, front_door::Ending, std::size_t) override {}
  std::string refused(const front_door::Request&, const front_door::Refusal&) override { return "fuzz"; }

 private:
  struct Rooms;
  std::unique_ptr<Rooms> rooms_;
};

}  // namespace fuzz
