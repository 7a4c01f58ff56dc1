#include "server/process/environment.h"

#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace process {

std::vector<std::string> allowed_environment() {
  std::vector<std::string> allowed;
  for (char** entry = environ; entry && *entry; ++entry) {
    const std::string_view variable(*entry);
    const auto name = variable.substr(0, variable.find('='));
    for (const std::string_view known : {"PATH", "HOME", "LANG", "TZ", "TMPDIR"})
      if (name == known) allowed.emplace_back(variable);
    if (name.substr(0, 3) == "LC_") allowed.emplace_back(variable);
  }
  return allowed;
}

void set_variable(std::vector<std::string>& environment, const std::string& variable) {
  const auto name = variable.substr(0, variable.find('='));
  const char* own = ::getenv(name.c_str());
  if (name.size() == variable.size() && !own) return;
  std::erase_if(environment, [&](const std::string& known) { return known.starts_with(name + "="); });
  environment.push_back(name.size() == variable.size() ? name + "=" + own : variable);
}

}  // namespace process
