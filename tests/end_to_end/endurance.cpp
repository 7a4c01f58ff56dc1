// Thousands of jobs, decent and not: every client gets exactly its own answer, and nothing is lost on the
// way. CRUNCHER_TEST_JOBS or CRUNCHER_TEST_MINUTES set how many, or for how long; CRUNCHER_TEST_SEED which.

#include <doctest/doctest.h>
#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <random>

#include "tests/end_to_end/job.h"
#include "tests/harness/process_table.h"
#include "tests/harness/temporary_directory.h"

namespace end_to_end {
namespace {

using harness::kSanitized;

long number_from_environment(const char* name, long otherwise) {
  const char* const text = std::getenv(name);
  return text ? std::atol(text) : otherwise;
}

struct Possessions {
  std::size_t descriptors;
  std::size_t memory_kib;
};

// What the server has when nothing runs.
Possessions possessions(const RunningServer& server, std::size_t spares) {
  const bool settled = eventually(seconds(10), [&] {
    const auto children = harness::crunchers_of(server.pid());
    return children.size() == spares && harness::zombie_children_of(server.pid()) == 0;
  });
  CHECK(settled);
  for (const auto& child : harness::descendants_of(server.pid())) {
    if (!settled)
      MESSAGE(child.name << " " << child.pid << " of " << child.parent << " is in state " << child.state);
  }
  return {harness::open_descriptors(server.pid()), harness::private_memory_kib(server.pid())};
}

void check_flat(const RunningServer& server, const Possessions& before, const Possessions& after) {
  MESSAGE("descriptors " << before.descriptors << " -> " << after.descriptors << ", private memory "
                         << before.memory_kib << " -> " << after.memory_kib << " KiB");
  // The pipes of the last process are closed a moment after it is reaped.
  CHECK(
      eventually(seconds(1), [&] { return harness::open_descriptors(server.pid()) <= before.descriptors; }));
  if (!kSanitized)
    CHECK(after.memory_kib <= before.memory_kib + 1024);  // a sanitizer keeps freed memory for a while
}

TEST_CASE("five thousand jobs one after another leave no zombie, no descriptor and no memory behind") {
  const RunningServer server({"--spares", "1", "--priority", "normal"});
  HttpClient client(server.port());
  Possessions settled{};
  for (int i = 0; i < 5000; ++i) {
    if (i == 500) settled = possessions(server, 1);
    const auto response = client.post("/tasks/primes", {{"limit", 100}});
    REQUIRE(response.status == 200);
    REQUIRE(response.json().at("result").at("count") == 25);
  }
  check_flat(server, settled, possessions(server, 1));
}

struct Misdeed {
  std::string task;
  Json params;
  std::string outcome;
};

const std::vector<Misdeed>& misdeeds() {
  static const std::vector<Misdeed> all = {
      {"die", {{"signal", SIGSEGV}}, "502 crashed"},
      {"die", {{"signal", SIGKILL}}, "502 memory_limit"},
      {"quit", {{"code", 0}}, "502 crashed"},
      {"quit", {{"code", 77}}, "502 crashed"},
      {"loop", Json::object(), "504 deadline_exceeded"},
      {"ignore_term", Json::object(), "504 deadline_exceeded"},
      {"stop_itself", Json::object(), "504 deadline_exceeded"},
      {"escape_session", Json::object(), "504 deadline_exceeded"},
      {"leave_child", {{"answer", true}}, "200"},
      {"leave_daemon", {{"answer", true}}, "200"},
      {"fork_bomb", {{"generations", 3}, {"escape", true}, {"answer", true}}, "200"},
      {"answer_and_stay", Json::object(), "200"},
      {"answer_twice", Json::object(), "502 bad_reply"},
      {"answer_other_id", Json::object(), "502 bad_reply"},
      {"half_line", Json::object(), "502 bad_reply"},
      {"not_json", Json::object(), "502 bad_reply"},
      {"invalid_utf8", Json::object(), "502 bad_reply"},
      {"deep_json", {{"depth", 10'000}}, "502 bad_reply"},
      {"flood_stderr", {{"megabytes", 1}}, "200"},
      {"flood_stdout", {{"megabytes", 5}}, "502 reply_too_large"},
      {"huge_answer", {{"bytes", 5'000'000}}, "502 reply_too_large"},
      {"eat_memory", {{"says_so", true}}, "502 memory_limit"},
  };
  return all;
}

// One client's share of the jobs. What went wrong is told in words, since only the main thread may judge.
class Customer {
 public:
  Customer(const RunningServer& server, int number, unsigned seed)
      : server_(server), number_(number), random_(seed), client_(server.port(), seconds(60)) {}

  void run_one_job() {
    ++jobs_;
    switch (random_() % 18) {
      case 0:
        return leave();
      case 1:
      case 2:
      case 3:
      case 4:
      case 5:
        return misbehave();
      default:
        return behave();
    }
  }

  const std::vector<std::string>& complaints() const { return complaints_; }

 private:
  Json own_params() { return {{"customer", number_}, {"job", jobs_}, {"noise", random_()}}; }

  void behave() {
    const Json params = own_params();
    const auto response = client_.post("/tasks/echo", params);
    if (response.status != 200 || response.json().at("result") != params) complain("echo", response);
  }

  void misbehave() {
    const auto& misdeed = misdeeds()[random_() % misdeeds().size()];
    const auto response = client_.post("/tasks/" + misdeed.task, misdeed.params);
    if (outcome_of(response) != misdeed.outcome) complain(misdeed.task, response);
  }

  void leave() {
    HttpClient leaver(server_.port());
    leaver.send_post("/tasks/sleep", {{"ms", 100}});
    std::this_thread::sleep_for(milliseconds(random_() % 20));
    leaver.reset();
  }

  void complain(const std::string& task, const HttpResponse& response) {
    complaints_.push_back(task + " got " + std::to_string(response.status) + " " +
                          response.body.substr(0, 300));
  }

  const RunningServer& server_;
  int number_;
  int jobs_ = 0;
  std::mt19937 random_;
  HttpClient client_;
  std::vector<std::string> complaints_;
};

// The complaints of all customers, after `jobs` jobs or at `end`, whichever is later; `jobs` is how many
// there were then.
std::vector<std::string> serve_customers(const RunningServer& server, int customers, long& jobs,
                                         Clock::time_point end, unsigned seed) {
  std::atomic<long> left = jobs;
  std::vector<std::future<std::vector<std::string>>> working;
  for (int number = 0; number < customers; ++number) {
    working.push_back(std::async(std::launch::async, [&, number] {
      Customer customer(server, number, seed + number);
      while (left-- > 0 || Clock::now() < end) customer.run_one_job();
      return customer.complaints();
    }));
  }
  std::vector<std::string> complaints;
  for (auto& customer : working) {
    for (auto& complaint : customer.get()) complaints.push_back(std::move(complaint));
  }
  jobs -= left + customers;
  return complaints;
}

TEST_CASE(
    "among jobs of which a third misbehave, every client gets its own answer and the server loses nothing") {
  long jobs = number_from_environment("CRUNCHER_TEST_JOBS", 2000);
  const auto minutes = std::chrono::minutes(number_from_environment("CRUNCHER_TEST_MINUTES", 0));
  const auto seed = static_cast<unsigned>(number_from_environment("CRUNCHER_TEST_SEED", 20'240'229));
  CAPTURE(seed);
  const harness::TemporaryDirectory directory;
  std::string config = "timeout = \"60s\"\n";
  for (const auto& misdeed : misdeeds()) {
    const bool never_ends = misdeed.outcome == "504 deadline_exceeded";
    if (never_ends) config += "[task." + misdeed.task + "]\ntimeout = \"300ms\"\n";
  }
  // glibc keeps what was freed at the end of its heap, up to twice the largest block that ever was: here it
  // gives it back at once, so that what grows is the server's own.
  const RunningServer::Launch launch{.environment = {{"MALLOC_TRIM_THRESHOLD_", "131072"}}};
  const UnrulyServer server(
      {"--config", directory.write("cruncherd.conf", config), "--running", "4", "--spares", "2", "--waiting",
       "64", "--wait-timeout", "60s", "--kill-grace", "100ms", "--max-reply", "1MiB", "--memory", "64MiB"},
      launch);
  long practice = std::max(jobs / 4, 200L);
  const auto warm_up = serve_customers(server, 8, practice, Clock::now(), seed + 1000);
  CHECK(warm_up == std::vector<std::string>{});
  const auto before = possessions(server, 2);
  const auto complaints = serve_customers(server, 8, jobs, Clock::now() + minutes, seed);
  CHECK(complaints.size() == 0);
  for (const auto& complaint : complaints) MESSAGE(complaint);
  MESSAGE(jobs << " jobs");
  check_flat(server, before, possessions(server, 2));
  CHECK(server.processes_left().size() == 2);
  CHECK(works(server));
}

}  // namespace
}  // namespace end_to_end
