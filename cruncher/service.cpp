#include "cruncher/service.h"

#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <optional>
#include <utility>

#include "cruncher/catalogue.h"
#include "cruncher/output.h"
#include "ipc/line_reader.h"

namespace cruncher {
namespace {

using ipc::ErrorCode;
using ipc::Json;

// The answer where there is not even memory to read the request, and so no id.
constexpr std::string_view kOutOfMemoryUnread =
    "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32001,\"message\":\"out of memory\"}}\n\n";

// Under load a spare's request comes within less. It meets the same pages on its way then, and the rehearsal
// would only take a core's time from other jobs.
constexpr int kBusy = 5;  // milliseconds

bool nothing_comes_for(int milliseconds) {
  pollfd request{STDIN_FILENO, POLLIN, 0};
  return poll(&request, 1, milliseconds) == 0;
}

std::string refusal(std::string message) {
  return print_response(ipc::error_response(nullptr, ErrorCode::invalid_request, std::move(message)));
}

// A line that ends with stdin instead of '\n' counts too; nothing at all does not.
std::optional<std::string> read_line(ipc::LineReader& reader) {
  static char bytes[64 * 1024];
  while (!reader.overflowed()) {
    if (auto line = reader.next()) return line;
    const auto count = read(STDIN_FILENO, bytes, sizeof bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      if (reader.buffered() == 0) return std::nullopt;
      reader.feed("\n");
    } else {
      reader.feed({bytes, static_cast<std::size_t>(count)});
    }
  }
  return std::nullopt;
}

double cpu_ms(const rusage& usage) {
  const auto milliseconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
  };
  return milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
}

ipc::Response answer(ipc::Request request, Progress& progress) {
  if (request.method == "rpc.discover") return {std::move(*request.id), describe_tasks()};
  const Task* const task = find_task(request.method);
  if (task == nullptr) {
    return error_response(
        std::move(*request.id), ErrorCode::method_not_found,
        "there is no task " + ipc::print_json(request.method) + "; there are " + task_names());
  }
  rusage before{}, after{};
  getrusage(RUSAGE_SELF, &before);
  TaskResult result = run_task(*task, std::move(request.params), progress);
  getrusage(RUSAGE_SELF, &after);
  return {std::move(*request.id), std::move(result), {cpu_ms(after) - cpu_ms(before), after.ru_maxrss}};
}

// An empty line behind the answer says that this is all, and that the next line may come. It is a write of
// its own where it would take memory.
bool send(std::string answer) {
  if (answer.empty()) return true;  // to a notification
  const bool has_room = answer.size() < answer.capacity();
  if (has_room) answer += '\n';
  return write_all(STDOUT_FILENO, answer) && (has_room || write_all(STDOUT_FILENO, "\n"));
}

}  // namespace

std::string answer_to(std::string_view line, Progress& progress) {
  // Made while there is memory, sent when there is none left.
  std::string out_of_memory;
  try {
    auto parsed = ipc::parse_request(line);
    if (const auto* refused = std::get_if<ipc::Response>(&parsed)) return print_response(*refused);
    auto& request = std::get<ipc::Request>(parsed);
    if (!request.id) return {};
    out_of_memory = print_response(error_response(*request.id, ErrorCode::out_of_memory, "out of memory"));
    return print_response(answer(std::move(request), progress));
  } catch (const std::bad_alloc&) {
    if (out_of_memory.empty()) throw;
    return out_of_memory;
  }
}

// What a spare does with its time: it reads all schemas and runs a whole job that does nothing, so that all
// of the way is in memory, each page of which costs a fault. Without the memory for all this there may be
// enough for the job.
void rehearse() try {
  read_all_schemas();
  NoProgress unheard;
  answer_to(R"({"jsonrpc":"2.0","id":"0","method":"spin","params":{"CPUTimeMs":0}})", unheard);
} catch (const std::bad_alloc&) {
}

int serve_requests() {
  try {
    if (nothing_comes_for(kBusy)) rehearse();
    ipc::LineReader reader(kMaxRequest);
    while (const auto line = read_line(reader)) {
      ProgressLines progress;
      if (!send(answer_to(*line, progress))) return 1;
    }
    if (!reader.overflowed()) return 0;
    return send(refusal("the request is longer than " + std::to_string(kMaxRequest) + " bytes")) ? 0 : 1;
  } catch (const std::bad_alloc&) {
    return write_all(STDOUT_FILENO, kOutOfMemoryUnread) ? 0 : 1;
  }
}

}  // namespace cruncher
