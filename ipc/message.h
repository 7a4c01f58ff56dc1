#pragma once
// The JSON-RPC 2.0 messages of the pipe, as values, one line of text each. Knows no descriptor and no task.
// The server prints requests, a cruncher reads them and prints answers, which the server reads
// (reply.h). See PROTOCOL.md.

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "ipc/json.h"

namespace ipc {

/// Codes of the error object: JSON-RPC 2.0 section 5.1, and two of the implementation-defined range.
enum class ErrorCode : int {
  parse_error = -32700,
  invalid_request = -32600,
  method_not_found = -32601,
  invalid_params = -32602,
  internal_error = -32603,
  task_failed = -32000,
  out_of_memory = -32001,
};

/// The `error` member of an answer. `code` is any integer, since a foreign cruncher may use its own.
struct Error {
  int code = 0;
  std::string message;
  Json data;  ///< null where there is none; for invalid_params {"errors": [{"pointer", "message"}]}
};

/// A call. `id` is a string, a number or null; without a value it is a notification, which gets no answer.
struct Request {
  std::optional<Json> id;
  std::string method;
  Json params = Json::object();  ///< an object; absent params read as {}
};

/// What a cruncher says that its job has cost; what it does not say is absent.
struct OwnUsage {
  std::optional<double> cpu_ms;
  std::optional<long> max_rss_kib;
};

/// An answer, as its cruncher makes it: `body` is the result or the error.
struct Response {
  Json id;
  std::variant<Json, Error> body;
  OwnUsage usage{};
};

/// `{"method":"progress","params":{"fraction":f}}` from a cruncher, 0 <= fraction <= 1.
struct Progress {
  double fraction = 0;
};

/// What a call's id and an answer's may be; and whether the message has a "jsonrpc" of "2.0".
bool is_id(const Json& value);
bool says_version_2(const Json& message);

/// For a cruncher: the call in one line, or the error answer that its sender must get
/// (parse_error with id null, invalid_request with the id if one can be read).
std::variant<Request, Response> parse_request(std::string_view line);

/// One line each, '\n' included.
std::string print_request(const Request& request);
/// The same with the params as their sender wrote them: digits and order of members are kept. `params` is
/// JSON text that parse_json() takes.
std::string print_verbatim_request(std::string_view id, std::string_view method, std::string_view params);
std::string print_response(const Response& response);
std::string print_progress(const Progress& progress);

/// An error answer to `id`.
Response error_response(Json id, ErrorCode code, std::string message, Json data = nullptr);

}  // namespace ipc
