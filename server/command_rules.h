#pragma once
// What a command's configuration may say, beyond the form of single values. Pure. Called by commands.cpp.

#include <map>
#include <string>

#include "server/process/command.h"

namespace server {

/// The schemas of `params`, each of a text, a number or a truth value, and their defaults. `place` begins the
/// sentence of the BadCommand that is thrown, as with all of these.
ipc::Json params_of(const std::string& json, const std::string& place);

/// `exit`: statuses of errors by exit code.
std::map<int, int> statuses_of(const std::string& json, const std::string& place);

/// What must fit together: names in arguments, files, media types, how the result comes.
void check(const process::Command& command);

}  // namespace server
