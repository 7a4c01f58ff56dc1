#pragma once
// Gives up all that a task does not need: after enter_sandbox() the process can compute, allocate, read and
// write the descriptors it has, and exit. Nothing is opened, connected, started, signalled or looked into.
// Knows no task. Called by main() before a byte of input is read; by the command line before a task runs.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cruncher {

/// Who is at the other end: with `server`, the process dies with its parent.
enum class Parent { server, shell };

/// What is done where the kernel, or who started the process, does not allow all of the sandbox.
enum class Strictness {
  required,     ///< exits: nothing runs without
  best_effort,  ///< goes on with what there is
  report,       ///< the same; in addition refused system calls are told on stderr, for those who write tasks
};

/// By its name: "required", "best-effort", "report". Nothing where it is none of them.
std::optional<Strictness> strictness_of(std::string_view name);

/// One mechanism of the sandbox; `detail` says what it does, or why it is missing.
struct Layer {
  std::string_view name;
  bool active = false;
  std::string_view detail;
  bool is_required = true;  ///< by Strictness::required
};

/// What became active. What is missing was told on stderr in one line.
struct Sandbox {
  std::vector<Layer> layers;
};

/// Exits (code 1) where the parent is dead already, and where something is missing that is required. Landlock
/// is not: it stands behind the filter of system calls, which lets no file be opened and no socket be made
/// either.
Sandbox enter_sandbox(Parent parent, Strictness strictness = Strictness::required);

}  // namespace cruncher
