#pragma once
// What is wrong with a folder of stored jobs, for people: `cruncherd --check-jobs DIR`. Changes nothing.
// Called by main.

#include <filesystem>
#include <string>
#include <vector>

namespace jobs {

struct Findings {
  std::vector<std::string> faults;  ///< a sentence each; empty where all is well
  std::string summary;              ///< how many jobs there are in each state
};

Findings check(const std::filesystem::path& folder);

}  // namespace jobs
