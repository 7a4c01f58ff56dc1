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

}  // namespace

std::variant<Answer, Progress, Malformed> parse_reply(std::string_view line) {
  std::string_view result;
  auto parsed = parse_json_around("result", line, result, kMaxBesideResult);
  if (auto* fault = std::get_if<JsonFault>(&parsed)) return Malformed{std::move(fault->message)};
  Json& message = std::get<Json>(parsed);
  if (!message.is_object()) return Malformed{"an answer is one JSON object"};
  if (!says_version_2(message)) return Malformed{"the member \"jsonrpc\" is not \"2.0\""};

  const auto id = message.find("id");
  if (const auto method = message.find("method"); method != message.end()) {
    if (id != message.end()) return Malformed{"a cruncher must not send requests"};
    return read_notification(message);
  }
  if (id == message.end() || !is_id(*id)) return Malformed{"the answer has no id"};
  const auto error = message.find("error");
  if (result.empty() == (error == message.end())) {
    return Malformed{"an answer has either a result or an error"};
  }
  if (!result.empty()) return Answer{std::move(*id), result};
  auto read = read_error(*error);
  if (auto* malformed = std::get_if<Malformed>(&read)) return std::move(*malformed);
  return Answer{std::move(*id), std::get<Error>(std::move(read))};
}

}  // namespace ipc
