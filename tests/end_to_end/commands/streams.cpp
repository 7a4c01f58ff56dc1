// A command whose output goes to the client as it comes.

#include <doctest/doctest.h>

#include "tests/end_to_end/commands/command_server.h"
#include "tests/harness/process_table.h"

namespace end_to_end {
namespace {

constexpr char kStream[] = R"(
[task.sh]
exec = "sh"
stream = true
answers = "text/plain"
max_reply = "1GiB"
)";

TEST_CASE("a stream's bytes come as they are written, in chunks, and in full") {
  CommandServer server(kStream);
  auto client = server.client();
  const auto response = server.post("/tasks/sh", "echo one; sleep 0.1; echo two; yes | head -c 3000000");
  CHECK(response.status == 200);
  CHECK(response.field("Transfer-Encoding") == "chunked");
  CHECK(response.field("Content-Type") == "text/plain");
  CHECK(response.body.size() == 3'000'008);
  CHECK(response.body.starts_with("one\ntwo\ny\n"));
  client.send("POST /tasks/sh HTTP/1.0\r\nContent-Length: 14\r\n\r\necho one; pwd;");
  const auto old = client.read_to_end();
  CHECK(old.find("chunked") == std::string::npos);
  CHECK(old.find("\r\n\r\none\n/") != std::string::npos);
}

TEST_CASE("100 (Continue) comes before a stream's content, and the stream after it") {
  const CommandServer server(kStream);
  auto client = server.client();
  const std::string script = "echo one; echo two";
  const std::string head =
      "POST /tasks/sh HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nExpect: 100-continue\r\n";
  client.send(head + "Content-Length: " + std::to_string(script.size()) + "\r\n\r\n");
  CHECK(client.read_response().status == 100);
  client.send(script);
  const auto response = client.read_response();
  CHECK(response.status == 200);
  CHECK(response.body == "one\ntwo\n");
  client.send(head + "Transfer-Encoding: chunked\r\n\r\n");
  CHECK(client.read_response().status == 100);
  client.send("6\r\necho 3\r\n0\r\n\r\n");
  CHECK(client.read_response().body == "3\n");
  client.send(head + "Content-Length: 99999999\r\n\r\n");
  CHECK(client.read_response().status == 413);
}

TEST_CASE("requests behind a stream on its connection are answered after it, in their order") {
  const CommandServer server(kStream);
  auto client = server.client();
  const auto script = [](const std::string& text) {
    return "POST /tasks/sh HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: " +
           std::to_string(text.size()) + "\r\n\r\n" + text;
  };
  client.send(script("echo one; sleep 0.2; yes | head -c 300000") +
              "HEAD /tasks HTTP/1.1\r\nHost: a\r\n\r\n" + script("echo two") +
              "HEAD /tasks/sh HTTP/1.1\r\nHost: a\r\n\r\n" + script("exit 3") +
              "GET /tasks HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  CHECK(client.read_response().body.size() == 300'004);
  CHECK(client.read_response(true).status == 200);
  CHECK(client.read_response().body == "two\n");
  CHECK(client.read_response(true).field("Content-Type") == "application/json");
  CHECK(outcome_of(client.read_response()) == "500 task_failed");
  CHECK(client.read_response().field("Connection") == "close");
  CHECK(client.closed_by_server());
}

TEST_CASE("a stream whose client has left is ended, and the next one has its slot") {
  const CommandServer server(kStream, {"--running", "1"});
  auto client = server.client();
  client.send_request("POST", "/tasks/sh", {{"Content-Length", "25"}}, "echo one; exec sleep 1000");
  auto waiting = server.client();
  waiting.send_request("POST", "/tasks/sh", {{"Content-Length", "8"}}, "echo two");
  client.reset();
  CHECK(waiting.read_response().body == "two\n");
}

TEST_CASE("a stream without a byte is an empty response") {
  CommandServer server(kStream);
  const auto response = server.post("/tasks/sh", "exit 0");
  CHECK(response.status == 200);
  CHECK(response.body.empty());
}

TEST_CASE("a stream that fails behind its first byte is broken off, and the log says why") {
  CommandServer server(kStream);
  auto client = server.client();
  client.send_request("POST", "/tasks/sh", {{"Content-Length", "19"}}, "echo begun; exit 77");
  const auto text = client.read_to_end();
  CHECK(text.starts_with("HTTP/1.1 200 "));
  CHECK(text.find("begun") != std::string::npos);
  CHECK(text.find("\r\n0\r\n") == std::string::npos);
  CHECK(server.running().logs("reason=task_failed"));
}

TEST_CASE("the lines that a stored stream's process writes to stderr are in the log as they come") {
  const harness::TemporaryDirectory directory;
  CommandServer server(kStream, {"--jobs-dir", directory.path() / "jobs", "--running", "2"});
  const auto accepted =
      server.post("/tasks/sh", "echo early >&2; echo out; sleep 60", {{"Prefer", "respond-async"}});
  REQUIRE(accepted.status == 202);
  CHECK(server.running().logs("early"));
  server.client().request("DELETE", accepted.field("Location"));
  CHECK(has_no_children(server.running()));
}

TEST_CASE("a stream's process that shares more memory than it may is ended") {
  CommandServer server(std::string(kStream) + "memory = \"64MiB\"\n");
  const std::string script =
      "exec python3 -c 'import mmap, time\nprint(1, flush=True)\nm = mmap.mmap(-1, 200 << 20)\n"
      "for at in range(0, 200 << 20, 4096): m[at] = 1\ntime.sleep(60)'";
  auto client = server.client();
  client.send_request("POST", "/tasks/sh", {{"Content-Length", std::to_string(script.size())}}, script);
  CHECK(client.read_to_end().find("\r\n0\r\n") == std::string::npos);
  CHECK(server.running().logs("reason=memory_limit"));
}

TEST_CASE("a process waits while its client does not read, and the server's memory stays flat") {
  CommandServer server(kStream);
  auto client = server.client();
  client.send_request("POST", "/tasks/sh", {{"Content-Length", "10"}}, "exec yes x");
  const auto cruncher = running_cruncher(server.running());
  const auto is_still = [&] {
    const auto before = harness::find_process(cruncher);
    std::this_thread::sleep_for(milliseconds(100));
    const auto after = harness::find_process(cruncher);
    return before && after && after->state == 'S' && before->cpu_time == after->cpu_time;
  };
  CHECK(eventually(seconds(10), is_still));
  CHECK(harness::private_memory_kib(server.running().pid()) < 40'000);
  client.close();
  CHECK(has_no_children(server.running()));
}

TEST_CASE("a stream is ended at its deadline, or for its memory, though its client reads nothing") {
  CommandServer server(std::string(kStream) + "timeout = \"2s\"\nmemory = \"64MiB\"\n",
                       {"--kill-grace", "100ms"});
  auto late = server.client();
  late.send_request("POST", "/tasks/sh", {{"Content-Length", "10"}}, "exec yes x");
  CHECK(server.running().logs("reason=deadline_exceeded"));
  CHECK(has_no_children(server.running()));
  auto greedy = server.client();
  const std::string script =
      "yes x & exec python3 -c 'import mmap, time\nm = mmap.mmap(-1, 200 << 20)\n"
      "for at in range(0, 200 << 20, 4096): m[at] = 1\ntime.sleep(60)'";
  greedy.send_request("POST", "/tasks/sh", {{"Content-Length", std::to_string(script.size())}}, script);
  CHECK(server.running().logs("reason=memory_limit"));
  CHECK(has_no_children(server.running()));
}

}  // namespace
}  // namespace end_to_end
