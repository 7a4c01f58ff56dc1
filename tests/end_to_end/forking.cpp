// --start fork: what is its own. All that holds for jobs in general is tested by the other subjects, which
// run a second time in this mode.

#include <doctest/doctest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "tests/end_to_end/job.h"
#include "tests/harness/command.h"
#include "tests/harness/lowered_limit.h"
#include "tests/harness/needs_root.h"
#include "tests/harness/process_table.h"
#include "tests/harness/started_process.h"
#include "tests/harness/temporary_directory.h"

namespace end_to_end {
namespace {

std::vector<std::string> forking(std::vector<std::string> flags = {}) {
  flags.insert(flags.end(), {"--start", "fork"});
  return flags;
}

// From its command line: /proc/PID/exe of a process that is not dumpable can be read by root alone.
std::string program_of(pid_t pid) {
  std::string path;
  std::ifstream command("/proc/" + std::to_string(pid) + "/cmdline");
  std::getline(command, path, '\0');
  return std::filesystem::path(path).filename();
}

TEST_CASE("each job has a process of its own, forked from a cruncher that has started already") {
  const UnrulyServer server(forking());
  std::set<pid_t> pids;
  for (int i = 0; i < 20; ++i) {
    const auto answer = run_job(server, "count_calls");
    REQUIRE(outcome_of(answer) == "200");
    const auto result = answer.response.json().at("result");
    CHECK(result.at("calls") == 1);
    CHECK(answer.response.json().at("usage").at("pid") == result.at("pid"));
    pids.insert(result.at("pid").get<pid_t>());
  }
  CHECK(pids.size() == 20);
  const auto fork_servers = harness::launchers_of(server.pid());
  REQUIRE(fork_servers.size() == 2);
  for (const auto pid : fork_servers) CHECK(program_of(pid) == "unruly");
}

TEST_CASE("a fork server runs on through the jobs that crash, loop and exhaust their memory") {
  const UnrulyServer server(forking({"--timeout", "300ms", "--kill-grace", "100ms"}));
  REQUIRE(works(server));
  REQUIRE(works(server));
  const auto before = harness::launchers_of(server.pid());
  CHECK(outcome_of(run_job(server, "die", {{"signal", SIGSEGV}})) == "502 crashed");
  CHECK(outcome_of(run_job(server, "die", {{"signal", SIGKILL}})) == "502 memory_limit");
  CHECK(outcome_of(run_job(server, "loop")) == "504 deadline_exceeded");
  CHECK(outcome_of(run_job(server, "stop_itself")) == "504 deadline_exceeded");
  CHECK(works(server));
  CHECK(harness::launchers_of(server.pid()) == before);
}

TEST_CASE(
    "a process that cannot be taken over is killed before it leads a group, and its fork server is not") {
  const UnrulyServer server(forking());
  REQUIRE(works(server));
  REQUIRE(has_no_children(server));
  const auto before = harness::launchers_of(server.pid());
  REQUIRE(before.size() == 2);
  HttpClient client(server.port());
  REQUIRE(client.get("/").status == 200);
  {
    const harness::LoweredLimit limit(server.pid(), RLIMIT_NOFILE, 3);
    for (int i = 0; i < 200; ++i)
      CHECK(outcome_of(client.post("/tasks/nothing", Json::object())) == "503 cannot_spawn");
  }
  CHECK(works(server));
  // One that was killed before it took a name of its own has its fork server's until it is gone.
  CHECK(eventually(seconds(5), [&] { return harness::launchers_of(server.pid()) == before; }));
}

TEST_CASE("the built-in cruncher's tasks answer as they do when it is executed for each job") {
  const RunningServer by_fork(forking({"--cruncher", CRUNCHER_PATH}));
  const RunningServer by_exec({"--cruncher", CRUNCHER_PATH, "--start", "exec"});
  const struct {
    std::string task;
    Json params;
  } jobs[] = {{"primes", {{"limit", 1'000'000}}},
              {"mandelbrot", {{"width", 64}, {"height", 64}}},
              {"regex_match", {{"pattern", "a+"}, {"text", "caaat"}}},
              {"primes", {{"limit", -1}}}};
  for (const auto& job : jobs) {
    CAPTURE(job.task);
    const auto forked = run_job(by_fork, job.task, job.params);
    const auto executed = run_job(by_exec, job.task, job.params);
    CHECK(outcome_of(forked) == outcome_of(executed));
    CHECK(forked.response.json().value("result", Json()) == executed.response.json().value("result", Json()));
  }
}

// What the kernel says of how a process is confined.
std::string confinement_of(pid_t pid) {
  const auto folder = "/proc/" + std::to_string(pid) + "/";
  std::string told;
  std::ifstream status(folder + "status");
  for (std::string line; std::getline(status, line);) {
    for (const std::string_view name :
         {"Name:", "Uid:", "Gid:", "Groups:", "SigBlk:", "SigIgn:", "SigCgt:", "CapEff:", "CapBnd:",
          "NoNewPrivs:", "Seccomp:", "Seccomp_filters:"}) {
      if (line.starts_with(name)) told += line + "\n";
    }
  }
  for (const auto* file : {"limits", "oom_score_adj", "environ"}) {
    std::ifstream text(folder + file);
    told.append(std::istreambuf_iterator<char>(text), {});
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder + "fd"))
    told += entry.path().filename().string() + " ";
  const auto process = harness::find_process(pid);
  told += "policy " + std::to_string(process->policy) + " nice " + std::to_string(process->nice);
  told += process->group == pid ? " leads a group" : " leads no group";
  return told;
}

TEST_CASE("a forked job is confined as an executed one is" * harness::NeedsRoot()) {
  const std::vector<std::string> flags{"--cruncher", CRUNCHER_PATH, "--spares",   "0",
                                       "--cpu",      "7s",          "--priority", "normal"};
  std::map<std::string, std::string> confined;
  for (const std::string start : {"exec", "fork"}) {
    auto own = flags;
    own.insert(own.end(), {"--start", start});
    const RunningServer server(own);
    auto job = start_job(server, "spin", {{"CPUTimeMs", 2000}});
    const auto pid = running_cruncher(server);
    // In its task it has the sandbox around it.
    REQUIRE(
        eventually(seconds(10), [&] { return harness::find_process(pid)->cpu_time > milliseconds(100); }));
    confined[start] = confinement_of(pid);
    CHECK(outcome_of(job.get()) == "200");
  }
  CHECK(confined["fork"] == confined["exec"]);
  CHECK(confined["fork"].find("Seccomp:\t2") != std::string::npos);
}

TEST_CASE("a program that cannot fork itself is refused at the start, in words that help") {
  for (const std::string program : {"/bin/true", "/bin/cat"}) {
    CAPTURE(program);
    const auto result = harness::run_command(
        {harness::cruncherd_path(), "--port", "0", "--start", "fork", "--cruncher", program}, "",
        seconds(60));
    CHECK(result.exit_code == 2);
    CHECK(result.err.find("--cruncher '" + program + "'") != std::string::npos);
    CHECK(result.err.find("--start fork") != std::string::npos);
  }
}

// Answers every order with this report and these descriptors, and starts nothing.
struct Lie {
  std::string pid;
  std::string error;
  std::string descriptors;

