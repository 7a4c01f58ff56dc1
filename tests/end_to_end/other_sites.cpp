// Names that are not the server's, and pages that are not its own.

#include <doctest/doctest.h>

#include "tests/end_to_end/job.h"

namespace end_to_end {
namespace {

// One server for all the cases: none of them leaves a trace.
const RunningServer& server() {
  static const RunningServer running({"--priority", "normal"});
  return running;
}

TEST_CASE("a name that is none of the server's is refused on loopback, and one that is given is not") {
  const RunningServer named({"--allowed-host", "cruncher.example"});
  const auto status_for = [](const RunningServer& running, const char* host) {
    return outcome_of(HttpClient(running.port()).get("/healthz", {{"Host", host}}));
  };
  CHECK(status_for(server(), "evil.example") == "421 unknown_host");
  CHECK(status_for(server(), "127.0.0.1:80") == "200");
  CHECK(status_for(server(), "app.localhost") == "200");
  CHECK(status_for(named, "cruncher.example:8080") == "200");
  CHECK(status_for(named, "evil.example") == "421 unknown_host");
  const RunningServer reachable({"--host", "0.0.0.0", "--allowed-host", "cruncher.example"});
  CHECK(status_for(reachable, "evil.example") == "421 unknown_host");
  CHECK(outcome_of(HttpClient(server().port()).get("/healthz", {{"Host", ""}})) == "400 bad_request");
}

TEST_CASE("no page of another site has the server work") {
  HttpClient client(server().port());
  const Fields cross{{"Sec-Fetch-Site", "cross-site"}}, same{{"Sec-Fetch-Site", "same-origin"}},
      foreign{{"Origin", "https://evil.example"}};
  CHECK(outcome_of(client.get("/non-blocking?CPUTimeMs=0", cross)) == "403 cross_site");
  CHECK(outcome_of(client.post("/tasks/primes", {{"limit", 10}}, foreign)) == "403 cross_site");
  CHECK(outcome_of(client.get("/non-blocking?CPUTimeMs=0", same)) == "200");
  CHECK(outcome_of(client.get("/healthz", cross)) == "200");
}

TEST_CASE("no response is taken for another type or by another site, and only pages are kept") {
  HttpClient client(server().port());
  for (const auto* target : {"/", "/dashboard", "/status", "/nowhere", "/tasks/primes"}) {
    CAPTURE(std::string(target));
    const auto response = client.get(target);
    CHECK(response.field("X-Content-Type-Options") == "nosniff");
    CHECK(response.field("Cross-Origin-Resource-Policy") == "same-origin");
  }
  for (const auto* target : {"/status", "/readyz", "/metrics", "/nowhere", "/non-blocking?CPUTimeMs=0"})
    CHECK(client.get(target).field("Cache-Control") == "no-store");
  CHECK_FALSE(client.get("/").has("Cache-Control"));
  CHECK(client.request("BREW", "/").field("Cache-Control") == "no-store");
}
}  // namespace
}  // namespace end_to_end
