#pragma once
// What a task is: a kind of heavy work that the cruncher offers. Knows no protocol line, no command line, no
// sandbox. Each file in tasks/ defines one; tasks/meson.build names them; catalogue.h finds them.

#include <string>
#include <string_view>
#include <variant>

#include "cruncher/progress.h"
#include "ipc/json.h"
#include "ipc/message.h"

namespace cruncher {

/// What a run of a task comes to: its result, or the error that its caller gets (see param_error, failure).
using TaskResult = std::variant<ipc::Json, ipc::Error>;

/// All members are constant-initialised, so that a task costs nothing at start until it is called.
struct Task {
  std::string_view name;
  std::string_view summary;  ///< one line
  std::string_view
      params_schema;  ///< JSON text, draft-07; `default` and `description` serve the command line too
  std::string_view result_schema;  ///< a string member with contentEncoding base64 can be written by --output

  /// `params` fit params_schema and have its defaults filled in. Throws std::bad_alloc and nothing else.
  TaskResult (*run)(const ipc::Json& params, Progress& progress);
};

/// An error about one param that the schema cannot express; `pointer` as in ipc::Violation.
ipc::Error param_error(std::string pointer, std::string message);

/// The task could not do its work.
ipc::Error failure(std::string message);

}  // namespace cruncher
