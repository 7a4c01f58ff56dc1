#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "tests/crunchers/behaviour.h"
#include "tests/crunchers/writing.h"

namespace unruly {
namespace {

constexpr std::size_t kMegabyte = 1'000'000;

// A megabyte at a time, so that this program needs no memory for what it writes.
void write_repeatedly(int descriptor, long long bytes, char filler) {
  const std::string portion(kMegabyte, filler);
  for (long long left = bytes; left > 0; left -= portion.size()) {
    if (!write_all(descriptor, std::string_view(portion).substr(0, left))) return;
  }
}

void say(std::string_view bytes) {
  write_all(STDOUT_FILENO, bytes);
}

std::optional<Json> flood_stderr(const Call& call) {
  const long long megabytes = call.params.at("megabytes");
  const long long long_line = std::min(megabytes, 10LL);
  std::string lines;
  while (lines.size() < kMegabyte) lines += "one of very many lines on stderr\n";
  for (long long i = long_line; i < megabytes; ++i) write_all(STDERR_FILENO, lines);
  write_repeatedly(STDERR_FILENO, long_line * kMegabyte, 'x');
  write_all(STDERR_FILENO, "\nthe last words on stderr\n");
  return Json::object();
}

std::optional<Json> huge_answer(const Call& call) {
  const std::string line = result_line(call.id, {{"text", "@"}});
  const auto hole = line.find('@');
  say(line.substr(0, hole));
  write_repeatedly(STDOUT_FILENO, call.params.at("bytes"), 'x');
  say(line.substr(hole + 1));
  return std::nullopt;
}

std::optional<Json> huge_answer_and_all(const Call& call) {
  const std::string text(call.params.at("bytes").get<std::size_t>(), 'x');
  const bool says_so_anyway = getenv("UNRULY_SERVES_MANY") != nullptr;
  say(result_line(call.id, {{"text", text}}) + (says_so_anyway ? "" : "\n"));
  return std::nullopt;
}

std::optional<Json> flood_stdout(const Call& call) {
  const std::string line = progress_line(0.5);
  std::string lines;
  while (lines.size() < kMegabyte) lines += line;
  for (long long left = call.params.at("megabytes"); left > 0; --left) say(lines);
  return Json::object();
}

std::optional<Json> endless_line(const Call&) {
  const std::string portion(kMegabyte, 'x');
  while (write_all(STDOUT_FILENO, portion)) continue;
  for (;;) pause();
}

std::optional<Json> report_progress(const Call& call) {
  const int lines = call.params.at("lines");
  for (int i = 0; i < lines; ++i) {
    say(progress_line(static_cast<double>(i) / lines));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return call.params;
}

std::optional<Json> answer_twice(const Call& call) {
  say(result_line(call.id, {{"answer", 1}}) + result_line(call.id, {{"answer", 2}}));
  return std::nullopt;
}

std::optional<Json> answer_after_all(const Call& call) {
  const auto answer = result_line(call.id, {{"answer", 1}});
  say(answer + "\n" + call.params.at("then").get<std::string>() + "\n");
  return std::nullopt;
}

std::optional<Json> answer_other_id(const Call& call) {
  const bool is_number = call.id.is_number();
  say(result_line(is_number ? Json(call.id.get<long long>() + 1) : Json("another call"), {{"answer", 1}}));
  return std::nullopt;
}

std::optional<Json> could_not_read(const Call&) {
  say(error_line(nullptr, -32700, "what was that?"));
  return std::nullopt;
}

// Unknown notifications are nobody's business, also where they are so large that they are read elsewhere.
std::string announcement(std::size_t bytes = 15'000) {
  const Json message = {
      {"jsonrpc", "2.0"}, {"method", "announcement"}, {"params", {{"text", std::string(bytes, 'x')}}}};
  return message.dump() + "\n";
}

std::optional<Json> announce(const Call& call) {
  say(announcement() + progress_line(0.5) + announcement() + result_line(call.id, call.params));
  return std::nullopt;
}

std::optional<Json> announce_much(const Call& call) {
  for (int i = 0; i < 5; ++i) say(announcement());
  if (call.params.at("answers") == false) _exit(0);
  return huge_answer(call);
}

std::optional<Json> long_announcement(const Call& call) {
  say(announcement(call.params.at("bytes")) + result_line(call.id, Json::object()));
  return std::nullopt;
}

std::optional<Json> dense_error(const Call& call) {
  std::string data = "0";
  const std::size_t bytes = call.params.at("bytes");
  while (data.size() < bytes) data += ",0";
  auto line = error_line(call.id, call.params.at("code"), "@");
  line.replace(line.find("\"@\""), 3, R"("so many","data":{"errors":[)" + data + "]}");
  say(line);
  return std::nullopt;
}

// All in a pipe that holds it, so that the process has ended when the first of it is read.
std::optional<Json> fill_the_pipe(const Call& call) {
  fcntl(STDOUT_FILENO, F_SETPIPE_SZ, 1 << 20);
  std::string lines;
  for (int left = call.params.at("notifications"); left > 0; --left) lines += announcement();
  const std::string text(call.params.at("bytes").get<std::size_t>(), 'x');
  say(lines + result_line(call.id, {{"text", text}}));
  _exit(0);
}

std::optional<Json> half_line(const Call& call) {
  const std::string line = result_line(call.id, {{"text", "half of it"}});
  say(std::string_view(line).substr(0, line.size() / 2));
  return std::nullopt;
}

std::optional<Json> half_of_many(const Call& call) {
  const std::string line = result_line(call.id, {{"text", "@"}});
  say(line.substr(0, line.find('@')));
  write_repeatedly(STDOUT_FILENO, call.params.at("bytes"), 'x');
  while (call.params.at("stays")) pause();
  return std::nullopt;
}

std::optional<Json> unfinished_line(const Call& call) {
  const std::string line = result_line(call.id, Json::object());
  say(std::string_view(line).substr(0, line.size() - 1));
  return std::nullopt;
}

std::optional<Json> not_json(const Call&) {
  say("Segmentation fault? No, but this is no JSON either.\n");
  return std::nullopt;
}

std::optional<Json> other_json(const Call&) {
  say("{\"answer\":42}\n");
  return std::nullopt;
}

std::optional<Json> invalid_utf8(const Call& call) {
  std::string line = result_line(call.id, {{"text", "@"}});
  line[line.find('@')] = '\xff';
  say(line);
  return std::nullopt;
}

std::optional<Json> deep_json(const Call& call) {
  const std::size_t depth = call.params.at("depth");
  const std::string line = result_line(call.id, "@");
  const auto hole = line.find("\"@\"");
  say(line.substr(0, hole) + std::string(depth, '[') + std::string(depth, ']') + line.substr(hole + 3));
  return std::nullopt;
}

}  // namespace

std::vector<Behaviour> output() {
  const Json no_params = object_with(Json::object());
  const Json megabytes = object_with({{"megabytes", integer_between(0, 1000)}});
  return {
      {"flood_stderr", "Much on stderr, at most 10 MB of it in one line, then answers.", megabytes,
       flood_stderr},
      {"flood_stdout", "Progress without a pause, then answers.", megabytes, flood_stdout},
      {"huge_answer", "A long but proper answer.",
       object_with({{"bytes", integer_between(0, 1'000'000'000)}}), huge_answer},
      {"huge_answer_and_all", "The same, and the empty line that says that this is all.",
       object_with({{"bytes", integer_between(0, 1'000'000'000)}}), huge_answer_and_all},
      {"endless_line", "A line on stdout that never ends.", no_params, endless_line},
      {"report_progress", "Progress, a line each millisecond, then answers.",
       object_with({{"lines", integer_between(0, 1'000'000)}}), report_progress},
      {"answer_twice", "Two answers to one call.", no_params, answer_twice},
      {"answer_after_all", "An answer, the empty line that says that this is all, and more all the same.",
       object_with({{"then", {{"type", "string"}}}}), answer_after_all},
      {"answer_other_id", "An answer to a call that was never made.", no_params, answer_other_id},
      {"could_not_read", "An error without an id, as for a line that is no request.", no_params,
       could_not_read},
      {"announce", "Large notifications that nobody knows, then answers.", no_params, announce},
      {"fill_the_pipe", "Notifications and an answer at once, into a pipe that holds them, then exits 0.",
       object_with({{"notifications", integer_between(0, 60)}, {"bytes", integer_between(0, 900'000)}}),
       fill_the_pipe},
      {"long_announcement", "One that is this long, then answers.",
       object_with({{"bytes", integer_between(0, 1'000'000'000)}}), long_announcement},
      {"dense_error", "An error whose data is many small values.",
       object_with({{"bytes", integer_between(0, 1'000'000'000)}, {"code", {{"type", "integer"}}}}),
       dense_error},
      {"announce_much", "More of them, then a long answer, or exits 0.",
       object_with({{"bytes", integer_between(0, 1'000'000'000)}, {"answers", {{"type", "boolean"}}}}),
       announce_much},
      {"half_line", "Half an answer, then exits 0.", no_params, half_line},
      {"half_of_many", "The beginning of a long answer, then exits 0 or stays.",
       object_with({{"bytes", integer_between(0, 1'000'000'000)}, {"stays", {{"type", "boolean"}}}}),
       half_of_many},
      {"unfinished_line", "An answer without its line end, then exits 0.", no_params, unfinished_line},
      {"not_json", "A line that is no JSON.", no_params, not_json},
      {"other_json", "A line of JSON that is no message.", no_params, other_json},
      {"invalid_utf8", "An answer with a byte that no UTF-8 has.", no_params, invalid_utf8},
      {"deep_json", "An answer nested deeply.", object_with({{"depth", integer_between(1, 1'000'000)}}),
       deep_json},
  };
}

}  // namespace unruly
