#include "server/identity/client_address.h"

#include <doctest/doctest.h>

#include <string>

namespace identity {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

std::string address_of(const ClientAddress& rule, std::string peer, Fields fields) {
  front_door::Request request;
  request.peer_address = std::move(peer);
  request.fields = std::move(fields);
  return rule.of(request);
}

TEST_CASE("a trusted proxy's word counts, and no further than trusted proxies have passed it on") {
  const ClientAddress rule("X-Forwarded-For", Networks({"10.0.0.0/8", "::1", "unix"}));
  const struct {
    const char* peer;
    Fields fields;
    const char* client;
  } cases[] = {
      {"10.1.2.3", {{"x-forwarded-for", "203.0.113.9"}}, "203.0.113.9"},
      {"unix", {{"X-Forwarded-For", "203.0.113.9"}}, "203.0.113.9"},
      {"::1", {{"X-Forwarded-For", "2001:db8::1"}}, "2001:db8::1"},
      // What a client wrote itself stands before what the proxy has seen.
      {"10.1.2.3", {{"X-Forwarded-For", "1.1.1.1, 203.0.113.9"}}, "203.0.113.9"},
      {"10.1.2.3", {{"X-Forwarded-For", "1.1.1.1"}, {"X-Forwarded-For", "203.0.113.9"}}, "203.0.113.9"},
      {"10.1.2.3", {{"X-Forwarded-For", "203.0.113.9, 10.9.9.9"}}, "203.0.113.9"},
      {"10.1.2.3", {{"X-Forwarded-For", "203.0.113.9:4711"}}, "203.0.113.9"},
      {"10.1.2.3", {{"X-Forwarded-For", "[2001:db8::1]:4711"}}, "2001:db8::1"},
      {"10.1.2.3", {{"X-Forwarded-For", "::ffff:203.0.113.9"}}, "203.0.113.9"},
      {"10.1.2.3", {{"X-Forwarded-For", "::ffff:10.0.0.1"}}, "10.0.0.1"},
      {"10.1.2.3", {{"X-Forwarded-For", "unknown"}}, "10.1.2.3"},
      {"10.1.2.3", {{"X-Forwarded-For", "203.0.113.9, nonsense, 10.0.0.1"}}, "10.0.0.1"},
      {"10.1.2.3", {{"X-Forwarded-For", ""}}, "10.1.2.3"},
      {"10.1.2.3", {{"X-Real-IP", "203.0.113.9"}}, "10.1.2.3"},
      {"10.1.2.3", {}, "10.1.2.3"},
      // Nobody else's word does.
      {"192.0.2.1", {{"X-Forwarded-For", "203.0.113.9"}}, "192.0.2.1"},
      {"::2", {{"X-Forwarded-For", "203.0.113.9"}}, "::2"},
  };
  for (const auto& one : cases) {
    CAPTURE(std::string(one.peer));
    CAPTURE(one.fields.empty() ? "" : one.fields.front().second);
    CHECK(address_of(rule, one.peer, one.fields) == one.client);
  }
  std::string long_list;
  for (int i = 0; i < 1000; ++i) long_list += "10.0.0.1,";
  CHECK(address_of(rule, "10.1.2.3", {{"X-Forwarded-For", "203.0.113.9," + long_list}}) == "10.1.2.3");
}

TEST_CASE("Forwarded is understood as RFC 7239 has it, and without proxies no field is") {
  const ClientAddress rule("Forwarded", Networks({"127.0.0.1"}));
  CHECK(address_of(rule, "127.0.0.1",
                   {{"Forwarded", "for=1.1.1.1, for=192.0.2.60;proto=http;by=203.0.113.43"}}) ==
        "192.0.2.60");
  CHECK(address_of(rule, "127.0.0.1", {{"Forwarded", "proto=https; For=\"[2001:db8:cafe::17]:4711\""}}) ==
        "2001:db8:cafe::17");
  CHECK(address_of(rule, "127.0.0.1", {{"Forwarded", "for=_hidden"}}) == "127.0.0.1");
  CHECK(address_of({}, "127.0.0.1", {{"X-Forwarded-For", "1.1.1.1"}}) == "127.0.0.1");
}

TEST_CASE("a network is an address with a length, and anything else is named") {
  for (const std::string bad : {"", "10.0.0.0/33", "10.0.0/8", "example.org", "::/129", "10.0.0.0/", "/8"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(Networks({bad}), BadNetwork);
  }
  const Networks networks({"10.1.2.3/8", "2001:db8::/32"});
  CHECK(networks.has("10.200.0.1"));
  CHECK(networks.has("2001:db8:1::1"));
  CHECK_FALSE(networks.has("11.0.0.1"));
  CHECK_FALSE(networks.has("2001:db9::1"));
  CHECK_FALSE(networks.has("unix"));
}

TEST_CASE("an IPv6 client is its /64") {
  CHECK(client_of_address("2001:db8:1:2:3::4") == client_of_address("2001:db8:1:2:5::6"));
  CHECK(client_of_address("2001:db8:1:2:3::4") != client_of_address("2001:db8:1:3:3::4"));
  CHECK(client_of_address("192.0.2.1") == "192.0.2.1");
  CHECK(client_of_address("unix") == "unix");
}

}  // namespace
}  // namespace identity
