#pragma once
// What a process sees of the server's environment. Knows no process. Called at the start.

#include <string>
#include <vector>

namespace process {

/// The environment that a process gets: of this process's variables those that say nothing secret and that
/// programs need to find their way (PATH, HOME, LANG, LC_*, TZ, TMPDIR), and nothing else.
std::vector<std::string> allowed_environment();

/// Sets a variable: "NAME=value", or "NAME" for this process's value, if it has one.
void set_variable(std::vector<std::string>& environment, const std::string& variable);

}  // namespace process
