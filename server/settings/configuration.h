#pragma once
// The file of --config as a list of settings, each with its place in the file. TOML, read by toml++. Knows no
// flag and no bounds. Called by server/options.cpp.

#include <stdexcept>
#include <string>
#include <vector>

namespace settings {

/// A file that is no configuration. The sentence begins with "FILE:LINE:COLUMN: ".
struct BadConfiguration : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Entry {
  std::string key;
  std::string place;               ///< "FILE:LINE:COLUMN"
  std::vector<std::string> texts;  ///< the value as a flag has it; each element's; a table's keys
  std::string json;                ///< the value as JSON text
  bool is_table = false;
};

/// [task.NAME]
struct TaskSection {
  std::string name;
  std::string place;
  std::vector<Entry> entries;
};

struct Configuration {
  std::vector<Entry> entries;
  std::vector<TaskSection> tasks;
};

/// Throws BadConfiguration.
Configuration read_configuration(const std::string& file);

}  // namespace settings
