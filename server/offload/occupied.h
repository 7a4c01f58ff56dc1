#pragma once
// A process with a job in it, and its slot, until both are given back: at the end of the scope, however it
// ends. Used by dispatcher.h and command_dispatcher.h.

#include <memory>
#include <utility>

#include "server/offload/crew.h"

namespace offload {

struct Occupied {
  Occupied(Crew& crew, std::unique_ptr<process::Process> process, Slot slot, Leave leave)
      : crew(&crew), process(std::move(process)), slot(std::move(slot)), leave(std::move(leave)) {}
  Occupied(Occupied&&) = default;
  Occupied& operator=(Occupied&&) = delete;
  ~Occupied() { give_back(); }

  void give_back() {
    if (process) crew->give_back(std::move(process), std::move(slot), std::move(leave));
  }

  Crew* crew;
  std::unique_ptr<process::Process> process;
  Slot slot;
  Leave leave;  ///< abandoned, unless an outcome has been told
};

}  // namespace offload
