#include <signal.h>
#include <unistd.h>

#include "tests/crunchers/behaviour.h"
#include "tests/crunchers/writing.h"

namespace unruly {
namespace {

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

std::optional<Json> say_all_and_stay(const Call& call) {
  const auto answer = result_line(call.id, {{"pid", getpid()}});
  if (call.params.at("by") == "empty_line") {
    write_all(STDOUT_FILENO, answer + "\n");
  } else {
    write_all(STDOUT_FILENO, answer);
    close(STDOUT_FILENO);
  }
  burn_for_ever();
}

// What is wrong only for a process that is to serve another call.
std::optional<Json> answer_and_go(const Call& call) {
  write_all(STDOUT_FILENO, result_line(call.id, {{"pid", getpid()}}) + "\n");
  _exit(0);
}

std::optional<Json> answer_and_close(const Call& call) {
  write_all(STDOUT_FILENO, result_line(call.id, {{"pid", getpid()}}) + "\n");
  close(STDIN_FILENO);
  for (;;) pause();
}

std::optional<Json> answer_late(const Call& call) {
  write_all(STDOUT_FILENO, result_line(call.id, {{"pid", getpid()}}) + "\n");
  const std::string path = call.params.at("path");
  while (access(path.c_str(), F_OK) != 0) usleep(1000);
  write_all(STDOUT_FILENO, call.params.at("line").get<std::string>() + "\n");
  return std::nullopt;
}

}  // namespace

void burn_for_ever() {
  for (volatile unsigned long long turns = 0;;) turns = turns + 1;
}

std::vector<Behaviour> endings() {
  const Json no_params = object_with(Json::object());
  return {
      {"die", "Ends by a signal.", object_with({{"signal", integer_between(1, 31)}}), die},
      {"quit", "Exits without an answer.", object_with({{"code", integer_between(0, 255)}}), quit},
      {"loop", "Never ends.", no_params, loop},
      {"ignore_term", "Never ends and ignores SIGTERM.", no_params, ignore_term},
      {"obey_term", "Never ends by itself, but says so on stderr and exits on SIGTERM.", no_params,
       obey_term},
      {"stop_itself", "Stops itself with SIGSTOP.", no_params, stop_itself},
      {"answer_and_stay", "Answers, but does not end.", no_params, answer_and_stay},
      {"say_all_and_stay", "Answers and says that this was all, but does not end.",
       object_with({{"by", {{"enum", {"empty_line", "close"}}}}}), say_all_and_stay},
      {"answer_and_go", "Answers, says that this was all, and exits.", no_params, answer_and_go},
      {"answer_and_close", "Answers, says that this was all, closes its stdin and stays.", no_params,
       answer_and_close},
      {"answer_late", "Answers, says that this was all, and once a file exists writes a line more.",
       object_with({{"path", {{"type", "string"}}}, {"line", {{"type", "string"}}}}), answer_late},
  };
}

}  // namespace unruly
