#include "server/front_door/refusal.h"

#include <fmt/format.h>

#include "server/front_door/response.h"

namespace front_door {

std::string to_bytes(const Refusal& refusal, std::string_view request_id, bool head_only) {
  const auto content = problem_document(refusal.status, refusal.reason, refusal.detail, request_id);
  auto bytes = fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: application/problem+json\r\nContent-Length: {}\r\n"
      "Cache-Control: {}\r\n{}",
      refusal.status, status_phrase(refusal.status), content.size(), kNotKept,
      refusal.status == 503 ? "Retry-After: 1\r\n" : "");
  finish_head(bytes, request_id, "close");
  return head_only ? bytes : bytes + content;
}

}  // namespace front_door
