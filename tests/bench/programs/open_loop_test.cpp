// The benchmark's client must find the end of every answer, and must not let a stalling server off.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include "open_loop.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <thread>

#include "response_reader.h"

using bench::ResponseReader;

namespace {

constexpr std::string_view kSized = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
constexpr std::string_view kChunked =
    "HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5;x=y\r\nhello\r\n0\r\nA: "
    "b\r\n\r\n";

/// Feeds one byte at a time; the number of bytes after which the response was whole.
std::size_t bytes_until_whole(ResponseReader& reader, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (reader.feed(text.substr(i, 1))) return i + 1;
  }
  return 0;
}

/// Takes one connection, leaves its first request unanswered for `stall`, then answers it and all others at
/// once.
class StallingServer {
 public:
  explicit StallingServer(std::chrono::milliseconds stall)
      : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(bind(listener_, any, length) == 0);
    REQUIRE(getsockname(listener_, any, &length) == 0);
    REQUIRE(listen(listener_, 8) == 0);
    thread_ = std::thread([this, stall] {
      const int client = accept(listener_, nullptr, nullptr);
      char request[4096];
      for (bool first = true; read(client, request, sizeof request) > 0; first = false) {
        if (first) std::this_thread::sleep_for(stall);
        if (write(client, kSized.data(), kSized.size()) < 0) break;
      }
      close(client);
    });
  }
  ~StallingServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }

  sockaddr_in address{};

 private:
  int listener_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("a response ends where its length says, however its bytes arrive") {
  ResponseReader reader;
  CHECK(bytes_until_whole(reader, kSized) == kSized.size());
  CHECK(reader.status() == 200);
  CHECK(reader.keeps_alive());
  reader.reset();
  CHECK(reader.feed(kSized));
}

TEST_CASE("a chunked response ends after its trailer") {
  ResponseReader reader;
  CHECK(bytes_until_whole(reader, kChunked) == kChunked.size());
  CHECK(reader.status() == 503);
  CHECK_FALSE(reader.keeps_alive());
}

TEST_CASE("a response without a length ends with its stream, a cut one does not") {
  ResponseReader reader;
  CHECK_FALSE(reader.feed("HTTP/1.1 200 OK\r\n\r\nhello"));
  CHECK(reader.end_of_stream());
  reader.reset();
  CHECK_FALSE(reader.feed(kSized.substr(0, kSized.size() - 1)));
  CHECK_FALSE(reader.end_of_stream());
}

TEST_CASE("what is no HTTP response is broken") {
  ResponseReader reader;
  CHECK(reader.feed("SSH-2.0-OpenSSH\r\n\r\n"));
  CHECK(reader.broken());
}

TEST_CASE("a server that stalls is charged for every request that was due meanwhile") {
  StallingServer server(std::chrono::milliseconds(400));
  bench::Load load;
  load.server = server.address;
  load.request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  load.rate = 100;
  load.seconds = 0.5;
  const auto samples = bench::send_open_loop(load);
  CHECK(samples.size() == 50);
  CHECK(std::all_of(samples.begin(), samples.end(), [](const auto& sample) { return sample.status == 200; }));
  // Those due in the first 300 ms wait at least 100 ms each; a client that waits for answers would see one
  // slow request.
  CHECK(std::count_if(samples.begin(), samples.end(),
                      [](const auto& one) { return one.milliseconds >= 99; }) >= 30);
}
