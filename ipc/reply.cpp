#include "ipc/reply.h"

#include <limits>
#include <utility>

namespace ipc {
namespace {

std::variant<Error, Malformed> read_error(Json& error) {
  if (!error.is_object()) return Malformed{"the error is not an object"};
  const auto code = error.find("code");
  if (code == error.end() || !code->is_number_integer())
    return Malformed{"the error's code is not an integer"};
  const auto number = code->get<double>();  // get<int>() would not check the range
  if (number < std::numeric_limits<int>::min() || number > std::numeric_limits<int>::max()) {
    return Malformed{"the error's code is out of range"};
  }
  const auto message = error.find("message");
  if (message == error.end() || !message->is_string())
    return Malformed{"the error's message is not a string"};
  Error read{static_cast<int>(number), std::move(message->get_ref<std::string&>()), nullptr};
  if (const auto data = error.find("data"); data != error.end()) read.data = std::move(*data);
  return read;
}

Progress read_notification(const Json& message) {
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  if (message["method"] != "progress") return {unknown};
  const auto params = message.find("params");
  if (params == message.end() || !params->is_object()) return {unknown};
  const auto fraction = params->find("fraction");
  if (fraction == params->end() || !fraction->is_number()) return {unknown};
  const auto value = fraction->get<double>();
  return {value >= 0 && value <= 1 ? value : unknown};
}

// Passed over where it is none: it is for people's eyes.
OwnUsage read_usage(const Json& message) {
  OwnUsage usage;
  const auto member = message.find("usage");
  if (member == message.end() || !member->is_object()) return usage;
  const auto number = [&](const char* name) -> std::optional<double> {
    const auto found = member->find(name);
    if (found == member->end() || !found->is_number()) return std::nullopt;
    const auto value = found->get<double>();
    return value >= 0 && value < 1e15 ? std::optional(value) : std::nullopt;
  };
  usage.cpu_ms = number("cpu_ms");
  if (const auto peak = number("max_rss_kib")) usage.max_rss_kib = static_cast<long>(*peak);
  return usage;
}

}  // namespace

Malformed malformed(std::string_view why, std::string_view line) {
  constexpr std::size_t kQuoted = 200;
  const auto quote = Json(shortened(line, kQuoted)).dump(-1, ' ', true, Json::error_handler_t::replace);
  return {std::string(why) + "; the line is " + quote, why.size()};
}

std::variant<Answer, Progress, Malformed> parse_reply(std::string_view line) {
  std::string_view result;
  auto parsed = parse_json_around("result", line, result, kMaxBesideResult);
  if (auto* fault = std::get_if<JsonFault>(&parsed)) return malformed(fault->message, line);
  Json& message = std::get<Json>(parsed);
  if (!message.is_object()) return malformed("an answer is one JSON object", line);
  if (!says_version_2(message)) return malformed("the member \"jsonrpc\" is not \"2.0\"", line);

  const auto id = message.find("id");
  if (const auto method = message.find("method"); method != message.end()) {
    if (id != message.end()) return malformed("a cruncher must not send requests", line);
    return read_notification(message);
  }
  if (id == message.end() || !is_id(*id)) return malformed("the answer has no id", line);
  const auto error = message.find("error");
  if (result.empty() == (error == message.end())) {
    return malformed("an answer has either a result or an error", line);
  }
  const auto usage = read_usage(message);
  if (!result.empty()) return Answer{std::move(*id), result, usage};
  auto read = read_error(*error);
  if (const auto* fault = std::get_if<Malformed>(&read)) return malformed(fault->why, line);
  return Answer{std::move(*id), std::get<Error>(std::move(read)), usage};
}

}  // namespace ipc