  std::string program() const {
    return "#!/usr/bin/env python3\n"
           "import os, socket, struct\n"
           "orders = socket.socket(fileno=0)\n"
           "pipe = os.pipe()[0]\n"
           "while orders.recv(1):\n"
           "    report = struct.pack('=iiqd16s', " +
           pid + ", " + error + ", 0, 0.0, b'')\n    socket.send_fds(orders, [report], " + descriptors +
           ")\n";
  }
};

std::vector<Lie> lies_about(pid_t bystander) {
  std::vector<Lie> lies;
  for (const std::string& pid :
       {std::string("0"), std::string("-1"), std::string("1"), std::string("os.getppid()"),
        std::string("os.getpid()"), std::to_string(bystander)}) {
    lies.push_back({pid, "0", "[pipe] * 3"});
    lies.push_back({pid, "0", "[pipe]"});
    lies.push_back({pid, "0", "[]"});
    lies.push_back({pid, "1", "[]"});
  }
  return lies;
}

TEST_CASE(
    "a fork server that names a process which is not its own is not believed, and nothing is killed for it") {
  const harness::TemporaryDirectory directory;
  const harness::StartedProcess bystander({.arguments = {"/bin/sleep", "600"}});
  for (const auto& lie : lies_about(bystander.pid())) {
    CAPTURE(lie.program());
    const auto program = directory.write("liar", lie.program(), true);
    const auto result = harness::run_command(
        {harness::cruncherd_path(), "--port", "0", "--start", "fork", "--cruncher", program}, "",
        seconds(60));
    CHECK(result.exit_code == 2);
    CHECK(result.err.find("--start fork") != std::string::npos);
    CHECK_FALSE(harness::is_dead(bystander.pid()));
  }
}

TEST_CASE("fork servers that begin to lie cost their jobs only, until honest ones are back") {
  const harness::TemporaryDirectory directory;
  const harness::StartedProcess bystander({.arguments = {"/bin/sleep", "600"}});
  const auto program = directory.copy(unruly_path(), "cruncher");
  const UnrulyServer server(forking({"--cruncher", program}));
  REQUIRE(works(server));
  const auto replace_fork_servers = [&] {  // all of its children, since it has no spares
    for (const auto& child : harness::children_of(server.pid())) ::kill(child.pid, SIGKILL);
  };
  for (const auto& lie : lies_about(bystander.pid())) {
    CAPTURE(lie.program());
    directory.write("cruncher", lie.program(), true);
    replace_fork_servers();
    CHECK(outcome_of(run_job(server, "nothing")) == "503 cannot_spawn");
    CHECK(HttpClient(server.port()).get("/").status == 200);
    CHECK_FALSE(harness::is_dead(bystander.pid()));
  }
  directory.copy(unruly_path(), "cruncher");
  replace_fork_servers();
  CHECK(eventually(seconds(10), [&] { return works(server); }));
  CHECK(has_no_children(server));
}

TEST_CASE("the fork server is for servers: a person who starts it is told so") {
  const auto result = harness::run_command({CRUNCHER_PATH, "--fork-server"}, "", seconds(10));
  CHECK(result.exit_code == 2);
  CHECK(result.err.find("SOCK_SEQPACKET") != std::string::npos);
}

TEST_CASE("a fork server that ends at the start says why in the sentence of the refusal") {
  const harness::TemporaryDirectory directory;
  const auto program = directory.write("cruncher", "#!/bin/sh\necho no module jsn >&2\nexit 1\n", true);
  const auto result =
      harness::run_command(forking({harness::cruncherd_path(), "--port", "0", "--cruncher", program}));
  CHECK(result.exit_code == 2);
  CAPTURE(result.err);
  CHECK(result.err.find("its stderr: \"no module jsn\"") != std::string::npos);
}

TEST_CASE("at SIGHUP fork servers are of the program's new version, and say in the log what they have to") {
  const harness::TemporaryDirectory directory;
  const auto program = directory.copy(unruly_path(), "unruly");
  UnrulyServer server(forking({"--running", "1", "--spares", "1", "--cruncher", program}));
  const auto before = program_inode(server);
  directory.remove("unruly");
  directory.copy(unruly_path(), "real");
  directory.write("unruly", "#!/bin/sh\necho here I am >&2\nexec \"$(dirname \"$0\")/real\" \"$@\"\n", true);
  auto slow = start_job(server, "sleep", {{"ms", 1500}});
  REQUIRE(eventually(seconds(5), [&] { return !harness::children_of(server.pid()).empty(); }));
  server.signal(SIGHUP);
  CHECK(server.logs("its processes are started anew"));
  CHECK(outcome_of(slow.get()) == "200");  // it has been the old one's
  CHECK(eventually(seconds(5), [&] { return program_inode(server) != before; }));
  CHECK(program_inode(server) != before);
  CHECK(server.logs("here I am"));
}

}  // namespace
}  // namespace end_to_end
