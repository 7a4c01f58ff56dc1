// The program as a server uses it: one line in, one line and an empty one out, and an end that comes for
// sure.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <sstream>

#include <csignal>
#include <memory>
#include <nlohmann/json.hpp>

#include "tests/harness/command.h"
#include "tests/harness/started_process.h"

namespace {

using harness::CommandResult;
using Json = nlohmann::json;

constexpr std::chrono::seconds kPatience{20};

CommandResult ask(std::string_view input) {
  return harness::run_command({CRUNCHER_PATH}, input, kPatience);
}

Json request(const std::string& method, const Json& params) {
  return {{"jsonrpc", "2.0"}, {"id", "x"}, {"method", method}, {"params", params}};
}

// A cruncher whose stdin stays open as long as this object lives.
class Worker {
 public:
  Worker() {
    int in[2], out[2];
    REQUIRE(pipe2(in, O_CLOEXEC) == 0);
    REQUIRE(pipe2(out, O_CLOEXEC) == 0);
    process_ =
        std::make_unique<harness::StartedProcess>(harness::ProgramLaunch{{CRUNCHER_PATH}, in[0], out[1], -1});
    close(in[0]);
    close(out[1]);
    in_ = in[1];
    out_ = out[0];
  }
  ~Worker() {
    close(in_);
    close(out_);
  }

  harness::StartedProcess& process() { return *process_; }

