#include "server/front_door/response.h"

#include <ctime>
#include <utility>

namespace front_door {
namespace {

constexpr std::pair<int, std::string_view> kPhrases[] = {
    {100, "Continue"},
    {200, "OK"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

}  // namespace

std::string_view status_phrase(int status) {
  for (const auto& [known, phrase] : kPhrases)
    if (known == status) return phrase;
  return "";
}

std::string_view http_date() {
  static std::time_t formed_at = 0;
  static char text[32];
  static std::size_t length = 0;
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  if (now.tv_sec != formed_at) {
    formed_at = now.tv_sec;
    std::tm utc{};
    ::gmtime_r(&formed_at, &utc);
    length = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc);
  }
  return {text, length};
}

std::string problem_document(int status, std::string_view reason, std::string_view detail,
                             std::string_view request_id, ipc::Json more) {
  more["type"] = "about:blank";
  more["title"] = status_phrase(status);
  more["status"] = status;
  more["reason"] = reason;
  more["detail"] = detail;
  more["request_id"] = request_id;
  return ipc::print_json(more) + "\n";
}

void finish_head(std::string& head, std::string_view request_id, std::string_view connection) {
  head.append("X-Content-Type-Options: nosniff\r\nCross-Origin-Resource-Policy: same-origin\r\nDate: ");
  head.append(http_date());
  head.append("\r\nX-Request-Id: ").append(request_id);
  if (!connection.empty()) head.append("\r\nConnection: ").append(connection);
  head.append("\r\n\r\n");
}

}  // namespace front_door
