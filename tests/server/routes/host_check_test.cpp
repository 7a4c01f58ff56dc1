// Which names a server answers to, and whose pages may have it work.

#include "server/routes/host_check.h"

#include <doctest/doctest.h>

namespace routes {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

int status_of(const std::optional<Reply>& refusal) {
  return refusal ? refusal->status : 200;
}

int status_for_host(const HostCheck& check, const std::string& host, const std::string& peer = "127.0.0.1") {
  front_door::Exchange exchange;
  exchange.request.peer_address = peer;
  exchange.request.fields = {{"Host", host}};
  return status_of(check.refusal(Call(exchange)));
}

int status_for_site(Pairs fields) {
  front_door::Exchange exchange;
  exchange.request.fields = std::move(fields);
  exchange.request.fields.emplace_back("Host", "localhost:8080");
  return status_of(cross_site_refusal(Call(exchange)));
}

TEST_CASE("on loopback, a name that is not the server's is refused: addresses and localhost are") {
  const HostCheck check(true, {});
  for (const auto* host : {"127.0.0.1", "127.0.0.1:8080", "[::1]:8080", "[::1]", "localhost", "LOCALHOST:1",
                           "app.localhost", "localhost.", "10.0.0.1"}) {
    CAPTURE(std::string(host));
    CHECK(status_for_host(check, host) == 200);
  }
  for (const auto* host : {"evil.example", "evil.example:8080", "127.0.0.1.evil.example",
                           "localhost.evil.example", "notlocalhost", "1", ".localhost.x"}) {
    CAPTURE(std::string(host));
    CHECK(status_for_host(check, host) == 421);
  }
  CHECK(status_for_host(check, "evil.example", "unix") == 200);
}

TEST_CASE(
    "a list of names is kept to wherever the server listens, and without one only loopback is checked") {
  const HostCheck check(false, {"cruncher.example.org", "*.internal"});
  CHECK(status_for_host(check, "cruncher.example.org:80") == 200);
  CHECK(status_for_host(check, "Cruncher.Example.Org.") == 200);
  CHECK(status_for_host(check, "a.b.internal") == 200);
  CHECK(status_for_host(check, "internal") == 421);
  CHECK(status_for_host(check, "example.org") == 421);
  CHECK(status_for_host(HostCheck(false, {}), "example.org") == 200);
  CHECK(status_for_host(HostCheck(true, {"*"}), "example.org") == 200);
}

TEST_CASE("a browser's word for whose page it is decides, and Origin where it gives none") {
  CHECK(status_for_site({}) == 200);
  CHECK(status_for_site({{"Sec-Fetch-Site", "same-origin"}}) == 200);
  CHECK(status_for_site({{"Sec-Fetch-Site", "none"}}) == 200);
  CHECK(status_for_site({{"Sec-Fetch-Site", "cross-site"}}) == 403);
  CHECK(status_for_site({{"Sec-Fetch-Site", "same-site"}}) == 403);
  CHECK(status_for_site({{"Origin", "http://localhost:8080"}}) == 200);
  CHECK(status_for_site({{"Origin", "http://localhost"}}) == 403);
  CHECK(status_for_site({{"Origin", "https://evil.example"}}) == 403);
  CHECK(status_for_site({{"Origin", "null"}}) == 403);
  // Behind a proxy that gives Host a name of its own.
  CHECK(status_for_site({{"Sec-Fetch-Site", "same-origin"}, {"Origin", "https://example.org"}}) == 200);
}

}  // namespace
}  // namespace routes
