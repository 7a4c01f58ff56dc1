#pragma once
// A program that takes a request's content and gives its response's: bytes in, bytes out. A value, made of
// the configuration by server/commands.h. Knows no request and no process.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/json.h"
#include "server/process/argument.h"
#include "server/process/confinement.h"
#include "server/process/job.h"
#include "server/process/order.h"

namespace process {

/// What a command takes and gives.
struct Contents {
  std::vector<std::string> accepts;  ///< media ranges of the content; empty: any
  std::string answers = "application/octet-stream";
  bool answers_header = false;  ///< stdout begins with a header that names the type, as in CGI
  bool streams = false;         ///< stdout goes to the client as it comes
  std::string in, out;          ///< files in the job's folder, instead of stdin and stdout where not empty
  std::map<int, int> statuses;  ///< of the response, by exit code
  std::size_t max_body = 64 << 20;  ///< bytes of content: beyond 1 MiB they are in a file
};

struct Command : Contents {
  std::string task;     ///< its name
  std::string place;    ///< where it was configured: "FILE:LINE:COLUMN: [task.NAME]", or "--exec NAME"
  std::string summary;  ///< its line, as it was given

  std::string program;                     ///< the file that is executed
  std::vector<Argument> arguments;         ///< the first is the program's own name
  ipc::Json params = ipc::Json::object();  ///< a JSON Schema for each, by name
  std::size_t running = 0;                 ///< its jobs at once; 0: no limit but the slots
  std::size_t spares = 0;                  ///< processes that are started in advance

  std::vector<std::string> environment;  ///< "NAME=value", all but what belongs to one job
  Confinement confinement;
  std::string launcher;        ///< the first of `arguments`, as they were given; empty: none
  std::uint32_t confiner = 0;  ///< its place in Program::confined
  JobLimits limits;
};

/// Names in arguments that stand for paths: of the content's file, of the result's, of the job's folder.
inline constexpr std::string_view kIn = "in", kOut = "out", kDir = "dir";

struct ParamValue {
  std::string text;
  bool is_text = false;  ///< not a number or a truth value
};
using ParamValues = std::map<std::string, ParamValue, std::less<>>;

/// What one job brings.
struct CommandInput {
  ParamValues params;                       ///< one for each of the command's
  std::shared_ptr<loop::UniqueFd> content;  ///< as in Order
  bool streams = false;                     ///< somebody takes its stdout as it comes
};

/// The environment's name for a param: "PARAM_WIDTH".
std::string variable_of(std::string_view param);

/// The param whose text would be read as an option, or as the name of a file of arguments, if there is one.
std::optional<std::string_view> misread_param(const Command& command, const ParamValues& params);

/// The whole order of a job, whose params are not misread.
Order order_of(const Command& command, const CommandInput& input, const std::string& folder);

}  // namespace process
