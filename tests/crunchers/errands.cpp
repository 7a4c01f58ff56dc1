#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>

#include "tests/crunchers/behaviour.h"
#include "tests/crunchers/writing.h"

namespace unruly {
namespace {

void sleep_for_ms(long long ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

long long cpu_time_ms() {
  timespec spent;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  return spent.tv_sec * 1000LL + spent.tv_nsec / 1'000'000;
}

std::optional<Json> echo(const Call& call) {
  return call.params;
}

std::optional<Json> nothing(const Call&) {
  return Json::object();
}

std::optional<Json> sleep(const Call& call) {
  sleep_for_ms(call.params.at("ms"));
  return call.params;
}

std::optional<Json> burn(const Call& call) {
  static long long earlier = 0;  // by other calls of this process
  const long long until = earlier + call.params.at("ms").get<long long>();
  while (cpu_time_ms() < until) continue;
  earlier = until;
  return call.params;
}

std::optional<Json> fail(const Call& call) {
  write_all(STDOUT_FILENO,
            error_line(call.id, call.params.at("code"), call.params.at("message").get<std::string>()));
  return std::nullopt;
}

std::optional<Json> touch(const Call& call) {
  close(open(call.params.at("path").get<std::string>().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  return Json::object();
}

std::optional<Json> await_file(const Call& call) {
  const std::string path = call.params.at("path");
  while (access(path.c_str(), F_OK) != 0) sleep_for_ms(2);
  return call.params;
}

// In a process that serves one call it is always 1.
std::optional<Json> count_calls(const Call&) {
  static int calls = 0;
  return Json{{"calls", ++calls}, {"pid", getpid()}};
}

// What the server handed down, and which file it executed.
std::optional<Json> look_around(const Call&) {
  Json environment = Json::array();
  for (char** entry = environ; *entry; ++entry) environment.push_back(*entry);
  Json descriptors = Json::array();
  for (int descriptor = 0; descriptor < 1024; ++descriptor) {
    if (fcntl(descriptor, F_GETFD) >= 0) descriptors.push_back(descriptor);
  }
  struct stat executable;
  stat("/proc/self/exe", &executable);
  return Json{{"environment", environment},
              {"descriptors", descriptors},
              {"executable_inode", executable.st_ino},
              {"pid", getpid()}};
}

}  // namespace

std::vector<Behaviour> errands() {
  const Json no_params = object_with(Json::object());
  const Json any_params = {{"type", "object"}, {"properties", Json::object()}};
  const Json ms = object_with({{"ms", integer_between(0, 600'000)}});
  const Json path = object_with({{"path", {{"type", "string"}}}});
  return {
      {"echo", "Answers with its params.", any_params, echo},
      {"nothing", "Answers {} at once.", no_params, nothing},
      {"sleep", "Sleeps, then answers.", ms, sleep},
      {"burn", "Burns CPU time, then answers.", ms, burn},
      {"fail", "Answers with an error.",
       object_with({{"code", integer_between(-99'999, 99'999)}, {"message", {{"type", "string"}}}}), fail},
      {"touch", "Makes an empty file.", path, touch},
      {"await_file", "Waits until a file exists, then answers.", path, await_file},
      {"count_calls", "Tells how often it was called in this process, and its pid.", no_params, count_calls},
      {"look_around", "Tells its environment, descriptors, pid and the inode of its program.", no_params,
       look_around},
  };
}

}  // namespace unruly
