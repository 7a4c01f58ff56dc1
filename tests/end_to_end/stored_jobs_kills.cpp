// What a stored job survives: the server's end by violence, at any moment.

#include <doctest/doctest.h>
#include <signal.h>

#include <map>
#include <random>
#include <set>
#include <thread>

#include "tests/end_to_end/stored_job.h"
#include "tests/harness/command.h"

namespace end_to_end {
namespace {

int from_environment(const char* name, int otherwise) {
  const auto* text = std::getenv(name);
  return text ? std::atoi(text) : otherwise;
}

#ifdef SANITIZED
constexpr int kKills = 30;
#else
constexpr int kKills = 200;
#endif
constexpr int kClients = 4;

// Submits, as a client that gives up, tries again and never asks twice for the same.
class Client {
 public:
  Client(int number, unsigned seed) : number_(number), random_(seed) {}

  void submit_one(HttpClient& http) {
    const auto response = submit(http, "echo", params(next_), {{"Idempotency-Key", name_of(next_)}});
    if (response.status != 202) {
      refusals_.push_back(response.body);
      return;
    }
    accepted_[next_++] = response.json()["id"];
  }

  // In bursts, so that some moments find the server at work on jobs alone.
  void submit_until_gone(std::uint16_t port) try {
    HttpClient http(port);
    for (;;) {
      submit_one(http);
      if (up_to(5) == 0) std::this_thread::sleep_for(milliseconds(up_to(200)));
    }
  } catch (const std::exception&) {
  }

  const std::map<int, std::string>& accepted() const { return accepted_; }
  const std::vector<std::string>& refusals() const { return refusals_; }
  std::string name_of(int job) const { return std::to_string(number_) + "-" + std::to_string(job); }

 private:
  int up_to(int most) { return std::uniform_int_distribution<>(0, most)(random_); }

  // Some are long: they and their results are files of their own.
  Json params(int job) const {
    return {{"name", name_of(job)}, {"text", std::string(job % 7 == 0 ? 70'000 : 10, 'x')}};
  }

  int number_;
  std::mt19937 random_;
  std::map<int, std::string> accepted_;  // ids, by the job's number
  std::vector<std::string> refusals_;    // none, since only the end of its server may refuse a job
  int next_ = 0;
};

TEST_CASE("killed at random moments under load, the server loses nothing that it has accepted") {
  const harness::TemporaryDirectory folder;
  const auto seed = static_cast<unsigned>(from_environment("CRUNCHER_SEED", 1));
  CAPTURE(seed);
  std::mt19937 random(seed);
  const std::vector<std::string> flags{"--retries", "1000", "--running", "3", "--spares", "0"};
  std::vector<Client> clients;
  for (int i = 0; i < kClients; ++i) clients.emplace_back(i, random());
  for (int kills = from_environment("CRUNCHER_KILLS", kKills); kills > 0; --kills) {
    StoringServer server(folder, flags);
    std::vector<std::thread> load;
    for (auto& client : clients)
      load.emplace_back([&client, port = server.port()] { client.submit_until_gone(port); });
    std::this_thread::sleep_for(
        std::chrono::microseconds(std::uniform_int_distribution<>(0, 300'000)(random)));
    server.signal(SIGKILL);
    for (auto& thread : load) thread.join();
    REQUIRE(server.wait_for_end(seconds(5)));
  }
  StoringServer server(folder, flags);
  std::set<std::string> ids;
  for (auto& client : clients) {
    HttpClient http(server.port());
    client.submit_one(http);  // it may be stored already, without a word to the client
    CHECK(client.refusals() == std::vector<std::string>());
    REQUIRE(client.accepted().size() > 20);
    for (const auto& [number, id] : client.accepted()) {
      const auto name = client.name_of(number);
      CAPTURE(name);
      CHECK(ids.insert(id).second);
      REQUIRE(end_of(server, id, seconds(120)) == "done");
      REQUIRE(result_of(server, id).json()["result"]["name"] == name);
    }
  }
  MESSAGE(ids.size() << " jobs were accepted");
  CHECK(server.stop() == 0);
  const auto check = harness::run_command(
      {harness::cruncherd_path(), "--check-jobs", (folder.path() / "jobs").string()}, "", seconds(60));
  CHECK(check.exit_code == 0);
  CHECK(check.out.find(std::to_string(ids.size()) + " done, and all is well") != std::string::npos);
}

}  // namespace
}  // namespace end_to_end
