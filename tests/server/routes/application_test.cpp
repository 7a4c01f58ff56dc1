// What becomes of a handler's reply, and of a handler that fails.

#include "server/routes/application.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <stdexcept>

namespace routes {
namespace {

struct Listening final : telemetry::Observer {
  void on_request(const telemetry::RequestRecord& record) override { statuses.push_back(record.status); }
  void on_abandoned(const process::Abandoned&, const process::Usage&) override {}
  void on_bug(std::string_view, std::string_view what) override { bugs.emplace_back(what); }
  std::vector<int> statuses;
  std::vector<std::string> bugs;
};

awaitable<Reply> fails_later(Call&) {
  co_await asio::post(co_await asio::this_coro::executor, use_awaitable);
  throw std::runtime_error("later");
}

awaitable<Reply> length_of_content(Call& call) {
  const auto content = co_await call.content();
  co_return json_reply(std::to_string(content.size()));
}

Table table() {
  const LightHandler fails = [](Call&) -> Reply { throw std::runtime_error("at once"); };
  const LightHandler query = [](Call& call) { return json_reply(call.query("a").value_or("none")); };
  const LightHandler file = [](Call&) {
    Reply reply;
    reply.file = {loop::UniqueFd(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)), 3, 1234};
    return reply;
  };
  const LightHandler stream = [](Call&) {
    Reply reply;
    reply.stream = [](front_door::ReplyStream& to) -> awaitable<> { co_await to.write("part"); };
    return reply;
  };
  const HeavyHandler later = [](Call& call) { return fails_later(call); };
  const HeavyHandler length = [](Call& call) { return length_of_content(call); };
  return {{"GET", "/page", "", Pages{{"{}"}}},
          {"GET", "/fails", "", fails},
          {"GET", "/query", "", query},
          {"GET", "/later", "", later},
          {"GET", "/file", "", file},
          {"GET", "/stream", "", stream},
          {"POST", "/length", "", length},
          {"POST", "/long/{name}", "", length, {}, [](const std::string& name) {
             return front_door::ContentTerms{name.size(), true};
           }}};
}

struct Served {
  Served() { router.serve(table()); }

  front_door::Response answer(std::string method, std::string target, std::string body = {},
                              front_door::Client* client = nullptr) {
    front_door::Exchange exchange;
    exchange.request.method = std::move(method);
    exchange.request.target = std::move(target);
    exchange.request.fields = {{"Content-Type", "application/json"}};
    exchange.request.body = std::move(body);
    exchange.client = client;
    exchange.has_content = !client;
    if (auto reply = application.respond(exchange)) {
      asio::co_spawn(loop.get_executor(), std::move(*reply), asio::detached);
      loop.restart();
      loop.run();
    }
    auto response = std::move(exchange.response);
    application.ended(exchange, front_door::Ending::sent, 0);
    return response;
  }

  Loop loop;
  loop::ThreadPool pool{loop, 1};
  Listening listening;
  std::vector<telemetry::Observer*> observers{&listening};
  Router router;
  identity::Clients clients;
  Application application{router, HostCheck(), clients, pool, observers, 1 << 20};
};

bool has(const front_door::Response& response, std::string_view text) {
  return response.head.find(text) != std::string::npos;
}

TEST_CASE("what a handler throws is a line of the log, and 500 without its text") {
  Served served;
  for (const auto* target : {"/fails", "/later"}) {
    CAPTURE(std::string(target));
    const auto response = served.answer("GET", target);
    CHECK(response.status == 500);
    CHECK(has(response, "HTTP/1.1 500 Internal Server Error\r\n"));
    CHECK(response.body.find("internal_error") != std::string::npos);
    CHECK(response.body.find("at once") == std::string::npos);
    CHECK(response.body.find("later") == std::string::npos);
  }
  CHECK(served.listening.bugs == std::vector<std::string>{"at once", "later"});
}

TEST_CASE("a heavy handler asks for the content that its client holds back, and others cost it none") {
  struct Waiting final : front_door::Client {
    explicit Waiting(int& asked) : asked(asked) {}
    awaitable<> read_content() override {
      ++asked;
      co_return;
    }
    bool has_left() const override { return false; }
    int& asked;
  };
  Served served;
  int asked = 0;
  Waiting client(asked);
  CHECK(served.answer("POST", "/length", "12345").body == "5");
  CHECK(served.answer("POST", "/nowhere", "", &client).status == 404);
  CHECK(served.answer("POST", "/page", "", &client).status == 405);
  CHECK(asked == 0);
  CHECK(served.answer("POST", "/length", "", &client).body == "0");
  CHECK(asked == 1);
}

TEST_CASE("a query is decoded, its first value counts, and a second question mark is a part of it") {
  Served served;
  CHECK(served.answer("GET", "/query?a=b%20c&a=d").body == "b c");
  CHECK(served.answer("GET", "/query?b?a=1").body == "none");
  CHECK(served.answer("GET", "/query?a=1?2").body == "1?2");
  CHECK(served.answer("GET", "/query").body == "none");
}

TEST_CASE("a page keeps its head, and HEAD gets that alone") {
  Served served;
  const auto page = served.answer("GET", "/page");
  CHECK(has(page, "HTTP/1.1 200 OK\r\n"));
  CHECK(has(page, "Content-Length: 2\r\n"));
  CHECK(page.content() == "{}");
  const auto head = served.answer("HEAD", "/page?a");
  CHECK(has(head, "Content-Length: 2\r\n"));
  CHECK(head.content().empty());
}

TEST_CASE("a file has its length, a stream is in chunks, and HEAD gets neither") {
  Served served;
  const auto file = served.answer("GET", "/file");
  CHECK(has(file, "Content-Length: 1234\r\n"));
  CHECK(file.file.fd);
  CHECK(file.file.offset == 3);
  const auto stream = served.answer("GET", "/stream");
  CHECK(has(stream, "Transfer-Encoding: chunked\r\n"));
  CHECK(!has(stream, "Content-Length"));
  CHECK(stream.stream);
  CHECK(has(served.answer("HEAD", "/file"), "Content-Length: 1234\r\n"));
  CHECK(!served.answer("HEAD", "/file").file.fd);
  CHECK(!served.answer("HEAD", "/stream").stream);
}

TEST_CASE("a route says how much content it takes, by the last segment of the path; others take --max-body") {
  Served served;
  front_door::Request head;
  head.method = "POST";
  head.target = "/long/n%61me?a=b";
  CHECK(served.application.terms(head).most == 4);
  CHECK(served.application.terms(head).may_spool);
  for (const auto* target : {"/length", "/nowhere", "/page"}) {
    head.target = target;
    CHECK(served.application.terms(head).most == 1 << 20);
    CHECK(!served.application.terms(head).may_spool);
  }
}

}  // namespace
}  // namespace routes
