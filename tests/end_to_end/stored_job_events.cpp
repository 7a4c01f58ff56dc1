// Server-Sent Events: what becomes of a job, as it does.

#include <poll.h>

#include <doctest/doctest.h>

#include <chrono>
#include <sstream>
#include <thread>
#include <vector>

#include "tests/end_to_end/stored_job.h"
#include "tests/harness/open_files.h"
#include "tests/harness/process_table.h"
#include "tests/harness/sanitized.h"

namespace end_to_end {
namespace {

using harness::TemporaryDirectory;

struct Event {
  std::string name, id;
  Json data;
};

std::vector<Event> events_in(const std::string& text) {
  std::vector<Event> events;
  Event event;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("event: ")) event.name = line.substr(7);
    if (line.starts_with("id: ")) event.id = line.substr(4);
    if (line.starts_with("data: ")) event.data = Json::parse(line.substr(6));
    if (line.empty() && !event.name.empty()) events.push_back(std::exchange(event, {}));
  }
  return events;
}

std::vector<std::string> names_of(const std::vector<Event>& events, const std::string& but = "") {
  std::vector<std::string> names;
  for (const auto& event : events)
    if (event.name != but) names.push_back(event.name);
  return names;
}

struct Watching {
  TemporaryDirectory folder;
  UnrulyServer server{{"--jobs-dir", folder.path() / "jobs", "--running", "2"}};
  std::string gate = folder.path() / "gate";

  // A job that runs until the gate is there.
  std::string waiting_job() {
    const auto id = submitted(server, "await_file", {{"path", gate}});
    REQUIRE(becomes(server, id, "running"));
    return id;
  }
};

TEST_CASE("a watcher is told the state, the progress, the lines of stderr and the end") {
  Watching there;
  const auto id = there.waiting_job();
  HttpClient watcher(there.server.port());
  watcher.send_request("GET", "/jobs/" + id + "/events");
  there.folder.write("gate", "");
  const auto response = watcher.read_response();
  CHECK(response.status == 200);
  CHECK(response.field("Content-Type") == "text/event-stream");
  const auto events = events_in(response.body);
  CHECK(names_of(events) == std::vector<std::string>{"state", "done"});
  CHECK(events.front().data["state"] == "running");
  CHECK(events.back().data["state"] == "done");
  CHECK(events.back().data["result"] == "/jobs/" + id + "/result");

  HttpClient late(there.server.port());
  const auto after = late.get("/jobs/" + id + "/events");
  CHECK(names_of(events_in(after.body)) == std::vector<std::string>{"done"});
  CHECK(late.get("/jobs/" + id + "/events", {{"Last-Event-ID", events.back().id}}).status == 204);
}

TEST_CASE("a job whose client watches it gives progress and its result, and is not stored") {
  Watching there;
  HttpClient client(there.server.port());
  const auto response =
      client.post("/tasks/report_progress", {{"lines", 400}}, {{"Accept", "text/event-stream"}});
  CHECK(response.status == 200);
  const auto events = events_in(response.body);
  REQUIRE(events.size() >= 3);
  CHECK(events.front().name == "state");
  CHECK(events[events.size() - 2].name == "progress");
  double last = -1;
  for (const auto& event : events)
    if (event.name == "progress") {
      CHECK(event.data["progress"] > last);
      last = event.data["progress"];
    }
  CHECK(events.size() < 100);  // the newest, not each of 400
  CHECK(events.back().name == "done");
  CHECK(events.back().data["status"] == 200);
  CHECK(events.back().data["content"].contains("result"));
  CHECK(client.get("/jobs").json()["jobs"].empty());
  CHECK(client.post("/tasks/fail", {{"code", 1}, {"message", "no"}}, {{"Accept", "text/event-stream"}})
            .body.find("\"status\":500") != std::string::npos);
  const auto wrong = client.post("/tasks/sleep", {{"ms", "x"}}, {{"Accept", "text/event-stream"}});
  CHECK(outcome_of(wrong) == "422 invalid_params");
}

TEST_CASE("a command whose client watches it gives its lines and its output, as text where that is one") {
  TemporaryDirectory settings;
  const auto file = settings.write("commands.toml", R"(
[task.sh]
exec = "sh"
answers = "text/plain"
[task.stream]
exec = "sh"
stream = true
)");
  RunningServer server({"--config", file});
  const auto events_of = [&](const std::string& task, const std::string& script) {
    HttpClient client(server.port());
    const auto response = client.request(
        "POST", "/tasks/" + task, {{"Accept", "text/event-stream"}, {"Content-Type", "text/plain"}}, script);
    CHECK(response.field("Content-Type") == "text/event-stream");
    return events_in(response.body);
  };
  for (const std::string task : {"sh", "stream"}) {
    CAPTURE(task);
    const auto events = events_of(task, "echo one >&2; sleep 0.2; echo 'a \"word\"'");
    REQUIRE(events.size() >= 3);
    CHECK(events.at(events.size() - 2).data["line"] == "one");
    CHECK(events.back().name == "done");
    CHECK(events.back().data["status"] == 200);
    CHECK(events.back().data["content"] == "a \"word\"\n");
  }
  const auto bytes = events_of("sh", "printf '\\377\\376'").back().data;
  CHECK(bytes["contentEncoding"] == "base64");
  CHECK(bytes["content"] == "//4=");
  const auto many = events_of("sh", "head -c 2000000 /dev/zero").back().data;
  CHECK(many["content"].is_null());
  CHECK(many["size"] == 2'000'000);
  const auto failed = events_of("sh", "echo broken >&2; exit 3").back().data;
  CHECK(failed["status"] == 500);
  CHECK(failed["content"]["reason"] == "task_failed");
  CHECK(std::string(failed["content"]["detail"]).find("broken") != std::string::npos);
}

