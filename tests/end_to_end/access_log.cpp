// The log: what a line says, where it goes, and that nobody waits for it.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "server/loop/unique_fd.h"
#include "tests/end_to_end/job.h"
#include "tests/harness/started_process.h"
#include "tests/harness/temporary_directory.h"

namespace end_to_end {
namespace {

using harness::at_most;
using harness::StartedProcess;

std::string read_file(const std::filesystem::path& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// The port of the line that says so, which must be there.
std::uint16_t port_in(const std::string& log) {
  constexpr std::string_view kMark = "listening on http://127.0.0.1:";
  return static_cast<std::uint16_t>(std::stoul(log.substr(log.find(kMark) + kMark.size())));
}

HttpClient client_of_server_that_logs_to(const std::filesystem::path& file) {
  REQUIRE(
      eventually(seconds(20), [&] { return read_file(file).find("listening on ") != std::string::npos; }));
  return HttpClient(port_in(read_file(file)));
}

bool request_is_logged(HttpClient& client, const char* id, const std::filesystem::path& file) {
  client.request("GET", "/", {{"X-Request-Id", id}});
  return eventually(seconds(2), [&] { return read_file(file).find(id) != std::string::npos; });
}

// The line of the log that has `text`, as JSON.
Json line_with(const RunningServer& server, const std::string& text) {
  REQUIRE(server.logs(text));
  eventually(seconds(2),
             [&] { return server.log().find('\n', server.log().find(text)) != std::string::npos; });
  const auto log = server.log();
  const auto start = log.rfind('\n', log.find(text)) + 1;
  return Json::parse(log.substr(start, log.find('\n', start) - start));
}

TEST_CASE("a line in JSON says who asked for what, and what it took") {
  const UnrulyServer server({"--log-format", "json"});
  HttpClient client(server.port());
  CHECK(client.request("GET", "/healthz?secret=1", {{"X-Request-Id", "light-one"}}).status == 200);
  const auto light = line_with(server, "light-one");
  CHECK(light.at("method") == "GET");
  CHECK(light.at("path") == "/healthz");
  CHECK(light.at("status") == 200);
  CHECK(light.at("bytes") > 0);
  CHECK(light.contains("time"));
  CHECK(light.contains("total_ms"));
  CHECK_FALSE(light.contains("pid"));

  // More than is asked for below: what a process has used before its job counts as CPU time, but not as run
  // time.
  CHECK(client.post("/tasks/burn", {{"ms", 150}}, {{"X-Request-Id", "heavy-one"}}).status == 200);
  const auto heavy = line_with(server, "heavy-one");
  CHECK(heavy.at("pid") != server.pid());
  CHECK(heavy.at("user_ms").get<double>() + heavy.at("system_ms").get<double>() >= 50);
  CHECK(heavy.at("run_ms") >= 50);
  CHECK(heavy.contains("wait_ms"));
  CHECK_FALSE(heavy.contains("reply"));
  CHECK(server.log().find("secret") == std::string::npos);
}

TEST_CASE("--log-replies logs the JSON that was returned, cut at 1 KiB") {
  const UnrulyServer server({"--log-replies", "--log-format", "json"});
  HttpClient client(server.port());
  client.post("/tasks/echo", {{"word", "found again"}}, {{"X-Request-Id", "short-one"}});
  CHECK(line_with(server, "short-one").at("reply").get<std::string>().find("found again") !=
        std::string::npos);
  client.post("/tasks/echo", {{"word", std::string(5000, 'x')}}, {{"X-Request-Id", "long-one"}});
  CHECK(line_with(server, "long-one").at("reply").get<std::string>().size() == 1024);
}

TEST_CASE("a line in JSON has no reason where nothing went wrong, and the level's name is the flag's") {
  const UnrulyServer server({"--log-format", "json"});
  HttpClient client(server.port());
  client.get("/", {{"X-Request-Id", "fine"}});
  CHECK_FALSE(line_with(server, "fine").contains("reason"));
  client.get("/nonesuch", {{"X-Request-Id", "wrong"}});
  CHECK(line_with(server, "wrong").at("reason") == "unknown_route");
}

TEST_CASE("--log-level warn leaves out what is only told") {
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  const harness::TemporaryDirectory directory;
  const std::string socket = directory.path() / "socket";
  StartedProcess server({.arguments = {harness::cruncherd_path(), "--unix-socket", socket, "--log-level",
                                       "warn", "--drain-timeout", "0s"},
                         .output = ends[1]});
  close(ends[1]);
  REQUIRE(eventually(seconds(20), [&] { return std::filesystem::exists(socket); }));
  server.signal(SIGTERM);
  REQUIRE(server.wait_for_end(seconds(10)));
  std::string log(4096, ' ');
  log.resize(static_cast<std::size_t>(std::max<ssize_t>(0, read(ends[0], log.data(), log.size()))));
  CHECK(log.find("info") == std::string::npos);
  close(ends[0]);
}

TEST_CASE("--log-file is opened anew at SIGHUP, after its rotation") {
  const harness::TemporaryDirectory directory;
  const auto file = directory.path() / "log", rotated = directory.path() / "log.1";
  StartedProcess server({.arguments = {harness::cruncherd_path(), "--port", "0", "--log-file", file}});
  auto client = client_of_server_that_logs_to(file);
  const auto is_logged = [&](const std::filesystem::path& where, const char* id) {
    return request_is_logged(client, id, where);
  };
  CHECK(is_logged(file, "before"));
  std::filesystem::rename(file, rotated);
  CHECK(is_logged(rotated, "renamed"));
  server.signal(SIGHUP);
  REQUIRE(eventually(seconds(2), [&] {
    client.request("GET", "/");  // the file is opened for the next line
    return std::filesystem::exists(file);
  }));
  CHECK(is_logged(file, "after"));
  CHECK(read_file(rotated).find("after") == std::string::npos);
}

TEST_CASE("an answer that is thrown away for want of room is one request, with the answer that it got") {
  const UnrulyServer server({"--max-buffered", "1MiB"});
  const auto answer = run_job(server, "huge_answer", {{"bytes", 2'000'000}}, {{"X-Request-Id", "too-much"}});
  CHECK(outcome_of(answer) == "503 buffers_full");
  CHECK(answer.response.field("X-Request-Id") == "too-much");
  HttpClient client(server.port());
  CHECK(client.get("/", {{"X-Request-Id", "next"}}).status == 200);
  REQUIRE(server.logs("next"));
  const auto log = server.log();
  const auto at = log.find("id=too-much");
  REQUIRE(at != std::string::npos);
  CHECK(log.find("status=503 reason=buffers_full", at) < log.find('\n', at));
  CHECK(log.find("status=200 reason=- bytes=0") == std::string::npos);
  CHECK(log.find("buffers_full", log.find('\n', at)) == std::string::npos);
}

TEST_CASE(
    "a --log-file that cannot be opened anew is told once per SIGHUP, and tried again until it can be") {
  const harness::TemporaryDirectory directory;
  const auto folder = directory.path() / "logs", moved = directory.path() / "moved";
  const auto file = folder / "log", complaints = directory.path() / "stderr";
  std::filesystem::create_directory(folder);
  const loop::UniqueFd errors(open(complaints.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  StartedProcess server(
      {.arguments = {harness::cruncherd_path(), "--port", "0", "--log-file", file}, .errors = errors.get()});
  auto client = client_of_server_that_logs_to(file);
  const auto is_logged = [&](const std::filesystem::path& where, const char* id) {
    return request_is_logged(client, id, where);
  };
  const auto complaint = "cruncherd: --log-file '" + file.string() +
                         "' cannot be opened anew: No such file or directory; its lines go to the old file\n";
  std::filesystem::rename(folder, moved);
  const Stopwatch watch;
  server.signal(SIGHUP);
  REQUIRE(eventually(seconds(5),
                     [&] { return is_logged(moved / "log", "old") && !read_file(complaints).empty(); }));
  CHECK(is_logged(moved / "log", "old-again"));
  CHECK_FALSE(eventually(milliseconds(1500), [&] {  // a second try fails meanwhile
    client.request("GET", "/");
    return read_file(complaints) != complaint;
  }));
  server.signal(SIGHUP);
  REQUIRE(eventually(seconds(5), [&] {
    client.request("GET", "/");
    return read_file(complaints) == complaint + complaint;
  }));
  std::filesystem::create_directory(folder);
  REQUIRE(eventually(seconds(5), [&] {
    client.request("GET", "/");
    return std::filesystem::exists(file);
  }));
  CHECK(watch.elapsed() >= seconds(1));  // the least between two tries
  CHECK(is_logged(file, "renewed"));
  CHECK(read_file(moved / "log").find("renewed") == std::string::npos);
  CHECK(read_file(complaints) == complaint + complaint);
}

TEST_CASE("a stdout that nobody reads delays no request, and no end") {
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  StartedProcess server({.arguments = {harness::cruncherd_path(), "--port", "0"}, .output = ends[1]});
  close(ends[1]);
  std::string log;
  char chunk[4096];
  while (log.find("listening on ") == std::string::npos || log.back() != '\n') {
    const auto count = read(ends[0], chunk, sizeof chunk);
    REQUIRE(count > 0);
    log.append(chunk, static_cast<std::size_t>(count));
  }
  HttpClient client(port_in(log));
  const Stopwatch watch;
  for (int i = 0; i < 3000; ++i) {
    const Stopwatch one;
    REQUIRE(client.get("/").status == 200);
    CHECK(one.elapsed() < at_most(milliseconds(500)));
  }
  CHECK(watch.elapsed() < at_most(seconds(5)));
  client.close();
  server.signal(SIGTERM);
  CHECK(server.wait_for_end(at_most(seconds(5))).has_value());
  close(ends[0]);
}

}  // namespace
}  // namespace end_to_end
