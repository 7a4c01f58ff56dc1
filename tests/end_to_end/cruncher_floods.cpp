// Output without measure: it neither stalls a job nor grows the server.

#include <doctest/doctest.h>

#include "tests/end_to_end/job.h"
#include "tests/harness/process_table.h"

namespace end_to_end {
namespace {

using harness::at_most;
using harness::kSanitized;
using harness::private_memory_kib;

struct Watched {
  Answer answer;
  std::size_t growth_kib;  // the server's most memory while the job ran, over what it had before
};

Watched run_watched(const RunningServer& server, std::string_view task, const Json& params,
                    const Fields& fields = {}) {
  const std::size_t before = private_memory_kib(server.pid());
  std::size_t most = before;
  auto job = start_job(server, task, params, fields);
  while (job.wait_for(milliseconds(5)) == std::future_status::timeout) {
    most = std::max(most, private_memory_kib(server.pid()));
  }
  return {job.get(), most - before};
}

TEST_CASE("a hundred megabytes on stderr cost no stall and no memory, and the last words are in the log") {
  const UnrulyServer server({"--timeout", "60s"});
  run_job(server, "flood_stderr", {{"megabytes", 12}}, {{"X-Request-Id", "warming-up"}});
  const auto [answer, growth_kib] =
      run_watched(server, "flood_stderr", {{"megabytes", 100}}, {{"X-Request-Id", "flood-of-stderr"}});
  CHECK(outcome_of(answer) == "200");
  CHECK(answer.took < at_most(seconds(10)));
  if (!kSanitized) CHECK(growth_kib < 1024);  // a sanitizer keeps freed memory for a while

  const std::string words = "the last words on stderr";
  REQUIRE(eventually(seconds(5), [&] {
    const std::string log = server.log();
    // The warming-up has left the same words: these must stand behind this job's id.
    const auto end = log.rfind(words);
    return end != std::string::npos && log.rfind("flood-of-stderr", end) != std::string::npos;
  }));
  const std::string log = server.log();
  const auto end = log.rfind(words);
  const auto id = log.rfind("flood-of-stderr", end);
  REQUIRE(id != std::string::npos);
  CHECK(end - id < 80 * 1024);
  CHECK(log.size() < 400 * 1024);
}

TEST_CASE("an answer over the limit is a reply too large, and its cruncher is killed") {
  const UnrulyServer server({"--max-reply", "1MiB", "--timeout", "60s", "--kill-grace", "200ms"});
  run_job(server, "huge_answer", {{"bytes", 900'000}});
  const struct {
    std::string name;
    Json params;
  } tasks[] = {{"huge_answer", {{"bytes", 100'000'000}}},
               {"endless_line", Json::object()},
               {"flood_stdout", {{"megabytes", 100}}}};
  for (const auto& task : tasks) {
    CAPTURE(task.name);
    const auto [answer, growth_kib] = run_watched(server, task.name, task.params);
    CHECK(outcome_of(answer) == "502 reply_too_large");
    CHECK(answer.took < at_most(seconds(10)));
    if (!kSanitized) CHECK(growth_kib < 4 * 1024);
    CHECK(has_no_children(server, seconds(2)));
    CHECK(works(server));
  }
}

TEST_CASE("the limit of an answer is exact to a few bytes of framing") {
  const UnrulyServer server({"--max-reply", "64KiB"});
  CHECK(outcome_of(run_job(server, "huge_answer", {{"bytes", 65'000}})) == "200");
  CHECK(outcome_of(run_job(server, "huge_answer", {{"bytes", 65'536}})) == "502 reply_too_large");
}

TEST_CASE("a large answer arrives whole") {
  const UnrulyServer server;
  const auto answer = run_job(server, "huge_answer", {{"bytes", 10'000'000}});
  REQUIRE(outcome_of(answer) == "200");
  CHECK(answer.response.json().at("result").at("text") == std::string(10'000'000, 'x'));
}

TEST_CASE("the beginning of a long answer is none, whether its cruncher ends, stays, or loses its client") {
  const UnrulyServer server({"--timeout", "2s", "--kill-grace", "200ms"});
  constexpr std::size_t bytes = 8'000'000;
  const auto settled = private_memory_kib(server.pid()) + 1024;
  run_job(server, "huge_answer", {{"bytes", bytes}});
  const auto has_settled = [&] { return kSanitized || private_memory_kib(server.pid()) < settled; };
  CHECK(outcome_of(run_job(server, "half_of_many", {{"bytes", bytes}, {"stays", false}})) == "502 bad_reply");
  CHECK(outcome_of(run_job(server, "half_of_many", {{"bytes", bytes}, {"stays", true}})) ==
        "504 deadline_exceeded");
  CHECK(has_no_children(server, seconds(1)));
  CHECK(eventually(seconds(2), has_settled));
  const auto before = private_memory_kib(server.pid());
  {
    HttpClient client(server.port());
    client.send_post("/tasks/half_of_many", {{"bytes", bytes}, {"stays", true}});
    running_cruncher(server);
    // A sanitizer keeps what was freed, so its server need not grow; there the client may leave earlier.
    const auto has_begun = [&] {
      return kSanitized || private_memory_kib(server.pid()) > before + bytes / 2048;
    };
    REQUIRE(eventually(seconds(1), has_begun));
  }
  CHECK(has_no_children(server, seconds(1)));
  CHECK(works(server));
  CHECK(eventually(seconds(2), has_settled));
}

TEST_CASE("a thousand lines of progress a second cost the server nothing noticeable") {
  const UnrulyServer server({"--timeout", "60s"});
  const auto before = harness::find_process(server.pid())->cpu_time;
  const auto answer = run_job(server, "report_progress", {{"lines", 2000}});
  const auto spent = harness::find_process(server.pid())->cpu_time - before;
  CHECK(outcome_of(answer) == "200");
  CHECK(answer.took >= seconds(2));
  CHECK(spent < at_most(milliseconds(200)));
}

}  // namespace
}  // namespace end_to_end
