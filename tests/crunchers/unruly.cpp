// A cruncher that misbehaves on request: reads a JSON-RPC line, does what the method says, answers if it
// still can; with UNRULY_SERVES_MANY, line after line.

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "tests/crunchers/behaviour.h"
#include "tests/crunchers/fork_server.h"
#include "tests/crunchers/mood.h"
#include "tests/crunchers/writing.h"

namespace unruly {

Json object_with(const Json& properties) {
  Json names = Json::array();
  for (const auto& property : properties.items()) names.push_back(property.key());
  return {{"$schema", "http://json-schema.org/draft-07/schema#"},
          {"type", "object"},
          {"properties", properties},
          {"required", names},
          {"additionalProperties", false}};
}

Json integer_between(long long least, long long most) {
  return {{"type", "integer"}, {"minimum", least}, {"maximum", most}};
}

namespace {

std::vector<Behaviour> all_behaviours() {
  std::vector<Behaviour> all;
  for (const auto& family : {errands(), endings(), offspring(), output(), appetite(), escapes()}) {
    all.insert(all.end(), family.begin(), family.end());
  }
  return all;
}

// OpenRPC 1.3: the params once as content descriptors, and once whole, as the protocol asks.
Json description(const std::vector<Behaviour>& behaviours) {
  Json methods = Json::array();
  for (const auto& behaviour : behaviours) {
    Json descriptors = Json::array();
    for (const auto& property : behaviour.schema.at("properties").items()) {
      descriptors.push_back({{"name", property.key()}, {"required", true}, {"schema", property.value()}});
    }
    methods.push_back({{"name", behaviour.name},
                       {"summary", behaviour.summary},
                       {"paramStructure", "by-name"},
                       {"params", descriptors},
                       {"x-params-schema", behaviour.schema},
                       {"result", {{"name", "result"}, {"schema", Json::object()}}}});
  }
  return {{"openrpc", "1.3.2"},
          {"info", {{"title", "unruly"}, {"version", "1"}}},
          {"x-jobs-per-process", true},
          {"methods", methods}};
}

// False where there is none.
bool serve_call() {
  std::string line;
  if (!std::getline(std::cin, line)) return false;
  const Json request = Json::parse(line);
  const Call call{request.at("id"), request.value("params", Json::object())};
  const std::string method = request.at("method");

  const auto behaviours = all_behaviours();
  if (method == "rpc.discover") {
    write_all(STDOUT_FILENO, result_line(call.id, description(behaviours)));
    return true;
  }
  for (const auto& behaviour : behaviours) {
    if (behaviour.name != method) continue;
    if (const auto result = behaviour.run(call)) write_all(STDOUT_FILENO, result_line(call.id, *result));
    return true;
  }
  write_all(STDOUT_FILENO, error_line(call.id, -32601, "no task is called " + method));
  return true;
}

// By environment: one call, or calls as long as they come, each ended by the empty line.
int serve_calls() {
  const bool many = getenv("UNRULY_SERVES_MANY") != nullptr;
  while (serve_call() && many) write_all(STDOUT_FILENO, "\n");
  return 0;
}

// What goes on in a job's process, from its first moment.
int serve() {
  follow_mood();
  return serve_calls();
}

}  // namespace
}  // namespace unruly

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  if (argc == 2 && argv[1] == std::string("--fork-server")) return unruly::serve_forks(unruly::serve);
  return unruly::serve();
}
