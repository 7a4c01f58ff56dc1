// Requests byte for byte as well-known clients send them: each is answered, and none is refused for its form.

#include "tests/end_to_end/front_door/real_clients.h"

#include <doctest/doctest.h>

#include "tests/harness/http_client.h"
#include "tests/harness/running_server.h"

namespace real_clients {
namespace {

using harness::HttpClient;
using harness::RunningServer;

TEST_CASE("what real clients send is answered, in one piece and byte by byte") {
  const RunningServer server({"--priority", "normal"});
  for (const auto& sent : requests()) {
    CAPTURE(std::string(sent.client));
    const std::string request(sent.bytes);
    HttpClient whole(server.port());
    REQUIRE(whole.send(request));
    const auto response = whole.read_response();
    CHECK(response.status / 100 == 2);
    if (request.starts_with("POST")) CHECK(response.json().at("result").at("count") == 4);

    HttpClient slow(server.port());
    for (const char byte : request) REQUIRE(slow.send({&byte, 1}));
    CHECK(slow.read_response().status == response.status);
  }
}

TEST_CASE("a connection that its client would keep is kept, and another is closed") {
  const RunningServer server({"--priority", "normal"});
  for (const auto& sent : requests()) {
    CAPTURE(std::string(sent.client));
    const std::string request(sent.bytes);
    const bool old = request.find(" HTTP/1.0\r\n") != std::string::npos;
    const bool keeps = request.find("onnection: close") == std::string::npos &&
                       (!old || request.find("Connection: Keep-Alive") != std::string::npos);
    HttpClient client(server.port());
    REQUIRE(client.send(request));
    CHECK(client.read_response().status / 100 == 2);
    if (keeps)
      CHECK(client.get("/", {{"Host", "a"}}).status == 200);
    else
      CHECK(client.closed_by_server());
  }
}

}  // namespace
}  // namespace real_clients
