#include "server/routes/event_text.h"

#include <fmt/format.h>

#include <map>

#include "server/jobs/folder.h"
#include "server/loop/size_limits.h"
#include "server/routes/binary_member.h"

namespace routes {
namespace {

void add(std::string& text, std::string_view event, std::uint64_t id, const ipc::Json& data) {
  text += fmt::format("event: {}\nid: {}\ndata: {}\n\n", event, id, ipc::print_json(data));
}

std::string done(std::string_view data) {
  return fmt::format("event: done\nid: {}\ndata: {}\n\n", kDone, data);
}

}  // namespace

std::string news(const jobs::Topic& topic, std::uint64_t& seen) {
  if (seen == topic.event()) return {};
  std::map<std::uint64_t, std::string> events;
  const auto tell = [&](std::string_view event, std::uint64_t id, ipc::Json data) {
    if (id > seen) add(events[id], event, id, data);
  };
  if (!jobs::is_over(topic.state()))
    tell("state", topic.state_event(), {{"state", jobs::to_string(topic.state())}});
  if (topic.progress() >= 0) tell("progress", topic.progress_event(), {{"progress", topic.progress()}});
  for (const auto& line : topic.lines())
    if (line.event > seen) tell("log", line.event, {{"line", line.text}});
  seen = topic.event();
  std::string text;
  for (const auto& [id, event] : events) text += event;
  return text;
}

std::string done_event(const ipc::Json& document) {
  return done(ipc::print_json(document));
}

std::string done_event(int status, const std::string& type, const jobs::Content& content) {
  ipc::Json document{{"status", status}, {"type", type}};
  if (content.size > loop::kInMemory) {
    document["size"] = content.size;
    document["content"] = nullptr;
    document["detail"] = "too long for an event: ask with Prefer: respond-async, and GET its result";
    return done_event(document);
  }
  const auto bytes = jobs::read_all(content);
  document["content"] = bytes;
  try {
    return done(document.dump());
  } catch (const ipc::Json::type_error&) {  // no UTF-8
    document["contentEncoding"] = "base64";
    document["content"] = base64_of(bytes);
    return done_event(document);
  }
}

// A content in JSON stands in it as it is: one line, but for its end.
std::string done_event(const Reply& reply) {
  const auto type = type_of(reply);
  std::string_view content = reply.content;
  while (content.ends_with('\n')) content.remove_suffix(1);
  return done(fmt::format(R"({{"status":{},"type":"{}","content":{}}})", reply.status, type,
                          content.empty() ? "null" : content));
}

}  // namespace routes