  void send(const std::string& bytes) {
    REQUIRE(write(in_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }
  void close_stdin() {
    close(in_);
    in_ = -1;
  }

  /// The next line; "" at the end of its stdout.
  std::string line() {
    std::string text;
    while (text.empty() || text.back() != '\n') {
      pollfd ready{out_, POLLIN, 0};
      if (poll(&ready, 1, std::chrono::milliseconds(kPatience).count()) != 1) FAIL("the worker is silent");
      char byte = 0;
      if (read(out_, &byte, 1) != 1) return text;
      text += byte;
    }
    return text;
  }

  /// The next message that is no progress, which a busy machine may bring about in any job.
  Json answer() {
    Json message;
    do {
      message = Json::parse(line());
    } while (message.contains("method"));
    return message;
  }

 private:
  std::unique_ptr<harness::StartedProcess> process_;
  int in_ = -1, out_ = -1;
};

// An answer whose cost is told, which differs each time.
Json without_usage(Json answer) {
  CHECK(answer.erase("usage") == 1);
  return answer;
}

TEST_CASE("a worker answers its line, says that this was all, and exits where stdin ends") {
  Worker worker;
  worker.send(request("primes", {{"limit", 1'000'000}}).dump() + "\n");
  CHECK(without_usage(worker.answer()) ==
        Json::parse(R"({"jsonrpc":"2.0","id":"x","result":{"count":78498}})"));
  CHECK(worker.line() == "\n");
  worker.close_stdin();
  CHECK(worker.line() == "");
  CHECK(worker.process().wait_for_end(kPatience) == 0);
}

TEST_CASE("a worker does one job after the other, as long as lines come") {
  Worker worker;
  for (int limit = 10; limit < 300; limit += 10) {
    worker.send(request("primes", {{"limit", limit}}).dump() + "\n");
    CHECK(worker.answer().at("result").at("count").get<int>() > 0);
    CHECK(worker.line() == "\n");
  }
  worker.send(request("primes", {{"limit", "x"}}).dump() + "\n");
  CHECK(worker.answer().at("error").at("code") == -32602);
  CHECK(worker.line() == "\n");
  worker.send(request("hash_password", {{"password", "x"}, {"memory_kib", 64}, {"ops", 1}}).dump() + "\n");
  CHECK(worker.answer().contains("result"));
  CHECK(worker.line() == "\n");
  worker.close_stdin();
  CHECK(worker.process().wait_for_end(kPatience) == 0);
}

TEST_CASE("a line may come in pieces, and without its end where stdin ends") {
  Worker worker;
  const auto line = request("primes", {{"limit", 10}}).dump();
  worker.send(line.substr(0, 20));
  worker.send(line.substr(20));
  worker.close_stdin();
  CHECK(worker.answer().at("result").at("count") == 4);
}

TEST_CASE("lines that come at once are answered in their order, each with an empty line behind") {
  const auto result =
      ask(request("primes", {{"limit", 10}}).dump() + "\n" + request("primes", {{"limit", 100}}).dump());
  CHECK(result.exit_code == 0);
  std::istringstream out(result.out);
  std::vector<std::string> lines;
  for (std::string line; std::getline(out, line);) lines.push_back(line);
  REQUIRE(lines.size() == 4);
  CHECK(without_usage(Json::parse(lines[0])) ==
        Json::parse(R"({"jsonrpc":"2.0","id":"x","result":{"count":4}})"));
  CHECK(lines[1] == "");
  CHECK(without_usage(Json::parse(lines[2])) ==
        Json::parse(R"({"jsonrpc":"2.0","id":"x","result":{"count":25}})"));
  CHECK(lines[3] == "");
  CHECK(result.out.ends_with("\n\n"));
}

TEST_CASE("a spare whose server has no work for it, or is gone, exits without a word") {
  Worker worker;
  worker.close_stdin();
  CHECK(worker.line() == "");
  CHECK(worker.process().wait_for_end(kPatience) == 0);
}

TEST_CASE("a bad line gets its error and the exit code 0") {
  const std::pair<std::string, int> lines[] = {{"\n", -32700},
                                               {"{\n", -32700},
                                               {"[]\n", -32600},
                                               {std::string("{\"a\0\":1}\n", 9), -32700},
                                               {request("nothing", Json::object()).dump() + "\n", -32601},
                                               {request("primes", {{"limit", -1}}).dump() + "\n", -32602},
                                               {std::string(100'000'000, '[') + "\n", -32600}};
  for (const auto& [text, code] : lines) {
    const std::string line = text;  // INFO takes no structured binding
    INFO("the line: ", std::string(line, 0, 60));
    const auto result = ask(line);
    CHECK(result.exit_code == 0);
    CHECK(result.err == "");
    CHECK(Json::parse(result.out).at("error").at("code") == code);
  }
}

TEST_CASE("a long job tells its progress, growing, before its answer") {
  Worker worker;
  worker.send(request("spin", {{"CPUTimeMs", 500}}).dump() + "\n");
  double last = 0;
  int reports = 0;
  Json message;
  while ((message = Json::parse(worker.line())).contains("method")) {
    CHECK(message.at("method") == "progress");
    CHECK_FALSE(message.contains("id"));
    const double fraction = message.at("params").at("fraction");
    CHECK(fraction >= last);
    CHECK(fraction <= 1);
    last = fraction;
    ++reports;
  }
  CHECK(message.at("result").at("CPUTimeMs") == 500);
  CHECK(reports >= 1);
}

// A worker under the limit that a server sets.
Json answer_within(rlim_t bytes, const std::string& line) {
  Worker worker;
  const rlimit limit{bytes, bytes};
  REQUIRE(prlimit(worker.process().pid(), RLIMIT_AS, &limit, nullptr) == 0);
  worker.send(line);
  auto answer = worker.answer();
  worker.close_stdin();
  CHECK(worker.process().wait_for_end(kPatience) == 0);
  return answer;
}

TEST_CASE("a job that runs out of memory says so") {
  const auto hash = request("hash_password", {{"password", "x"}, {"memory_kib", 128 * 1024}}).dump() + "\n";
  const Json answer = answer_within(64 << 20, hash);
  CHECK(answer.at("error").at("code") == -32001);
  CHECK(answer.at("id") == "x");
  const auto picture =
      request("mandelbrot", {{"width", 4096}, {"height", 4096}, {"iterations", 1}}).dump() + "\n";
  CHECK(answer_within(16 << 20, picture).at("error").at("code") == -32001);
}

TEST_CASE("the costliest params of each task fit into the memory that a server gives by default") {
  constexpr rlim_t by_default = 512u << 20;
  const auto hash =
      request("hash_password", {{"password", "x"}, {"memory_kib", 384 * 1024}, {"ops", 1}}).dump() + "\n";
  CHECK(answer_within(by_default, hash).contains("result"));
  const auto picture =
      request("mandelbrot", {{"width", 4096}, {"height", 4096}, {"iterations", 1}}).dump() + "\n";
  CHECK(answer_within(by_default, picture).contains("result"));
}

TEST_CASE("a worker in the middle of its job dies with its server") {
  int in[2], out[2];
  REQUIRE(pipe2(in, O_CLOEXEC) == 0);
  REQUIRE(pipe2(out, O_CLOEXEC) == 0);
  const pid_t server = fork();
  REQUIRE(server >= 0);
  if (server == 0) {  // it starts the worker and then does nothing more
    if (fork() == 0) {
      dup2(in[0], 0);
      dup2(out[1], 1);
      execl(CRUNCHER_PATH, CRUNCHER_PATH, nullptr);
    }
    pause();
    _exit(1);
  }
  close(out[1]);
  const auto line = request("spin", {{"CPUTimeMs", 600'000}}).dump() + "\n";
  REQUIRE(write(in[1], line.data(), line.size()) == static_cast<ssize_t>(line.size()));
  char bytes[4096];
  REQUIRE(read(out[0], bytes, sizeof bytes) > 0);  // its first progress: it is at work
  kill(server, SIGKILL);
  waitpid(server, nullptr, 0);
  // Nobody else has the writing end, so its end is the worker's. stdin stays open here all the while.
  bool ended = false;
  pollfd ready{out[0], POLLIN, 0};
  while (!ended && poll(&ready, 1, std::chrono::milliseconds(kPatience).count()) == 1) {
    ended = read(out[0], bytes, sizeof bytes) == 0;
  }
  CHECK(ended);
  for (const int end : {in[0], in[1], out[0]}) close(end);
}

}  // namespace
