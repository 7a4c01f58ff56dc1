#pragma once
// The answers that the door gives by itself, to bytes that are no well-formed request or that go over a
// limit. Everything else is answered by the application.

#include <string>
#include <string_view>

namespace front_door {

/// Why the door refuses. `reason` is the machine-readable word (stable, also a metric's label);
/// `detail` one sentence for the client's author, naming the value and the limit.
struct Refusal {
  int status = 400;
  std::string_view reason = "bad_request";
  std::string detail;
};

/// The whole response: application/problem+json (RFC 9457), Connection: close. Without content where
/// `head_only`.
std::string to_bytes(const Refusal& refusal, std::string_view request_id, bool head_only = false);

}  // namespace front_door
