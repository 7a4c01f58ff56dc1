#include "server/front_door/refusal.h"

#include <fmt/format.h>

#include <ctime>
#include <nlohmann/json.hpp>

namespace front_door {

std::string_view status_phrase(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "";
  }
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

std::string to_bytes(const Refusal& refusal, std::string_view request_id, bool head_only) {
  const nlohmann::json problem{{"type", "about:blank"},    {"title", status_phrase(refusal.status)},
                               {"status", refusal.status}, {"reason", refusal.reason},
                               {"detail", refusal.detail}, {"request_id", request_id}};
  const auto body = problem.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  auto bytes = fmt::format(
      "HTTP/1.1 {} {}\r\nDate: {}\r\nContent-Type: application/problem+json\r\nContent-Length: {}\r\n"
      "X-Request-Id: {}\r\n{}Connection: close\r\n\r\n",
      refusal.status, status_phrase(refusal.status), http_date(), body.size(), request_id,
      refusal.status == 503 ? "Retry-After: 1\r\n" : "");
  return head_only ? bytes : bytes + body;
}

}  // namespace front_door
