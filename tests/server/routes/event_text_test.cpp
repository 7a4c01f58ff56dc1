// The text of events, for a watcher from the first and for one that comes back.

#include "server/routes/event_text.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

namespace routes {
namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST_CASE("what is new is told once") {
  loop::Loop loop(1);
  jobs::Topic topic(loop);
  std::uint64_t seen = 0;
  CHECK(count(news(topic, seen), "event: state\n") == 1);
  CHECK(news(topic, seen).empty());
  topic.set(jobs::State::running);
  topic.on_progress(0.25);
  topic.on_progress(0.5);
  topic.on_stderr("one\ntwo\n");
  const auto text = news(topic, seen);
  CHECK(count(text, R"(data: {"state":"running"})") == 1);
  CHECK(count(text, "event: progress\n") == 1);
  CHECK(count(text, R"(data: {"progress":0.5})") == 1);
  CHECK(count(text, "event: log\n") == 2);
  CHECK(news(topic, seen).empty());
}

TEST_CASE("who comes back with the last event's id is told what came since") {
  loop::Loop loop(1);
  jobs::Topic topic(loop);
  topic.on_stderr("old\n");
  auto back = topic.event();
  CHECK(news(topic, back).empty());
  topic.on_stderr("new\n");
  auto again = topic.event() - 1;
  const auto text = news(topic, again);
  CHECK(count(text, "old") == 0);
  CHECK(count(text, "new") == 1);
}

TEST_CASE("events come in the order of their ids, so that none is lost wherever a stream breaks off") {
  loop::Loop loop(1);
  jobs::Topic topic(loop);
  topic.on_stderr("one\ntwo\n");
  topic.set(jobs::State::running);
  topic.on_stderr("three\n");
  topic.on_progress(0.5);
  topic.on_stderr("four\n");
  std::uint64_t all = 0;
  const auto text = news(topic, all);
  std::vector<std::uint64_t> ids;
  for (auto at = text.find("\nid: "); at != std::string::npos; at = text.find("\nid: ", at + 1))
    ids.push_back(std::stoull(text.substr(at + 5)));
  CHECK(ids.size() == 6);
  CHECK(std::is_sorted(ids.begin(), ids.end()));
  CHECK(std::adjacent_find(ids.begin(), ids.end()) == ids.end());
  auto back = ids.at(2);  // that of the state
  const auto rest = news(topic, back);
  CHECK(count(rest, "event: ") == 3);
  CHECK(rest == text.substr(text.size() - rest.size()));
}

TEST_CASE("a line that looks like an event is none") {
  loop::Loop loop(1);
  jobs::Topic topic(loop);
  auto seen = topic.event();
  topic.on_stderr("data: forged\rid: 7\n");
  const auto text = news(topic, seen);
  CHECK(count(text, "\r") == 0);
  CHECK(count(text, "\nid: 7") == 0);
}

TEST_CASE("the reply of a job stands in its last event as one line") {
  const auto text = done_event(json_reply("{\"result\":1}\n"));
  CHECK(text ==
        "event: done\nid: done\ndata: "
        "{\"status\":200,\"type\":\"application/json\",\"content\":{\"result\":1}}\n\n");
  CHECK(done_event(Reply{204, {}, {}}).find("\"content\":null") != std::string::npos);
}

}  // namespace
}  // namespace routes
