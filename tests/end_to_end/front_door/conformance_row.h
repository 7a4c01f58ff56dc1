#pragma once
// One row of the conformance table: the bytes of a client, and what RFC 9112 and RFC 9110 want in return.
// Knows no socket. The rows are in rows_*.cpp; conformance_run.h sends them to a server.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/harness/http_client.h"

namespace conformance {

using Answers = std::vector<harness::HttpResponse>;

/// Something that must hold for the answers of a row, in their order, interim ones (1xx) included.
struct Check {
  std::string wanted;
  std::function<bool(const Answers&)> holds;
};

/// What becomes of the connection. `either` is for requests that are refused although their framing is sound.
enum class After { open, closed, either };

struct Row {
  std::string behaviour;
  std::string section;  ///< "9112 3.2": the RFC and its section
  std::string request;
  std::string answers;  ///< a regular expression for the statuses in their order: "(100 )?200"
  After after;
  std::vector<Check> checks = {};
};

using Rows = std::vector<Row>;

Rows request_line_rows();
Rows target_rows();
Rows host_rows();
Rows field_rows();
Rows content_length_rows();
Rows transfer_encoding_rows();
Rows chunk_rows();
Rows connection_rows();
Rows expectation_rows();
Rows method_rows();
Rows pipeline_rows();

/// All of them, in that order.
Rows all_rows();

/// `GET target HTTP/1.1` with a Host and `fields` (each line with its CRLF).
std::string get(std::string_view target, std::string_view fields = "");

/// A POST to a task, with a Host, a JSON media type and `fields`, then `content` as it stands.
std::string post(std::string_view fields, std::string_view content);

/// A post() in chunks; `chunks` is everything after the head.
std::string post_chunked(std::string_view chunks);

/// Content that reads as JSON and that no schema accepts: it gives 422 when it came in whole, at no cost.
inline constexpr std::string_view kContent = R"({"CPUTimeMs":-1})";
inline constexpr std::string_view kContentLength = "Content-Length: 16\r\n";

/// For the last answer of a row.
Check has_field(std::string name, std::string value);
Check has_field_with(std::string name, std::string part);
Check lacks_field(std::string name);
Check says(std::string text);
Check lacks_content();

/// The X-Request-Id of each answer.
Check answers_ids(std::vector<std::string> ids);

}  // namespace conformance
