#include "server/routes/event_text.h"

#include <fmt/format.h>

namespace routes {
namespace {

void add(std::string& text, std::string_view event, std::uint64_t id, const ipc::Json& data) {
  text += fmt::format("event: {}\nid: {}\ndata: {}\n\n", event, id, ipc::print_json(data));
}

std::string type_of(const Reply& reply) {
  for (const auto& [name, value] : reply.fields)
    if (name == "Content-Type") return value;
  return {};
}

}  // namespace

std::string news(const jobs::Topic& topic, Seen& seen) {
  std::string text;
  const auto event = topic.event();
  if (seen.event >= event) return text;
  if (seen.state != topic.state() && !jobs::is_over(topic.state()))
    add(text, "state", event, {{"state", jobs::to_string(topic.state())}});
  if (topic.progress() >= 0 && seen.progress != topic.progress())
    add(text, "progress", event, {{"progress", topic.progress()}});
  for (const auto& line : topic.lines())
    if (line.event > seen.event) add(text, "log", line.event, {{"line", line.text}});
  seen = {event, topic.state(), topic.progress()};
  return text;
}

std::string done_event(const ipc::Json& document) {
  return fmt::format("event: done\nid: {}\ndata: {}\n\n", kDone, ipc::print_json(document));
}

// A content in JSON stands in it as it is: one line, but for its end.
std::string done_event(const Reply& reply) {
  const auto type = type_of(reply);
  std::string_view content = reply.content;
  while (content.ends_with('\n')) content.remove_suffix(1);
  return fmt::format("event: done\nid: {}\ndata: {{\"status\":{},\"type\":\"{}\",\"content\":{}}}\n\n", kDone,
                     reply.status, type, content.empty() ? "null" : content);
}

}  // namespace routes
