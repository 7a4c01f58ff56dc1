#include "ipc/message.h"

#include <cmath>
#include <limits>
#include <utility>

namespace ipc {
namespace {

bool is_id(const Json& value) {
  return value.is_string() || value.is_number() || value.is_null();
}

bool says_version_2(const Json& message) {
  const auto version = message.find("jsonrpc");
  return version != message.end() && version->is_string() && version->get_ref<const std::string&>() == "2.0";
}

Response invalid_request(Json id, std::string why) {
  return error_response(std::move(id), ErrorCode::invalid_request, std::move(why));
}

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

std::variant<Request, Response> parse_request(std::string_view line) {
  auto parsed = parse_json(line);
  if (const auto* fault = std::get_if<JsonFault>(&parsed)) {
    return error_response(nullptr, ErrorCode::parse_error, fault->message, {{"offset", fault->offset}});
  }
  Json& message = std::get<Json>(parsed);
  if (!message.is_object()) return invalid_request(nullptr, "a request is one JSON object");

  Request request;
  if (const auto id = message.find("id"); id != message.end()) {
    if (!is_id(*id)) return invalid_request(nullptr, "the id must be a string, a number or null");
    request.id = std::move(*id);
  }
  const auto refuse = [&](std::string why) {
    return invalid_request(request.id.value_or(nullptr), std::move(why));
  };
  if (!says_version_2(message)) return refuse("the member \"jsonrpc\" must be \"2.0\"");
  const auto method = message.find("method");
  if (method == message.end() || !method->is_string())
    return refuse("the member \"method\" must be a string");
  request.method = std::move(method->get_ref<std::string&>());
  if (const auto params = message.find("params"); params != message.end()) {
    if (!params->is_object()) return refuse("params must be an object: they are passed by name");
    request.params = std::move(*params);
  }
  return request;
}

std::variant<Answer, Progress, Malformed> parse_reply(std::string_view line) {
  std::string_view result;
  auto parsed = parse_json_around("result", line, result);
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

std::string print_request(const Request& request) {
  std::string line = R"({"jsonrpc":"2.0")";
  if (request.id) line += R"(,"id":)" + print_json(*request.id);
  line += R"(,"method":)" + print_json(request.method);
  line += R"(,"params":)" + print_json(request.params) + "}\n";
  return line;
}

std::string print_response(const Response& response) {
  std::string line = R"({"jsonrpc":"2.0","id":)" + print_json(response.id);
  if (const auto* error = std::get_if<Error>(&response.body)) {
    line += R"(,"error":{"code":)" + std::to_string(error->code);
    line += R"(,"message":)" + print_json(error->message);
    if (!error->data.is_null()) line += R"(,"data":)" + print_json(error->data);
    line += "}}\n";
  } else {
    const auto result = print_json(std::get<Json>(response.body));
    constexpr std::size_t kAround = 32;  // and room for an empty line behind it
    line.reserve(line.size() + result.size() + kAround);
    line.append(R"(,"result":)").append(result).append("}\n");
  }
  return line;
}

std::string print_progress(const Progress& progress) {
  return R"({"jsonrpc":"2.0","method":"progress","params":{"fraction":)" + print_json(progress.fraction) +
         "}}\n";
}

Response error_response(Json id, ErrorCode code, std::string message, Json data) {
  return {std::move(id), Error{static_cast<int>(code), std::move(message), std::move(data)}};
}

}  // namespace ipc
