// What may happen to a command's job, and what must become of it: the rows of the fault table, for commands.

#include <doctest/doctest.h>
#include <signal.h>

#include <filesystem>

#include "tests/end_to_end/commands/command_server.h"
#include "tests/harness/process_table.h"

namespace end_to_end {
namespace {

// Contents are scripts.
constexpr char kShell[] = R"(
[task.sh]
exec = "sh"
timeout = "10s"
max_reply = "1MiB"
file_size = "2MiB"
[task.brief]
exec = "sh"
timeout = "300ms"
[task.mapped]
exec = "sh"
exit = { 3 = 422, 127 = 501 }
[task.stream]
exec = "sh"
stream = true
timeout = "10s"
max_reply = "1MiB"
[task.brief-stream]
exec = "sh"
stream = true
timeout = "300ms"
)";

bool is_clean(CommandServer& server) {
  return has_no_children(server.running()) &&
         eventually(seconds(5), [&] { return server.job_folders().empty(); });
}

TEST_CASE("an exit code other than 0 is a failed task, with what it said last") {
  CommandServer server(kShell);
  for (const std::string task : {"/tasks/sh", "/tasks/stream"}) {
    CAPTURE(task);
    const auto failed = server.post(task, "yes line | head -n 9000 >&2; echo sorry >&2; exit 3");
    CHECK(outcome_of(failed) == "500 task_failed");
    CHECK(failed.json().at("exit_code") == 3);
    const auto detail = failed.json().at("detail").get<std::string>();
    CHECK(detail.ends_with("line\nsorry"));
    CHECK(detail.size() <= 2048);
    const auto crashed = server.post(task, "echo last words >&2; kill -SEGV $$");
    CHECK(outcome_of(crashed) == "502 crashed");
    CHECK(crashed.json().at("detail") == "it was ended by SIGSEGV (Segmentation fault): last words");
    CHECK(outcome_of(server.post(task, "no-such-program")) == "503 cannot_spawn");
  }
  const auto mapped = server.post("/tasks/mapped", "echo not mine >&2; exit 3");
  CHECK(outcome_of(mapped) == "422 task_failed");
  CHECK(mapped.json().at("detail") == "not mine");
  CHECK(outcome_of(server.post("/tasks/mapped", "exit 127")) == "501 task_failed");
  CHECK(is_clean(server));
}

TEST_CASE("a program that is gone by now cannot be spawned, and is named") {
  const harness::TemporaryDirectory directory;
  const auto program = directory.write("tool", "#!/bin/sh\necho works\n", true);
  CommandServer server("[task.tool]\nexec = [\"" + program + "\"]\n");
  CHECK(server.post("/tasks/tool").body == "works\n");
  directory.remove("tool");
  const auto gone = server.post("/tasks/tool");
  CHECK(outcome_of(gone) == "503 cannot_spawn");
  CHECK(gone.json().at("detail").get<std::string>().find(program) != std::string::npos);
  CHECK(is_clean(server));
}

TEST_CASE("a job beyond its deadline is ended, also where it ignores SIGTERM or has children") {
  CommandServer server(kShell, {"--kill-grace", "100ms"});
  for (const auto* script : {"sleep 100", "trap '' TERM; sleep 100; sleep 100",
                             "sleep 100 & sleep 100 & wait", "(trap '' TERM; sleep 100) & sleep 100",
                             "setsid sleep 100 & sleep 100", "while :; do :; done", "exec >&-; sleep 100"}) {
    for (const std::string task : {"/tasks/brief", "/tasks/brief-stream"}) {
      CAPTURE(script);
      CAPTURE(task);
      const Stopwatch watch;
      CHECK(outcome_of(server.post(task, script)) == "504 deadline_exceeded");
      CHECK(watch.elapsed() < harness::at_most(seconds(5)));
    }
  }
  CHECK(is_clean(server));
}

TEST_CASE("what a command leaves behind keeps neither the answer nor the slot") {
  CommandServer server(kShell, {"--running", "1"});
  for (const std::string script : {"echo ok; sleep 100 & exit 0", "echo ok; setsid sleep 100 & exit 0",
                                   "echo ok; (setsid yes >&2) & exit 0"}) {
    for (const std::string task : {"/tasks/sh", "/tasks/stream"}) {
      CAPTURE(script);
      CAPTURE(task);
      const Stopwatch watch;
      const auto response = server.post(task, script);
      CHECK(response.status == 200);
      CHECK(response.body == "ok\n");
      CHECK(watch.elapsed() < harness::at_most(seconds(5)));
    }
  }
  CHECK(is_clean(server));
}

TEST_CASE("100 MB of stderr are read and not kept") {
  CommandServer server(kShell);
  for (const std::string task : {"/tasks/sh", "/tasks/stream"}) {
    const auto response = server.post(task, "yes complaint | head -c 100000000 >&2; echo ok");
    CHECK(response.status == 200);
    CHECK(response.body == "ok\n");
  }
  CHECK(harness::private_memory_kib(server.running().pid()) < 100'000);
}

TEST_CASE("an endless output is ended at --max-reply, a large file at --file-size") {
  CommandServer server(kShell);
  CHECK(outcome_of(server.post("/tasks/sh", "yes")) == "502 reply_too_large");
  CHECK(outcome_of(server.post("/tasks/sh", "trap '' XFSZ; yes")) == "502 reply_too_large");
  CHECK(server.post("/tasks/sh", "yes | head -c 1048576").body.size() == 1'048'576);
  CHECK(outcome_of(server.post("/tasks/sh", "yes | head -c 1048577")) == "502 reply_too_large");
  CHECK(server.post("/tasks/sh", "yes | head -c 2000000 > big; echo ok").body == "ok\n");
  CHECK(server.post("/tasks/sh", "yes > big").status != 200);
  CHECK(is_clean(server));
}

TEST_CASE("memory beyond the limit fails the job and nothing else") {
  CommandServer server(
      "[task.greedy]\nexec = [\"/usr/bin/python3\", \"-c\", \"x = bytearray(1 << 30)\"]\n"
      "memory = \"256MiB\"\n[task.copy]\nexec = \"cat\"\n");
  CHECK(server.post("/tasks/greedy").status >= 500);
  CHECK(server.post("/tasks/copy", "x").body == "x");
}

TEST_CASE("a job whose client leaves is killed, wherever it is") {
  CommandServer server(kShell, {"--running", "1"});
  auto upload = server.client();
  upload.send("POST /tasks/sh HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf");
  upload.close();
  for (const std::string task : {"/tasks/sh", "/tasks/stream"}) {
    CAPTURE(task);
    auto works = server.client();
    works.send_request("POST", task, {{"Content-Length", "9"}}, "sleep 100");
    running_cruncher(server.running());
    auto waits = server.client();
    waits.send_request("POST", task, {{"Content-Length", "9"}}, "sleep 100");
    waits.close();
    works.close();
    CHECK(is_clean(server));
  }
  auto reads = server.client();
  reads.send_request("POST", "/tasks/stream", {{"Content-Length", "25"}}, "echo begun; exec sleep 90");
  running_cruncher(server.running());
  reads.close();
  CHECK(is_clean(server));
  CHECK(server.post("/tasks/sh", "echo ok").body == "ok\n");
}

TEST_CASE("a folder that a job filled with what is hard to remove is removed") {
  CommandServer server(kShell);
  const auto response = server.post("/tasks/sh", R"(
mkdir -p a/b/c .hidden; touch a/b/c/file .hidden/x; ln -s / link; mkfifo fifo
chmod 000 a/b/c a/b a; chmod 500 .hidden
i=0; while [ $i -lt 300 ]; do mkdir d; cd d; i=$((i+1)); done; touch bottom
cd "$HOME"; chmod 500 .
echo ok)");
  CHECK(response.body == "ok\n");
  CHECK(is_clean(server));
}

TEST_CASE("what a killed server left is removed at the next start, and what a running one has is not") {
  const harness::TemporaryDirectory scratch;
  const auto folders = [&] {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(scratch.path()))
      count += entry.path().filename().string().starts_with("cruncherd-");
    return count;
  };
  const std::vector<std::string> flags{"--exec", "sh=sh", "--scratch-dir", scratch.path(), "--spares", "0"};
  RunningServer killed(flags);
  HttpClient client(killed.port());
  client.send_request("POST", "/tasks/sh", {{"Content-Length", "22"}}, "touch left; sleep 1000");
  running_cruncher(killed);
  const RunningServer beside(flags);
  CHECK(folders() == 2);
  killed.signal(SIGKILL);
  killed.wait_for_end(seconds(5));
  CHECK(folders() == 2);
  RunningServer next(flags);
  CHECK(folders() == 2);  // the one beside's and its own
  CHECK(next.stop() == 0);
  CHECK(folders() == 1);
}

TEST_CASE("running bounds the jobs of one task, and leaves the other slots to others") {
  CommandServer server("[task.one]\nexec = \"sh\"\nrunning = 1\n[task.any]\nexec = \"sh\"\n",
                       {"--running", "3"});
  auto first = server.client();
  first.send_request("POST", "/tasks/one", {{"Content-Length", "8"}}, "sleep 60");
  const auto cruncher = running_cruncher(server.running());
  auto second = server.client();
  second.send_request("POST", "/tasks/one", {{"Content-Length", "11"}}, "echo second");
  CHECK(server.post("/tasks/any", "echo any").body == "any\n");
  CHECK_FALSE(harness::is_gone(cruncher));
  first.close();
  CHECK(second.read_response().body == "second\n");
}

}  // namespace
}  // namespace end_to_end