TEST_CASE("a watcher of a silent job is sent a comment before anybody takes the connection for dead") {
  Watching there;
  const auto id = there.waiting_job();
  HttpClient watcher(there.server.port());
  watcher.send_request("GET", "/jobs/" + id + "/events");
  std::this_thread::sleep_for(std::chrono::seconds(16));
  there.folder.write("gate", "");
  CHECK(watcher.read_response().body.find("\n:\n\n") != std::string::npos);
}

TEST_CASE("the lines of stderr come as they are written, the last of many") {
  Watching there;
  HttpClient client(there.server.port());
  const auto response =
      client.post("/tasks/flood_stderr", {{"megabytes", 1}}, {{"Accept", "text/event-stream"}});
  const auto events = events_in(response.body);
  std::size_t bytes = 0;
  for (const auto& event : events)
    if (event.name == "log") bytes += event.data["line"].get<std::string>().size();
  CHECK(bytes > 0);
  CHECK(response.body.size() < 2'000'000);
  CHECK(events.back().name == "done");
}

TEST_CASE("the client leaves: its job dies with it, a stored one goes on") {
  Watching there;
  HttpClient client(there.server.port());
  client.send_post("/tasks/loop", Json::object(), {{"Accept", "text/event-stream"}});
  const auto pid = running_cruncher(there.server);
  CHECK(pid > 0);
  client.close();
  CHECK(has_no_children(there.server));

  const auto id = there.waiting_job();
  HttpClient watcher(there.server.port());
  watcher.send_request("GET", "/jobs/" + id + "/events");
  watcher.close();
  CHECK(works(there.server));
  there.folder.write("gate", "");
  CHECK(end_of(there.server, id) == "done");
}

TEST_CASE("a watcher that comes back is told what is new since the last event that it saw") {
  Watching there;
  const auto id = submitted(there.server, "loop");
  REQUIRE(becomes(there.server, id, "running"));
  HttpClient watcher(there.server.port());
  watcher.send_request("GET", "/jobs/" + id + "/events", {{"Last-Event-ID", "99999999999999"}});
  HttpClient(there.server.port()).request("DELETE", "/jobs/" + id);
  const auto events = events_in(watcher.read_response().body);
  CHECK(names_of(events) == std::vector<std::string>{"done"});
  CHECK(events.back().data["state"] == "cancelled");
}

TEST_CASE("2,000 watchers cost little memory and no thread") {
  REQUIRE(harness::allow_open_files(2200));
  TemporaryDirectory folder;
  UnrulyServer server({"--jobs-dir", folder.path() / "jobs", "--running", "2", "--max-connections", "3000",
                       "--max-connections-per-ip", "0"});
  const auto id = submitted(server, "loop");
  REQUIRE(becomes(server, id, "running"));
  const auto resident = [&] {
    return HttpClient(server.port()).get("/status").json()["server"]["rss_kib"].get<long>();
  };
  const auto threads = [&] {
    return std::distance(
        std::filesystem::directory_iterator("/proc/" + std::to_string(server.pid()) + "/task"), {});
  };
  const auto memory_before = resident();
  const auto threads_before = threads();
  std::vector<HttpClient> watchers;
  for (int i = 0; i < 2000; ++i) {
    watchers.emplace_back(server.port());
    watchers.back().send_request("GET", "/jobs/" + id + "/events");
    // One by one: what many requests at once take besides is no watcher's.
    pollfd event{watchers.back().descriptor(), POLLIN, 0};
    REQUIRE(::poll(&event, 1, 5000) == 1);
  }
  CHECK(works(server));
  const auto each = (resident() - memory_before) / 2000.0;
  MESSAGE("KiB of a watcher: " << each);
  if (!harness::kSanitized) CHECK(each < 8);
  CHECK(threads() == threads_before);
  HttpClient(server.port()).request("DELETE", "/jobs/" + id);
  int told = 0;
  for (auto& watcher : watchers)
    told += watcher.read_response().body.find("event: done") != std::string::npos;
  CHECK(told == 2000);
}

}  // namespace
}  // namespace end_to_end
