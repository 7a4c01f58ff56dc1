#pragma once
// Servers whose processes do one job after the other (--jobs-per-process), and what the tests ask of them.

#include <algorithm>

#include "tests/end_to_end/job.h"

namespace end_to_end {

inline std::vector<std::string> staying(std::vector<std::string> flags = {}) {
  const auto given = [&](const char* flag) {
    return std::find(flags.begin(), flags.end(), flag) != flags.end();
  };
  if (!given("--jobs-per-process")) flags.insert(flags.end(), {"--jobs-per-process", "0"});
  flags.insert(flags.end(), {"--env", "UNRULY_SERVES_MANY=1"});
  return flags;
}

inline Json status_of(const RunningServer& server) {
  return HttpClient(server.port()).get("/status").json().at("processes");
}

inline std::uint64_t recycled(const RunningServer& server, const char* why) {
  return status_of(server).at("recycled_total").at(why);
}

inline pid_t pid_of(const Answer& answer) {
  return answer.response.json().at("usage").at("pid");
}

}  // namespace end_to_end
