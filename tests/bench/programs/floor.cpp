// floor CRUNCHER SECONDS THREADS: the least that a process per request can cost with this cruncher on this
// machine. Each thread does nothing but: start the cruncher, write one line, read one line, wait for its end;
// again. Prints {"jobs": N, "seconds": S} and stops with 1 where a cruncher gave no line.

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <thread>
#include <vector>

namespace {

constexpr std::string_view kRequest = R"({"jsonrpc":"2.0","id":1,"method":"spin","params":{"CPUTimeMs":0}})"
                                      "\n";

[[noreturn]] void become(const char* program, int input, int output) {
  dup2(input, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  execl(program, program, static_cast<char*>(nullptr));
  _exit(127);
}

bool reads_line(int descriptor) {
  char buffer[4096];
  for (ssize_t count; (count = read(descriptor, buffer, sizeof buffer)) > 0;) {
    if (buffer[count - 1] == '\n') return true;
  }
  return false;
}

bool run_job(const char* program) {
  int to_child[2], from_child[2];
  if (pipe2(to_child, O_CLOEXEC) != 0 || pipe2(from_child, O_CLOEXEC) != 0) return false;
  const pid_t child = vfork();
  if (child == 0) become(program, to_child[0], from_child[1]);
  close(to_child[0]);
  close(from_child[1]);
  const bool answered = child > 0 &&
                        write(to_child[1], kRequest.data(), kRequest.size()) == ssize_t(kRequest.size()) &&
                        reads_line(from_child[0]);
  close(to_child[1]);
  close(from_child[0]);
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && answered;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return std::fputs("usage: floor CRUNCHER SECONDS THREADS\n", stderr), 2;
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  const auto end =
      start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(std::atof(argv[2])));
  std::atomic<long> jobs = 0;
  std::atomic<bool> failed = false;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < std::atoi(argv[3]); ++i) {
      threads.emplace_back([&] {
        while (!failed && Clock::now() < end) run_job(argv[1]) ? void(++jobs) : void(failed = true);
      });
    }
  }
  if (failed) return std::fprintf(stderr, "floor: %s gave no answer\n", argv[1]), 1;
  std::printf("{\"jobs\": %ld, \"seconds\": %.3f}\n", jobs.load(),
              std::chrono::duration<double>(Clock::now() - start).count());
}
