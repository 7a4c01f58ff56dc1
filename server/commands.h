#pragma once
// Commands as they are configured: a section [task.NAME] with `exec`, or --exec NAME=COMMAND. Knows no
// process. Called by options.cpp.

#include <stdexcept>
#include <string>
#include <vector>

#include "server/process/command.h"
#include "server/settings/configuration.h"

namespace server {

/// A command that cannot be. The sentence says where it stands and what to write.
struct BadCommand : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What a command has where its section says nothing.
struct CommandDefaults {
  process::JobLimits limits;
  process::JobLimits launched;           ///< the same for one with a launcher
  std::vector<std::string> environment;  ///< --env
};

/// Whether a section is a command's: it has `exec`.
bool is_command(const settings::TaskSection& section);

/// Whether it has `launcher`.
bool has_launcher(const settings::TaskSection& section);

/// Throws BadCommand.
process::Command read_command(const settings::TaskSection& section, const CommandDefaults& defaults);

/// Of --exec's value. Throws BadCommand.
process::Command read_command(const std::string& definition, const CommandDefaults& defaults);

/// Appends, and gives it its place in Program::confined. Throws BadCommand where the name is there already.
void add_command(std::vector<process::Command>& commands, process::Command command);

}  // namespace server
