// Clients that leave: their jobs die wherever they are, and those behind them move up.

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>

#include "tests/end_to_end/job.h"
#include "tests/harness/process_table.h"
#include "tests/harness/temporary_directory.h"

namespace end_to_end {
namespace {

using harness::at_most;

TEST_CASE("a running job dies when its client leaves, politely or not") {
  const UnrulyServer server({"--timeout", "10s", "--kill-grace", "200ms"});
  for (const bool politely : {true, false}) {
    CAPTURE(politely);
    HttpClient client(server.port());
    client.send_post("/tasks/loop", Json::object());
    const pid_t pid = running_cruncher(server);
    const Stopwatch watch;
    std::this_thread::sleep_for(seconds(1));  // the job's second of work
    if (politely) client.close();
    if (!politely) client.reset();
    milliseconds last_seen{0};
    // Who is not root leaves it the priority at which it dies.
    const milliseconds dying(::geteuid() == 0 ? 300 : 3000);
    CHECK(eventually(milliseconds(200) + at_most(dying), [&] {
      const auto info = harness::find_process(pid);
      if (info) last_seen = info->cpu_time;
      return !info;
    }));
    CHECK(last_seen < milliseconds(1300));
    CHECK(works(server));
  }
  CHECK(server.logs("499"));
  CHECK(server.logs(" abandoned id="));
  const auto metrics = HttpClient(server.port()).get("/metrics").body;
  const std::string sample = R"(cruncherd_job_cpu_seconds_total{mode="user",task="loop"} )";
  const auto at = metrics.find(sample);
  REQUIRE(at != std::string::npos);
  CHECK(std::stod(metrics.substr(at + sample.size())) > 0.5);
}

TEST_CASE("a queued job whose client left is never spawned, and those behind it move up") {
  const harness::TemporaryDirectory directory;
  const std::string gate = directory.path() / "gate", trace = directory.path() / "trace";
  const UnrulyServer server(
      {"--running", "1", "--waiting", "2", "--wait-timeout", "20s", "--timeout", "20s"});
  const auto is_full = [&] { return HttpClient(server.port()).get("/readyz").status == 503; };

  auto running = start_job(server, "await_file", {{"path", gate}});
  running_cruncher(server);
  HttpClient leaver(server.port());
  leaver.send_post("/tasks/touch", {{"path", trace}});
  auto behind = start_job(server, "echo", {{"place", "behind"}});
  REQUIRE(eventually(seconds(5), is_full));
  CHECK(outcome_of(run_job(server, "echo")) == "503 queue_full");

  leaver.reset();
  REQUIRE(eventually(seconds(5), [&] { return !is_full(); }));
  auto newcomer = start_job(server, "echo", {{"place", "newcomer"}});
  directory.write("gate", "");
  CHECK(outcome_of(running.get()) == "200");
  CHECK(behind.get().response.json().at("result").at("place") == "behind");
  CHECK(newcomer.get().response.json().at("result").at("place") == "newcomer");
  CHECK_FALSE(std::filesystem::exists(trace));
  CHECK(has_no_children(server));
}

TEST_CASE("a client that left between two pipelined requests takes the first one's job with it") {
  const UnrulyServer server({"--timeout", "20s", "--kill-grace", "200ms"});
  HttpClient client(server.port());
  client.send_post("/tasks/loop", Json::object());
  client.send_request("GET", "/");
  const pid_t pid = running_cruncher(server);
  client.reset();
  CHECK(eventually(seconds(2), [&] { return harness::is_gone(pid); }));
}

TEST_CASE("a crowd of clients that all leave costs the server nothing that lasts") {
  const UnrulyServer server({"--running", "2", "--waiting", "100", "--kill-grace", "200ms"});
  const auto before = harness::open_descriptors(server.pid());
  for (int round = 0; round < 3; ++round) {
    std::vector<HttpClient> crowd;
    for (int i = 0; i < 50; ++i) {
      crowd.emplace_back(server.port());
      crowd.back().send_post("/tasks/loop", Json::object());
    }
    REQUIRE(eventually(seconds(5), [&] { return harness::crunchers_of(server.pid()).size() == 2; }));
    for (auto& client : crowd) client.reset();
  }
  CHECK(has_no_children(server));
  CHECK(eventually(seconds(5), [&] { return harness::open_descriptors(server.pid()) <= before; }));
  CHECK(works(server));
}

}  // namespace
}  // namespace end_to_end
