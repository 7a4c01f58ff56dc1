#pragma once
// What the unruly cruncher can do when asked, one entry per task. Knows no server.
// unruly.cpp gathers the tables; each .cpp beside it holds one family.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace unruly {

using Json = nlohmann::json;

struct Call {
  Json id;
  Json params;
};

struct Behaviour {
  std::string name;
  std::string summary;
  Json schema;  ///< of the params, draft-07
  /// The result to answer with, or nothing where it has said all that it wants to say.
  std::optional<Json> (*run)(const Call&);
};

std::vector<Behaviour> errands();    ///< decent work
std::vector<Behaviour> endings();    ///< how and when the process ends
std::vector<Behaviour> offspring();  ///< processes of its own
std::vector<Behaviour> output();     ///< floods and wrong answers
std::vector<Behaviour> appetite();   ///< memory, CPU, files, descriptors
std::vector<Behaviour> escapes();    ///< out of its limits, priority, group, session

/// An object schema: `properties` as in JSON Schema, all of them required, no others.
Json object_with(const Json& properties);
Json integer_between(long long least, long long most);

[[noreturn]] void burn_for_ever();

}  // namespace unruly
