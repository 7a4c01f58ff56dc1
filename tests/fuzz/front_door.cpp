// Any bytes as what a client sends: through the real connection, the real routes, and jobs that cost no
// process. Besides not crashing, the answers must be well-formed, must not depend on how the bytes were
// portioned, and nothing may be left behind.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/front_door/connection.h"
#include "tests/fuzz/house.h"
#include "tests/fuzz/property.h"

using namespace loop;

namespace {

front_door::Limits small_limits() {
  front_door::Limits limits;
  limits.max_request_line = limits.max_field_line = 256;
  limits.max_head = 1024;
  limits.max_fields = 12;
  limits.max_body = 512;
  return limits;
}

// One client after the other, over a pair of sockets.
class Street {
 public:
  /// Everything that the server says to a client that sends `bytes` in portions and then has said all.
  std::string answers_to(std::string_view bytes, std::size_t portion) {
    int ends[2];
    property(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0,
             "sockets can be had");
    front_door::Socket socket(loop_.get_executor());
    socket.assign(asio::generic::stream_protocol(AF_UNIX, 0), ends[0]);
    auto connection =
        std::make_unique<front_door::Connection>(door_, std::move(socket), front_door::Peer{"unix", 0});
    asio::co_spawn(loop_.get_executor(), front_door::Connection::serve(std::move(connection)),
                   asio::detached);
    std::string answers;
    for (; !bytes.empty(); bytes.remove_prefix(std::min(portion, bytes.size()))) {
      if (::send(ends[1], bytes.data(), std::min(portion, bytes.size()), MSG_NOSIGNAL) < 0) break;
      settle(answers, ends[1]);
    }
    ::shutdown(ends[1], SHUT_WR);
    settle(answers, ends[1]);
    ::close(ends[1]);
    run();
    property(door_.counts.open == 0, "a connection ends when its client has said all and reads no more");
    property(door_.counts.buffered == 0, "a connection that has ended holds no buffer");
    return answers;
  }

 private:
  void run() {
    loop_.restart();
    while (loop_.poll() > 0) continue;
  }

  // Lets the server do all that it can do by now, and takes what it says.
  void settle(std::string& answers, int socket) {
    char chunk[16384];
    ssize_t got;
    do {
      run();
      got = ::recv(socket, chunk, sizeof chunk, 0);
      if (got > 0) answers.append(chunk, static_cast<std::size_t>(got));
    } while (got > 0);
  }

  Loop loop_{1};
  fuzz::House house_{loop_};
  loop::Scratch scratch_{loop_, "", 1 << 20};
  front_door::Door door_{loop_, small_limits(), house_, scratch_};
};

constexpr std::string_view kExpect = "expect";

struct Answer {
  int status;
  bool says_close;
};

// Takes the answers apart as a client would; they must leave no doubt.
std::vector<Answer> answers_in(std::string_view text) {
  std::vector<Answer> answers;
  while (!text.empty()) {
    const auto end = text.find("\r\n\r\n");
    property(text.starts_with("HTTP/1.1 ") && end != std::string_view::npos,
             "an answer is a whole HTTP/1.1 head");
    const std::string head(text.substr(0, end + 2));
    const int status = std::stoi(head.substr(9, 3));
    property(status >= 100 && status < 600, "an answer has a status of RFC 9110");
    text.remove_prefix(end + 4);
    if (status < 200) continue;
    property(head.find("\r\nDate: ") != std::string::npos, "an answer has a Date");
    property(head.find("\r\nTransfer-Encoding:") == std::string::npos, "an answer is framed by its length");
    const auto length = head.find("\r\nContent-Length: ");
    property(length != std::string::npos || status == 204, "an answer says its length");
    // An answer to HEAD has a length and no content. No content of this server begins as a status line does.
    if (length != std::string::npos && !text.empty() && !text.starts_with("HTTP/1.1 ")) {
      const auto size = std::stoul(head.substr(length + 18));
      property(size <= text.size(), "an answer is as long as it says");
      text.remove_prefix(size);
    }
    answers.push_back({status, head.find("\r\nConnection: close\r\n") != std::string::npos});
    property(!answers.back().says_close || text.empty(), "nothing follows an answer that says close");
  }
  return answers;
}

bool same(const std::vector<Answer>& a, const std::vector<Answer>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Answer& x, const Answer& y) {
    return x.status == y.status && x.says_close == y.says_close;
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Street street;
  if (size < 2) return 0;
  const std::size_t portion = data[0] % 64 + 1;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto whole = answers_in(street.answers_to(bytes, bytes.size()));
  const auto portions = answers_in(street.answers_to(bytes, portion));
  // Whether a client that asks first (Expect) is told to go on depends on what it has sent already, and then
  // so does the rest.
  const bool asks_first = std::search(bytes.begin(), bytes.end(), kExpect.begin(), kExpect.end(),
                                      [](char a, char b) { return (a | 0x20) == b; }) != bytes.end();
  property(asks_first || same(whole, portions), "answers do not depend on how the bytes came");
  return 0;
}
