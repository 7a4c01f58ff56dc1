#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
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
  const long long ms = call.params.at("ms");
  while (cpu_time_ms() < ms) continue;
  return call.params;
}

std::optional<Json> fail(const Call& call) {
  write_all(STDOUT_FILENO,
            error_line(call.id, call.params.at("code"), call.params.at("message").get<std::string>()));
  return std::nullopt;
}

std::optional<Json> die(const Call& call) {
  const int number = call.params.at("signal");
  signal(number, SIG_DFL);
  kill(getpid(), number);
  return std::nullopt;
}

std::optional<Json> quit(const Call& call) {
  _exit(call.params.at("code").get<int>());
}

std::optional<Json> loop(const Call&) {
  burn_for_ever();
}

std::optional<Json> ignore_term(const Call&) {
  signal(SIGTERM, SIG_IGN);
  burn_for_ever();
}

std::optional<Json> obey_term(const Call&) {
  signal(SIGTERM, [](int) {
    write_all(STDERR_FILENO, "asked to end\n");
    _exit(0);
  });
  burn_for_ever();
}

std::optional<Json> stop_itself(const Call&) {
  kill(getpid(), SIGSTOP);
  burn_for_ever();
}

std::optional<Json> answer_and_stay(const Call& call) {
  write_all(STDOUT_FILENO, result_line(call.id, {{"pid", getpid()}}));
  burn_for_ever();
}

}  // namespace

void burn_for_ever() {
  for (volatile unsigned long long turns = 0;;) turns = turns + 1;
}

std::vector<Behaviour> endings() {
  const Json no_params = object_with(Json::object());
  const Json any_params = {{"type", "object"}, {"properties", Json::object()}};
  const Json ms = object_with({{"ms", integer_between(0, 600'000)}});
  return {
      {"echo", "Answers with its params.", any_params, echo},
      {"nothing", "Answers {} at once.", no_params, nothing},
      {"sleep", "Sleeps, then answers.", ms, sleep},
      {"burn", "Burns CPU time, then answers.", ms, burn},
      {"fail", "Answers with an error.",
       object_with({{"code", integer_between(-99'999, 99'999)}, {"message", {{"type", "string"}}}}), fail},
      {"die", "Ends by a signal.", object_with({{"signal", integer_between(1, 31)}}), die},
      {"quit", "Exits without an answer.", object_with({{"code", integer_between(0, 255)}}), quit},
      {"loop", "Never ends.", no_params, loop},
      {"ignore_term", "Never ends and ignores SIGTERM.", no_params, ignore_term},
      {"obey_term", "Never ends by itself, but says so on stderr and exits on SIGTERM.", no_params,
       obey_term},
      {"stop_itself", "Stops itself with SIGSTOP.", no_params, stop_itself},
      {"answer_and_stay", "Answers, but does not end.", no_params, answer_and_stay},
  };
}

}  // namespace unruly
