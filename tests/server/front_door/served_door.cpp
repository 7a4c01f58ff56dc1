#include "tests/server/front_door/served_door.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <malloc.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>

namespace front_door_test {
namespace {

// mallinfo2(3) knows of no other arena.
[[maybe_unused]] const int kOneArena = ::mallopt(M_ARENA_MAX, 1);

}  // namespace

struct ServedDoor::Answers final : Application {
  ContentTerms terms(const Request&) override { return content_terms; }
  std::optional<awaitable<>> respond(Exchange& exchange) override {
    if (!exchange.has_content) return when_whole(exchange);
    answer(exchange);
    return std::nullopt;
  }
  awaitable<> when_whole(Exchange& exchange) {
    co_await exchange.content();
    answer(exchange);
  }
  void withdraw(Exchange& exchange, const Refusal& refusal) override {
    exchange.response = {refusal.status, to_bytes(refusal, "-"), ""};
  }
  void ended(Exchange& exchange, Ending how, std::size_t bytes) override {
    const std::lock_guard lock(mutex);
    endings.push_back({exchange.request.target, how, bytes, std::string(exchange.end_reason)});
  }
  void report(const Exchange&, std::string_view what) override {
    const std::lock_guard lock(mutex);
    reports.emplace_back(what);
  }
  void lost(const Request& request) override {
    const std::lock_guard lock(mutex);
    endings.push_back({request.target, Ending::client_gone, 0, "lost"});
  }
  std::string refuse(const Request&, const Refusal& refusal) override { return to_bytes(refusal, "-"); }

  ContentTerms content_terms;
  Answer answer;
  std::mutex mutex;
  std::vector<Ended> endings;
  std::vector<std::string> reports;
};

std::string get(std::string_view target, int minor) {
  return fmt::format("GET {} HTTP/1.{}\r\nHost: a\r\n\r\n", target, minor);
}

ServedDoor::ServedDoor(Setting setting, Answer answer)
    : scratch_(loop_, setting.scratch_dir, setting.max_scratch), answers_(std::make_unique<Answers>()) {
  ::signal(SIGPIPE, SIG_IGN);  // as the server does
  answers_->content_terms = setting.terms;
  answers_->answer = std::move(answer);
  door_ = std::make_unique<Door>(loop_, setting.limits, *answers_, scratch_);
  auto endpoints = listen_tcp("127.0.0.1", 0, false);
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(endpoints.at(0).socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  listener_ = std::make_unique<Listener>(*door_, std::move(endpoints.at(0)));
  thread_ = std::thread([this] { loop_.run(); });
}

ServedDoor::~ServedDoor() {
  on_loop([this] { listener_->close(); });
  CHECK(harness::eventually(std::chrono::seconds(10), [this] { return counts().open == 0; }));
  loop_.stop();
  thread_.join();
}

DoorCounts ServedDoor::counts() {
  return on_loop([this] { return door_->counts; });
}

std::size_t ServedDoor::scratch_used() {
  return on_loop([this] { return scratch_.used(); });
}

std::optional<Ended> ServedDoor::ended(const std::string& target, harness::milliseconds within) {
  std::optional<Ended> found;
  harness::eventually(within, [&] {
    const std::lock_guard lock(answers_->mutex);
    for (const auto& one : answers_->endings)
      if (one.target == target) found = one;
    return found.has_value();
  });
  return found;
}

std::vector<std::string> ServedDoor::reports() {
  const std::lock_guard lock(answers_->mutex);
  return answers_->reports;
}

std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>((i * 2654435761u) >> 24);
  return bytes;
}

Response of_size(std::size_t size) {
  Response response;
  response.status = 200;
  response.head = fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", size);
  return response;
}

Response whole(std::string body) {
  auto response = of_size(body.size());
  response.body = std::move(body);
  return response;
}

Response in_parts(Exchange& exchange, Stream stream) {
  const bool chunked = exchange.request.minor_version > 0;
  exchange.client_keeps_alive = exchange.client_keeps_alive && chunked;
  Response response;
  response.status = 200;
  response.head = fmt::format("HTTP/1.1 200 OK\r\n{}\r\n\r\n",
                              chunked ? "Transfer-Encoding: chunked" : "Connection: close");
  response.stream = std::move(stream);
  return response;
}

std::size_t allocated() {
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

FileContent file_of(const std::string& bytes) {
  loop::UniqueFd file(::memfd_create("content", MFD_CLOEXEC));
  REQUIRE(::write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  return {std::move(file), 0, bytes.size()};
}

}  // namespace front_door_test
