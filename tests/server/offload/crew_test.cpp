#include "server/offload/crew.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>

#include <boost/asio/co_spawn.hpp>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "server/process/proc_file.h"
#include "tests/harness/sanitized.h"
#include "tests/harness/temporary_directory.h"

namespace offload {
namespace {

constexpr Milliseconds kLong{20000};

process::Program program_of(std::vector<std::string> argv, std::size_t spares = 0) {
  process::Program program;
  program.argv = std::move(argv);
  program.environment = {"PATH=/usr/bin:/bin"};
  program.limits.memory = 0;
  program.priority = process::Priority::normal;
  program.spares = spares;
  return program;
}

struct Fixture {
  explicit Fixture(process::Program program, Crew::Observers observers = {})
      : orphans(loop),
        admission(loop, 1, 0, Milliseconds{0}),
        crew(loop, orphans, std::move(program), std::move(observers), 1) {}

  // Runs the loop until it is done.
  template <typename Coroutine>
  void run(Coroutine coroutine) {
    bool done = false;
    asio::co_spawn(loop.get_executor(), coroutine(), [&done](std::exception_ptr error) {
      done = true;
      if (error) std::rethrow_exception(error);
    });
    run_until([&done] { return done; });
  }
  template <typename Condition>
  void run_until(Condition condition) {
    const auto late = Clock::now() + kLong;
    loop.restart();
    while (!condition() && Clock::now() < late) {
      loop.run_one_for(Milliseconds{20});
      loop.restart();
    }
    REQUIRE(condition());
  }

  Loop loop;
  process::Orphans orphans;
  Admission admission;
  Crew crew;
};

awaitable<std::unique_ptr<process::Process>> lend_one(Crew& crew) {
  auto lent = co_await crew.lend(Clock::now() + kLong);
  REQUIRE(std::holds_alternative<std::unique_ptr<process::Process>>(lent));
  co_return std::move(std::get<0>(lent));
}

TEST_CASE("a deadline that is past starts no process") {
  Fixture fixture(program_of({"/bin/cat"}));
  fixture.run([&]() -> awaitable<> {
    auto lent = co_await fixture.crew.lend(Clock::now());
    REQUIRE(std::holds_alternative<process::Failure>(lent));
    CHECK(std::get<process::Failure>(lent).reason == process::Reason::deadline_exceeded);
  });
  CHECK(fixture.crew.counts().started == 0);
  CHECK_FALSE(fixture.crew.busy());
}

// The children of this process that execute `name`.
std::vector<pid_t> running(const std::string& name) {
  std::vector<pid_t> found;
  for (const auto pid : process::children()) {
    std::string comm;
    std::getline(std::ifstream("/proc/" + std::to_string(pid) + "/comm"), comm);
    if (comm == name) found.push_back(pid);
  }
  return found;
}

TEST_CASE("a spare that is found dead is counted, and another process lent in its place" *
          doctest::skip(harness::kThreadSanitized)) {
  Fixture fixture(program_of({"/bin/cat"}, 1));
  fixture.crew.refill();
  fixture.run_until([&] { return fixture.crew.ready() == 1; });
  const auto spares = running("cat");
  REQUIRE(spares.size() == 1);
  ::kill(spares.front(), SIGKILL);
  siginfo_t end;  // of which the loop has not heard
  REQUIRE(::waitid(P_PID, static_cast<id_t>(spares.front()), &end, WEXITED | WNOWAIT) == 0);
  fixture.run([&]() -> awaitable<> {
    auto process = co_await lend_one(fixture.crew);
    CHECK_FALSE(process->ended());
    CHECK(process->pid() != spares.front());
    fixture.crew.give_back(std::move(process));
  });
  CHECK(fixture.crew.counts().spares_died == 1);
  fixture.crew.drain();
  fixture.run_until([&] { return !fixture.crew.busy(); });
  CHECK(running("cat").empty());
}

TEST_CASE("whoever is told of an abandoned job may throw: its slot is free, and the drain ends" *
          doctest::skip(harness::kThreadSanitized)) {
  bool told = false;
  Crew::Observers observers;
  observers.on_abandoned = [&told](const process::Abandoned&, const process::Usage&) {
    told = true;
    throw std::runtime_error("a full disk, say");
  };
  Fixture fixture(program_of({"/bin/cat"}), observers);
  fixture.run([&]() -> awaitable<> {
    auto process = co_await lend_one(fixture.crew);
    Leave leave;
    leave.abandoned.emplace();
    const process::Client client;
    auto slot = co_await fixture.admission.enter(Clock::now() + kLong, client);
    fixture.crew.give_back(std::move(process), std::move(std::get<Slot>(slot)), std::move(leave));
  });
  fixture.run_until([&] { return !fixture.crew.busy(); });
  CHECK(told);
  CHECK(fixture.admission.running() == 0);
  CHECK(running("cat").empty());
}

TEST_CASE("the first signal is sent once, and the grace counts from it" *
          doctest::skip(harness::kThreadSanitized)) {
  const harness::TemporaryDirectory directory;
  const auto path = (directory.path() / "signals").string();
  auto program = program_of(
      {"/bin/sh", "-c",
       "trap 'echo TERM >> " + path + "' TERM; echo ready; while :; do read line || sleep 0.01; done"});
  program.end.grace = Milliseconds{300};
  Fixture fixture(program);
  Clock::time_point asked;
  fixture.run([&]() -> awaitable<> {
    auto process = co_await lend_one(fixture.crew);
    while (!process->out().became_ready()) co_await process->event(Clock::now() + kLong);
    asked = Clock::now();
    process->ask_to_end(program.end);
    co_await process->event(asked + Milliseconds{200});
    fixture.crew.give_back(std::move(process));
  });
  fixture.run_until([&] { return !fixture.crew.busy(); });
  const auto took = Clock::now() - asked;
  CHECK(took >= program.end.grace);
  std::ifstream file(path);
  const std::string signals{std::istreambuf_iterator<char>(file), {}};
  CHECK(signals == "TERM\n");
}

}  // namespace
}  // namespace offload
