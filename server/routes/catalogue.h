#pragma once
// The tasks: those that the cruncher offers, as its OpenRPC document told at the start, and the commands of
// the configuration. Knows no route and no process. Read by the routes that need a task's schema or limits.

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "ipc/schema.h"
#include "server/process/command.h"
#include "server/process/job.h"
#include "server/routes/binary_member.h"

namespace routes {

struct Task {
  std::string name;
  std::string summary;
  ipc::Json params_schema;  ///< JSON Schema (draft-07) of the whole params object
  ipc::Json result_schema;
  ipc::Schema params;
  process::JobLimits limits;
  const process::Command* command = nullptr;  ///< null where the cruncher does it
  /// A cruncher's member that may come, or go, as a content of its own type.
  std::optional<BinaryMember> content_param{}, content_result{};
};

class Catalogue {
 public:
  /// `per_task` overrides `limits` for the tasks that it names. Throws std::invalid_argument with a sentence
  /// where `openrpc` is no usable document.
  Catalogue(const ipc::Json& openrpc, const process::JobLimits& limits,
            const std::map<std::string, process::JobLimits>& per_task);

  /// `command` must outlive it. Throws std::invalid_argument where the name is another task's, or a param's
  /// schema is none.
  void add(const process::Command& command);

  /// Null where there is no such task.
  const Task* find(std::string_view name) const;
  const std::map<std::string, Task, std::less<>>& tasks() const { return tasks_; }

 private:
  std::map<std::string, Task, std::less<>> tasks_;
};

/// Params on their way to a cruncher: the whole request line, or what is wrong with them.
using PreparedParams = std::variant<std::string, ipc::JsonFault, std::vector<ipc::Violation>>;

/// Reads, validates and prints in one go: the params reach the cruncher as `text` has them. A pure function,
/// safe on any thread.
PreparedParams prepare(const Task& task, std::string_view text, const std::string& rpc_id);

}  // namespace routes
