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

  front_door::ContentTerms terms(const front_door::Request& head) override;
  std::optional<awaitable<>> respond(front_door::Exchange& exchange) override;
  void withdraw(front_door::Exchange& exchange, const front_door::Refusal& refusal) override;
  void ended(front_door::Exchange& exchange, front_door::Ending ending, std::size_t bytes) override;
  void report(const front_door::Exchange& exchange, std::string_view what) override;
  void lost(const front_door::Request& request) override;
  std::string refuse(const front_door::Request& request, const front_door::Refusal& refusal) override;

 private:
  struct Rooms;
  std::unique_ptr<Rooms> rooms_;
};

}  // namespace fuzz
