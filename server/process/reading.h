#pragma once
// What a line of a cruncher's stdout turned out to be. Knows no process; called on the loop for short lines,
// on the JSON pool for long ones. Used by line_dialogue.h.

#include <string>
#include <variant>

#include "ipc/reply.h"
#include "server/process/outcome.h"

namespace process {

struct Reading {
  std::variant<ipc::Progress, Result, TaskError, ipc::Malformed> what;
  ipc::OwnUsage usage{};  ///< of an answer

  /// `rpc_id` is the request's: an answer with another one is malformed.
  static Reading of(std::string line, const std::string& rpc_id);
};

}  // namespace process
