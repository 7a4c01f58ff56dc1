#pragma once
// Gives up all that a task does not need: after enter_sandbox() the process can compute, allocate, read and
// write the descriptors it has, and exit. Nothing is opened, connected, started, signalled or looked into.
// Knows no task. Called by main() before a byte of input is read; by the command line before a task runs.

#include <string>
#include <string_view>
#include <vector>

namespace cruncher {

/// Who is at the other end: with `server`, the process dies with its parent.
enum class Parent { server, shell };

/// One mechanism of the sandbox; `detail` says what it does, or why it is missing.
struct Layer {
  std::string_view name;
  bool active = false;
  std::string_view detail;
};

/// What became active. What is missing was told on stderr in one line; the process goes on without it.
struct Sandbox {
  std::vector<Layer> layers;
};

/// Never fails. Exits (code 1) where the parent is dead already.
Sandbox enter_sandbox(Parent parent);

}  // namespace cruncher
