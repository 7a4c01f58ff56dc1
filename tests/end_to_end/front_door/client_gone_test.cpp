// A client that leaves takes its job along: running or queued, with FIN or RST, be there unread bytes of it
// or not.
#include <doctest/doctest.h>

#include <string>

#include "tests/harness/http_client.h"
#include "tests/harness/process_table.h"
#include "tests/harness/running_server.h"

using namespace std::chrono_literals;
using harness::at_most;
using harness::HttpClient;
using harness::RunningServer;

namespace {

const std::string kLongJob = "/non-blocking?CPUTimeMs=600000";
// `spin` ends on SIGTERM, so the way from the FIN to the last of the process is short.
constexpr auto kAtOnce = at_most(1000ms);

bool runs(const RunningServer& server, std::size_t crunchers) {
  return harness::eventually(10s, [&] { return server.processes_left().size() == crunchers; });
}

// A job's slot is free a moment after its answer, when its process is gone.
bool holds(const RunningServer& server, int running, int waiting) {
  return harness::eventually(5s, [&] {
    const auto status = HttpClient(server.port()).get("/status").json();
    return status.at("slots").at("running") == running && status.at("queue").at("waiting") == waiting;
  });
}

void leave(HttpClient& client, const std::string& how) {
  if (how == "with a FIN") client.close();
  if (how == "with half a FIN") client.half_close();
  if (how == "with a RST") client.reset();
}

}  // namespace

TEST_CASE("a running job dies when its client leaves, whatever it sent after its request") {
  RunningServer server({"--spares", "0", "--timeout", "10m"});
  HttpClient other(server.port());
  const std::string one_more = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  std::string thousands;
  for (int i = 0; i < 3000; ++i) thousands += one_more;

  for (const std::string how : {"with a FIN", "with half a FIN", "with a RST"}) {
    for (const std::string& after : {std::string(), std::string("GE"), one_more, thousands}) {
      CAPTURE(how);
      CAPTURE(after.size());
      HttpClient client(server.port());
      client.send_request("GET", kLongJob);
      REQUIRE(runs(server, 1));
      client.send(after);
      leave(client, how);
      harness::Stopwatch watch;
      CHECK(runs(server, 0));
      CHECK(watch.elapsed() < kAtOnce);
      CHECK(other.get("/").status == 200);
    }
  }
}

TEST_CASE("a client that left before its job began costs no process for long") {
  RunningServer server({"--spares", "0", "--timeout", "10m"});
  for (int round = 0; round < 50; ++round) {
    HttpClient client(server.port());
    client.send_request("GET", kLongJob);
    round % 2 ? client.reset() : client.close();
  }
  HttpClient other(server.port());
  CHECK(other.get("/non-blocking?CPUTimeMs=0").status == 200);
  CHECK(runs(server, 0));
}

TEST_CASE("a queued job dies when its client leaves, and its place in the queue is free at once") {
  RunningServer server(
      {"--spares", "0", "--running", "1", "--waiting", "1", "--timeout", "10m", "--wait-timeout", "10m"});
  for (const std::string how : {"with a FIN", "with half a FIN", "with a RST"}) {
    CAPTURE(how);
    REQUIRE(holds(server, 0, 0));
    HttpClient runner(server.port());
    runner.send_request("GET", kLongJob);
    REQUIRE(holds(server, 1, 0));
    REQUIRE(runs(server, 1));

    const auto queue_is_full = [&] { return HttpClient(server.port()).get("/readyz").status == 503; };
    HttpClient waiter(server.port());
    waiter.send_request("GET", kLongJob);
    REQUIRE(harness::eventually(5s, queue_is_full));
    waiter.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    leave(waiter, how);
    harness::Stopwatch watch;
    CHECK(harness::eventually(5s, [&] { return !queue_is_full(); }));
    CHECK(watch.elapsed() < kAtOnce);

    // Nothing of the waiter is left to begin when the runner's slot is free.
    runner.close();
    REQUIRE(runs(server, 0));
    CHECK(HttpClient(server.port()).get("/non-blocking?CPUTimeMs=0").status == 200);
  }
}

TEST_CASE("a client that waits in silence keeps its job") {
  RunningServer server({"--idle-timeout", "300ms"});
  HttpClient client(server.port());
  CHECK(client.get("/non-blocking?CPUTimeMs=1000").status == 200);
}
