// Answers that are none: too early, too many, for another call, half, not JSON, not UTF-8, too deep.

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "tests/end_to_end/job.h"
#include "tests/harness/process_table.h"
#include "tests/harness/temporary_directory.h"

namespace end_to_end {
namespace {

TEST_CASE("an answer that does not fit its call is a bad reply") {
  const UnrulyServer server;
  const struct {
    std::string name;
    Json params;
  } tasks[] = {{"answer_twice", Json::object()},     {"answer_other_id", Json::object()},
               {"answer_after_all", {{"then", ""}}}, {"answer_after_all", {{"then", "{}"}}},
               {"half_line", Json::object()},        {"not_json", Json::object()},
               {"other_json", Json::object()},       {"invalid_utf8", Json::object()},
               {"deep_json", {{"depth", 10'000}}},   {"deep_json", {{"depth", 1'000'000}}}};
  for (const auto& task : tasks) {
    CAPTURE(task.name);
    const auto answer = run_job(server, task.name, task.params);
    CHECK(outcome_of(answer) == "502 bad_reply");
    CHECK(answer.took < seconds(10));
    CHECK(works(server));
  }
  CHECK(has_no_children(server));
}

TEST_CASE("an error without an id is an answer: the request could not be read") {
  const UnrulyServer server;
  const auto answer = run_job(server, "could_not_read");
  CHECK(outcome_of(answer) == "500 task_failed");
  CHECK(answer.response.json().at("code") == -32700);
}

TEST_CASE("large notifications before an answer are passed over") {
  const UnrulyServer server;
  for (int i = 0; i < 20; ++i) CHECK(outcome_of(run_job(server, "announce")) == "200");
  for (const int bytes : {1'000, 60'000, 100'000, 5'000'000}) {
    CAPTURE(bytes);
    const auto answer = run_job(server, "announce_much", {{"bytes", bytes}, {"answers", true}});
    REQUIRE(outcome_of(answer) == "200");
    CHECK(answer.response.json().at("result").at("text").get<std::string>().size() ==
          static_cast<std::size_t>(bytes));
  }
}

TEST_CASE("what a process has left in its pipe at its end is read whole, and in order") {
  const UnrulyServer server;
  for (const int notifications : {0, 1, 30, 60}) {
    for (const int bytes : {10, 5'000, 60'000, 100'000, 800'000 - notifications * 13'000}) {
      if (bytes < 0) continue;
      CAPTURE(notifications);
      CAPTURE(bytes);
      const auto answer =
          run_job(server, "fill_the_pipe", {{"notifications", notifications}, {"bytes", bytes}});
      REQUIRE(outcome_of(answer) == "200");
      CHECK(answer.response.json().at("result").at("text").get<std::string>().size() ==
            static_cast<std::size_t>(bytes));
    }
  }
}

TEST_CASE("all of a line but its result is short, or the line is no message") {
  const UnrulyServer server;
  constexpr std::size_t kMost = 16 * 1024, kAround = 300;
  for (const int code : {-32602, -32000, 7}) {
    CAPTURE(code);
    const auto outcome = [&](std::size_t bytes) {
      return outcome_of(run_job(server, "dense_error", {{"bytes", bytes}, {"code", code}}));
    };
    CHECK(outcome(kMost - kAround) == (code == -32602 ? "422 invalid_params" : "500 task_failed"));
    CHECK(outcome(kMost) == "502 bad_reply");
  }
  const auto before = harness::private_memory_kib(server.pid());
  CHECK(outcome_of(run_job(server, "dense_error", {{"bytes", 15'000'000}, {"code", 7}})) == "502 bad_reply");
  CHECK(outcome_of(run_job(server, "long_announcement", {{"bytes", kMost - kAround}})) == "200");
  const auto answer = run_job(server, "long_announcement", {{"bytes", 15'000'000}});
  REQUIRE(outcome_of(answer) == "502 bad_reply");
  CHECK(answer.response.json().at("detail").get<std::string>().find("16384 bytes") != std::string::npos);
  const auto has_settled = [&] {
    return harness::kSanitized || harness::private_memory_kib(server.pid()) < before + 4 * 1024;
  };
  CHECK(eventually(seconds(2), has_settled));
}

TEST_CASE("large notifications and no answer are noticed when their cruncher has ended") {
  const UnrulyServer server({"--timeout", "20s"});
  for (int i = 0; i < 20; ++i) {
    const auto answer = run_job(server, "announce_much", {{"bytes", 0}, {"answers", false}});
    CHECK(outcome_of(answer) == "502 crashed");
    CHECK(answer.took < harness::at_most(seconds(2)));
  }
}

// Its end is met while the answer is still being read beside the loop.
TEST_CASE("the empty line behind a large answer is no second one") {
  const UnrulyServer server({"--spares", "1"});
  for (const int bytes : {1'000, 60'000, 70'000, 1'000'000, 1'000'000, 8'000'000}) {
    CAPTURE(bytes);
    const auto answer = run_job(server, "huge_answer_and_all", {{"bytes", bytes}});
    REQUIRE(outcome_of(answer) == "200");
    CHECK(answer.response.json().at("result").at("text").get<std::string>().size() ==
          static_cast<std::size_t>(bytes));
  }
}

TEST_CASE("a large answer is thrown away where all buffers together hold too much") {
  const UnrulyServer server({"--max-buffered", "1MiB"});
  CHECK(outcome_of(run_job(server, "huge_answer", {{"bytes", 2'000'000}})) == "503 buffers_full");
  CHECK(outcome_of(run_job(server, "huge_answer", {{"bytes", 500'000}})) == "200");
  CHECK(works(server));
}

TEST_CASE("an answer of moderate depth is passed on") {
  const UnrulyServer server;
  const auto answer = run_job(server, "deep_json", {{"depth", 30}});
  REQUIRE(outcome_of(answer) == "200");
  CHECK(answer.response.json().at("result").dump() == std::string(30, '[') + std::string(30, ']'));
}

// What goes wrong before a request is read is written into a file beside the program once the server has
// started.
struct MoodyServer {
  explicit MoodyServer(std::vector<std::string> flags) {
    // A mood is for the first moment of a process: each job gets one of its own.
    flags.insert(flags.begin(),
                 {"--jobs-per-process", "1", "--cruncher", directory.copy(unruly_path(), "unruly")});
    server.emplace(std::move(flags));
  }
  void set_mood(const std::string& mood) const { directory.write("mood", mood); }
  void cheer_up() const { directory.remove("mood"); }

  harness::TemporaryDirectory directory;
  std::optional<UnrulyServer> server;
};

TEST_CASE("an answer given before the request was read is a bad reply and reaches nobody else") {
  const MoodyServer moody({"--spares", "0", "--timeout", "5s", "--kill-grace", "200ms"});
  const auto& server = *moody.server;
  for (const auto* mood : {"answer_first", "blind"}) {
    CAPTURE(std::string(mood));
    moody.set_mood(mood);
    const auto answer = run_job(server, "echo", {{"a", 1}});
    CHECK(outcome_of(answer) == "502 bad_reply");
    CHECK(answer.response.body.find("nobody's call") == std::string::npos);
    moody.cheer_up();
    CHECK(works(server));
  }
  CHECK(has_no_children(server));
}

TEST_CASE("a spare that spoke before its time gives its answer to nobody") {
  const MoodyServer moody({"--spares", "2", "--running", "2", "--timeout", "5s"});
  const auto& server = *moody.server;
  // Started is not yet past its mood: one that waits for its line is.
  CHECK(eventually(seconds(5), [&] {
    const auto spares = harness::crunchers_of(server.pid());
    return spares.size() == 2 &&
           std::all_of(spares.begin(), spares.end(), [](const auto& spare) { return spare.state == 'S'; });
  }));
  moody.set_mood("answer_first");
  for (int i = 0; i < 2; ++i) CHECK(works(server));  // the good spares; their successors are moody
  const auto answer = run_job(server, "echo", {{"a", 1}});
  CHECK(answer.response.body.find("nobody's call") == std::string::npos);
  CHECK(outcome_of(answer) == "502 bad_reply");
  moody.cheer_up();
  CHECK(eventually(seconds(10), [&] { return works(server); }));
}

TEST_CASE("spares that die as soon as they are born keep no slot, no zombie and no processor busy") {
  const MoodyServer moody({"--spares", "2", "--running", "2", "--timeout", "5s"});
  const auto& server = *moody.server;
  moody.set_mood("die 11");
  for (int i = 0; i < 3; ++i) run_job(server, "echo");
  const auto before = harness::find_process(server.pid())->cpu_time;
  HttpClient client(server.port());
  const Stopwatch watch;
  while (watch.elapsed() < seconds(1)) {
    CHECK(client.get("/").status == 200);
    std::this_thread::sleep_for(milliseconds(50));
  }
  CHECK(harness::find_process(server.pid())->cpu_time - before < harness::at_most(milliseconds(250)));
  CHECK(outcome_of(run_job(server, "echo")) == "502 crashed");
  moody.cheer_up();
  CHECK(eventually(seconds(10), [&] { return works(server); }));
  CHECK(eventually(seconds(5), [&] { return harness::zombie_children_of(server.pid()) == 0; }));
}

TEST_CASE("a cruncher that never reads its megabyte of params ends by its own answer or at its deadline") {
  const MoodyServer moody(
      {"--spares", "0", "--timeout", "500ms", "--kill-grace", "200ms", "--max-body", "2MiB"});
  const auto& server = *moody.server;
  const Json params = {{"text", std::string(1'000'000, 'x')}};
  const struct {
    std::string name;
    std::string outcome;
  } moods[] = {{"never_read", "504 deadline_exceeded"},
               {"close_input", "504 deadline_exceeded"},
               {"close_output", "504 deadline_exceeded"},
               {"quit 0", "502 crashed"},
               {"quit 3", "502 crashed"},
               {"blind", "502 bad_reply"}};
  for (const auto& mood : moods) {
    CAPTURE(mood.name);
    moody.set_mood(mood.name);
    const auto answer = run_job(server, "echo", params);
    CHECK(outcome_of(answer) == mood.outcome);
    CHECK(answer.took < seconds(3));
    moody.cheer_up();
    CHECK(works(server));
  }
  CHECK(has_no_children(server));
}

TEST_CASE("a megabyte of params comes back as it was") {
  const UnrulyServer server({"--max-body", "2MiB"});
  const Json params = {{"text", std::string(1'000'000, 'x') + "\u00e9\n\"\\"}};
  const auto answer = run_job(server, "echo", params);
  REQUIRE(outcome_of(answer) == "200");
  CHECK(answer.response.json().at("result") == params);
}

}  // namespace
}  // namespace end_to_end
