#include "ipc/message.h"

#include <algorithm>
#include <utility>

namespace ipc {
namespace {

Response invalid_request(Json id, std::string why) {
  return error_response(std::move(id), ErrorCode::invalid_request, std::move(why));
}

void print_usage(const OwnUsage& usage, std::string& line) {
  if (!usage.cpu_ms && !usage.max_rss_kib) return;
  line += R"(,"usage":{)";
  if (usage.cpu_ms) line += R"("cpu_ms":)" + print_json(*usage.cpu_ms);
  if (usage.cpu_ms && usage.max_rss_kib) line += ',';
  if (usage.max_rss_kib) line += R"("max_rss_kib":)" + std::to_string(*usage.max_rss_kib);
  line += '}';
}

}  // namespace

bool is_id(const Json& value) {
  return value.is_string() || value.is_number() || value.is_null();
}

bool says_version_2(const Json& message) {
  const auto version = message.find("jsonrpc");
  return version != message.end() && version->is_string() && version->get_ref<const std::string&>() == "2.0";
}

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

std::string print_request(const Request& request) {
  std::string line = R"({"jsonrpc":"2.0")";
  if (request.id) line += R"(,"id":)" + print_json(*request.id);
  line += R"(,"method":)" + print_json(request.method);
  line += R"(,"params":)" + print_json(request.params) + "}\n";
  return line;
}

std::string print_verbatim_request(std::string_view id, std::string_view method, std::string_view params) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (params.starts_with(kByteOrderMark)) params.remove_prefix(kByteOrderMark.size());
  const auto id_text = print_json(id), method_text = print_json(method);
  std::string line;
  line.reserve(id_text.size() + method_text.size() + params.size() + 64);
  line.append(R"({"jsonrpc":"2.0","id":)").append(id_text).append(R"(,"method":)").append(method_text);
  line.append(R"(,"params":)");
  const auto begin = line.size();
  line.append(params);
  // A raw one stands between tokens only, where a space is as good.
  const auto ends_line = [](char c) { return c == '\n' || c == '\r'; };
  std::replace_if(line.begin() + static_cast<std::ptrdiff_t>(begin), line.end(), ends_line, ' ');
  return line.append("}\n");
}

std::string print_response(const Response& response) {
  std::string line = R"({"jsonrpc":"2.0","id":)" + print_json(response.id);
  if (const auto* error = std::get_if<Error>(&response.body)) {
    line += R"(,"error":{"code":)" + std::to_string(error->code);
    line += R"(,"message":)" + print_json(error->message);
    if (!error->data.is_null()) line += R"(,"data":)" + print_json(error->data);
    line += '}';
  } else {
    const auto result = print_json(std::get<Json>(response.body));
    constexpr std::size_t kAround = 128;  // the usage, and room for an empty line behind it
    line.reserve(line.size() + result.size() + kAround);
    line.append(R"(,"result":)").append(result);
  }
  print_usage(response.usage, line);
  return line += "}\n";
}

std::string print_progress(const Progress& progress) {
  return R"({"jsonrpc":"2.0","method":"progress","params":{"fraction":)" + print_json(progress.fraction) +
         "}}\n";
}

Response error_response(Json id, ErrorCode code, std::string message, Json data) {
  return {std::move(id), Error{static_cast<int>(code), std::move(message), std::move(data)}};
}

}  // namespace ipc
