#include "server/process/line_dialogue.h"

#include <doctest/doctest.h>

#include <string>

#include "server/loop/size_limits.h"

namespace process {
namespace {

Job job_with(std::size_t max_reply = 1 << 20) {
  Job job;
  job.rpc_id = "7";
  job.line = "the request\n";
  job.limits.max_reply = max_reply;
  return job;
}

const std::string kProgress = R"({"jsonrpc":"2.0","method":"progress","params":{"fraction":0.25}})";
const std::string kAnswer = R"({"jsonrpc":"2.0","id":"7","result":[1,2]})";

std::string answer_of(std::size_t size) {
  return R"({"jsonrpc":"2.0","id":"7","result":")" + std::string(size, 'x') + "\"}";
}

Reason reason_of(LineDialogue& dialogue, const std::optional<WaitStatus>& end = {}) {
  const auto verdict = dialogue.verdict(end);
  REQUIRE(std::holds_alternative<Failure>(verdict));
  return std::get<Failure>(verdict).reason;
}

bool is_result(LineDialogue& dialogue) {
  return std::holds_alternative<Result>(dialogue.verdict({}));
}

TEST_CASE("the request is written in any portions") {
  const auto job = job_with();
  LineDialogue dialogue(job);
  dialogue.written(4);
  CHECK(dialogue.to_write() == "request\n");
  dialogue.written(8);
  CHECK(dialogue.to_write().empty());
}

TEST_CASE("progress, the answer and the closing line, a byte at a time") {
  const auto job = job_with();
  LineDialogue dialogue(job);
  CHECK(dialogue.progress() < 0);
  for (const char c : kProgress + "\n" + kAnswer + "\n") {
    CHECK_FALSE(dialogue.settled());
    dialogue.accept_stdout({&c, 1});
  }
  CHECK(dialogue.progress() == 0.25);
  CHECK(dialogue.answered());
  CHECK_FALSE(dialogue.settled());
  dialogue.accept_stdout("\n");
  CHECK(dialogue.settled());
  CHECK(is_result(dialogue));
}

TEST_CASE("the end of stdout closes as the empty line does") {
  const auto job = job_with();
  LineDialogue dialogue(job);
  dialogue.accept_stdout(kAnswer + "\n");
  dialogue.end_of_stdout();
  CHECK(dialogue.settled());
  CHECK(is_result(dialogue));
}

TEST_CASE("what comes behind the answer spoils it") {
  const auto job = job_with();
  for (const std::string more : {"x", "\n\n", "\nx", "{}\n"}) {
    CAPTURE(more);
    LineDialogue dialogue(job);
    dialogue.accept_stdout(kAnswer + "\n" + more);
    CHECK(dialogue.failed());
    CHECK(reason_of(dialogue) == Reason::bad_reply);
  }
}

TEST_CASE("an answer to somebody else is none") {
  auto job = job_with();
  job.rpc_id = "8";
  LineDialogue dialogue(job);
  dialogue.accept_stdout(kAnswer + "\n");
  CHECK(reason_of(dialogue) == Reason::bad_reply);
}

TEST_CASE("more than --max-reply fails, in one line or in many") {
  const auto job = job_with(100);
  LineDialogue one(job);
  one.accept_stdout(std::string(101, 'x'));
  CHECK(reason_of(one) == Reason::reply_too_large);
  LineDialogue many(job);
  many.accept_stdout(kProgress + "\n" + kProgress + "\n");
  CHECK(reason_of(many) == Reason::reply_too_large);
}

TEST_CASE("a line that is too long for the loop waits for a thread, and what is behind it waits as well") {
  const auto job = job_with();
  LineDialogue dialogue(job);
  dialogue.accept_stdout(answer_of(kJsonOnLoop) + "\n\n");
  CHECK(dialogue.backlog());
  CHECK_FALSE(dialogue.answered());
  dialogue.understand(1 << 20);
  CHECK_FALSE(dialogue.backlog());
  CHECK(dialogue.settled());
}

TEST_CASE("many short lines in one portion are as good as a long one") {
  const auto job = job_with();
  LineDialogue dialogue(job);
  std::string lines;
  while (lines.size() <= kJsonOnLoop + 1024) lines += kProgress + "\n";
  dialogue.accept_stdout(lines);
  CHECK(dialogue.backlog());
  dialogue.understand(kJsonOnLoop);
  CHECK_FALSE(dialogue.backlog());
}

TEST_CASE("the loop collects no more than 64 KiB of a line") {
  const auto job = job_with();
  LineDialogue dialogue(job);
  CHECK(dialogue.room_on_loop() == 64 * 1024);
  dialogue.collect(std::string(60 * 1024, 'x'));
  CHECK(dialogue.room_on_loop() == 4 * 1024);
  dialogue.collect(std::string(8 * 1024, 'x'));
  CHECK(dialogue.room_on_loop() == 0);
}

TEST_CASE("an end without an answer is explained, an answer stands whatever the end") {
  const auto job = job_with();
  WaitStatus bad_end;
  bad_end.exit_code = 3;
  LineDialogue silent(job);
  silent.end_of_stdout();
  CHECK(reason_of(silent, bad_end) == Reason::crashed);
  LineDialogue torn(job);
  torn.accept_stdout("{\"jso");
  CHECK(reason_of(torn, bad_end) == Reason::bad_reply);
  LineDialogue answered(job);
  answered.accept_stdout(kAnswer + "\n");
  CHECK(std::holds_alternative<Result>(answered.verdict(bad_end)));
}

TEST_CASE("a line that is no message is quoted, and so is one that was begun") {
  const auto job = job_with();
  LineDialogue stray(job);
  stray.accept_stdout("loading model...\n");
  const auto verdict = stray.verdict({});
  CHECK(std::get<Failure>(verdict).detail.find("\"loading model...\"") != std::string::npos);
  WaitStatus end;
  end.exit_code = 1;
  LineDialogue torn(job);
  torn.accept_stdout("Usage: ");
  const auto explained = torn.verdict(end);
  CHECK(std::get<Failure>(explained).detail.find("\"Usage: \"") != std::string::npos);
}

TEST_CASE("the large texts that nobody claimed are given up") {
  const auto job = job_with();
  LineDialogue dialogue(job);
  dialogue.accept_stdout(kAnswer + "\nunclaimed");
  std::string all;
  for (const auto& text : dialogue.remains()) all += text;
  CHECK(all.find("unclaimed") != std::string::npos);
  CHECK(all.find("[1,2]") != std::string::npos);
}

}  // namespace
}  // namespace process
