#pragma once
// Which file a name on the command line is, and what is wrong with it. Reads the file system; knows no
// process. Called at the start.

#include <string>

namespace process {

/// `name` itself where it has a '/' or is a file here; else the first executable of that name in PATH, else
/// `name`.
std::string find_program(const std::string& name);

/// What is wrong with the first line of a script that execve(2) finds no interpreter for; empty where nothing
/// is.
std::string fault_of_script(const std::string& path);

}  // namespace process
