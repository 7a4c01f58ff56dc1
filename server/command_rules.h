#pragma once
// What a command's configuration may say, beyond the form of single values. Pure. Called by commands.cpp.

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "server/process/command.h"

namespace server {

/// The schemas of `params`, each of a text, a number or a truth value, and their defaults. `place` begins the
/// sentence of the BadCommand that is thrown, as with all of these.
ipc::Json params_of(const std::string& json, const std::string& place);

/// `exit`: statuses of errors by exit code.
std::map<int, int> statuses_of(const std::string& json, const std::string& place);

/// `env`: each begins with a variable's name.
void check_variables(const std::vector<std::string>& variables, const std::string& place);

/// Where a key of the section stands, or the section where it has none: what begins a sentence about it.
using PlaceOf = std::function<std::string(std::string_view key)>;

/// What must fit together: names in arguments, files, media types, how the result comes.
void check(const process::Command& command, const PlaceOf& place_of);

}  // namespace server
