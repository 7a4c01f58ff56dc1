#include "tests/crunchers/mood.h"

#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/crunchers/writing.h"

namespace unruly {
namespace {

[[noreturn]] void wait_for_ever() {
  for (;;) pause();
}

}  // namespace

void follow_mood() {
  std::ifstream file(std::filesystem::read_symlink("/proc/self/exe").replace_filename("mood"));
  std::string mood;
  int number = 0;
  file >> mood >> number;
  if (mood == "die") {
    kill(getpid(), number);
  } else if (mood == "quit") {
    _exit(number);
  } else if (mood == "answer_first") {
    write_all(STDOUT_FILENO, result_line(1, {{"from", "nobody's call"}}));
    wait_for_ever();
  } else if (mood == "blind") {
    write_all(STDOUT_FILENO, result_line(1, nlohmann::json::object()));
    _exit(0);
  } else if (mood == "close_input") {
    close(STDIN_FILENO);
    wait_for_ever();
  } else if (mood == "close_output") {
    close(STDOUT_FILENO);
    wait_for_ever();
  } else if (mood == "never_read") {
    wait_for_ever();
  }
}

}  // namespace unruly
