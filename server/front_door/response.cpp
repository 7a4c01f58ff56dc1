#include "server/front_door/response.h"

#include <ctime>

namespace front_door {

std::string_view status_phrase(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
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
