#include "cruncher/command_line.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "cruncher/base64.h"
#include "cruncher/catalogue.h"
#include "cruncher/help.h"
#include "cruncher/options.h"
#include "cruncher/output.h"
#include "cruncher/sandbox.h"
#include "cruncher/version.h"

namespace cruncher {
namespace {

using ipc::Json;

constexpr int kDone = 0, kFailed = 1, kWrongUsage = 2;

// So that no file gets one of their numbers. Read-only: writing to what was closed fails as before.
void occupy_standard_descriptors() {
  int descriptor = open("/dev/null", O_RDONLY);
  while (descriptor >= 0 && descriptor < STDERR_FILENO) descriptor = open("/dev/null", O_RDONLY);
  if (descriptor > STDERR_FILENO) close(descriptor);
}

int complain(int exit_code, const std::string& message) {
  write_all(STDERR_FILENO, "cruncher: " + message + "\n");
  return exit_code;
}

int print(std::string_view text) {
  if (write_all(STDOUT_FILENO, text)) return kDone;
  return complain(kFailed, std::string("cannot write to stdout: ") + std::strerror(errno));
}

int report_sandbox() {
  const Sandbox sandbox = enter_sandbox(Parent::server, Strictness::best_effort);
  std::string text;
  for (const auto& [name, active, detail, unused] : sandbox.layers) {
    text += std::string(name) + std::string(name.size() < 14 ? 14 - name.size() : 1, ' ') +
            (active ? "active   " : "missing  ") + std::string(detail) + "\n";
  }
  return print(text);
}

// "/limit" of the violation is the option --limit here.
int explain_error(const ipc::Error& error) {
  if (error.code != static_cast<int>(ipc::ErrorCode::invalid_params)) return complain(kFailed, error.message);
  std::string lines;
  for (const Json& violation : error.data.at("errors")) {
    const auto pointer = violation.at("pointer").get<std::string>();
    lines += (lines.empty() ? "" : "\ncruncher: ") + (pointer.empty() ? "params" : "--" + pointer.substr(1)) +
             " " + violation.at("message").get<std::string>();
  }
  return complain(kWrongUsage, lines);
}

std::string read_all(int descriptor) {
  std::string text;
  char bytes[64 * 1024];
  while (true) {
    const auto count = read(descriptor, bytes, sizeof bytes);
    if (count > 0) text.append(bytes, static_cast<std::size_t>(count));
    if (count == 0 || (count < 0 && errno != EINTR)) return text;
  }
}

std::variant<Json, UsageError> params_from_stdin(Json over) {
  auto parsed = ipc::parse_json(read_all(STDIN_FILENO));
  if (const auto* fault = std::get_if<ipc::JsonFault>(&parsed))
    return UsageError{"stdin is no JSON: " + fault->message};
  Json params = std::get<Json>(std::move(parsed));
  if (!params.is_object()) return UsageError{"stdin must hold a JSON object"};
  params.update(over);
  return params;
}

// Moves the result's binary member into the file, and prints the rest.
int write_result(Json result, const std::string& member, int file) {
  const auto bytes = from_base64(result.at(member).get_ref<const std::string&>()).value();
  result.erase(member);
  if (ftruncate(file, 0) != 0 && errno != EINVAL)
    return complain(kFailed, std::strerror(errno));  // EINVAL: a pipe
  if (!write_all(file, bytes))
    return complain(kFailed, std::string("cannot write the output: ") + std::strerror(errno));
  return print(ipc::print_json(result) + "\n");
}

int run(const Task& task, Options options, Strictness strictness) {
  const auto member = options.output ? binary_member(task) : std::nullopt;
  if (options.output && !member) return complain(kWrongUsage, std::string(task.name) + " has no --output");
  const bool watched = isatty(STDERR_FILENO) == 1;
  // The sandbox lets nobody open a file, and wrong params must not leave an empty one: so with --output it is
  // entered after them.
  if (!member) enter_sandbox(Parent::shell, strictness);
  if (options.params_from_stdin) {
    auto params = params_from_stdin(std::move(options.params));
    if (const auto* error = std::get_if<UsageError>(&params)) return complain(kWrongUsage, error->message);
    options.params = std::get<Json>(std::move(params));
  }
  int file = -1;
  if (member) {
    if (const auto error = complete_params(task, options.params)) return explain_error(*error);
    // Emptied only when there is something to write.
    file = open(options.output->c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0) return complain(kWrongUsage, "--output " + *options.output + ": " + std::strerror(errno));
    enter_sandbox(Parent::shell, strictness);
  }
  std::unique_ptr<Progress> progress;
  if (watched) {
    progress = std::make_unique<ProgressBar>();
  } else {
    progress = std::make_unique<NoProgress>();
  }
  TaskResult result = run_task(task, std::move(options.params), *progress);
  progress.reset();
  if (const auto* error = std::get_if<ipc::Error>(&result)) return explain_error(*error);
  if (member) return write_result(std::get<Json>(std::move(result)), *member, file);
  return print(ipc::print_json(std::get<Json>(result)) + "\n");
}

int run_task_command(std::string_view name, std::span<char* const> words, Strictness strictness) {
  const Task* const task = find_task(name);
  if (task == nullptr) {
    return complain(kWrongUsage, "there is no task \"" + std::string(name) + "\"; there are " + task_names());
  }
  auto options = parse_options(Json::parse(task->params_schema), words);
  if (const auto* error = std::get_if<UsageError>(&options)) {
    return complain(kWrongUsage, error->message + "; see cruncher " + std::string(name) + " --help");
  }
  if (std::get<Options>(options).help) return print(task_help(*task));
  try {
    return run(*task, std::get<Options>(std::move(options)), strictness);
  } catch (const std::bad_alloc&) {
    return complain(kFailed, "out of memory");
  }
}

}  // namespace

int run_command_line(std::span<char* const> arguments, Strictness strictness) {
  occupy_standard_descriptors();
  const std::string_view first = arguments.front();
  if (!first.starts_with("-")) return run_task_command(first, arguments.subspan(1), strictness);
  if (arguments.size() > 1)
    return complain(kWrongUsage, std::string(first) + " takes nothing after it; see cruncher --help");
  if (first == "--help" || first == "-h") return print(general_help());
  if (first == "--list") return print(task_list());
  if (first == "--describe") return print(describe_tasks().dump(2) + "\n");
  if (first == "--sandbox-report") return report_sandbox();
  if (first == "--version") return print("cruncher " + std::string(kVersion) + "\n");
  return complain(kWrongUsage, "there is no option " + std::string(first) + "; see cruncher --help");
}

}  // namespace cruncher
