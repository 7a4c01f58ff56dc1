#pragma once
// An open-loop HTTP client: requests leave by the clock, whether or not earlier ones were answered, and a
// latency is counted from the moment at which its request was due. So a server that stalls cannot hide the
// requests that it kept from being sent (no "coordinated omission"). One thread; open_loop_main.cpp reads
// options and prints.

#include <netinet/in.h>

#include <string>
#include <vector>

namespace bench {

/// What is asked, and how often.
struct Load {
  sockaddr_in server{};
  std::string request;  ///< the bytes of one whole HTTP/1.1 request
  double rate = 100;    ///< requests per second
  double seconds = 1;   ///< for how long requests leave
  double patience = 5;  ///< seconds after that in which answers are still awaited
  unsigned connections =
      1;  ///< at most so many at once, kept alive; a request that finds none free waits, on the clock
};

/// One request's end. Status 0: no answer (refused, cut, or still open when patience ended); its time counts
/// all the same.
struct Sample {
  int status = 0;
  double milliseconds = 0;  ///< from the moment it was due to its end
  double ended = 0;         ///< seconds from the start of the load to its end
};

/// Sends the load and returns one sample per request, in no particular order. Throws std::system_error where
/// the client's own machinery fails, never for what the server does.
std::vector<Sample> send_open_loop(const Load& load);

}  // namespace bench
