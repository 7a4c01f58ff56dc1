#include "tests/end_to_end/commands/command_server.h"

#include <filesystem>

namespace end_to_end {
namespace {

std::vector<std::string> with(std::vector<std::string> flags, const std::string& config,
                              const std::string& scratch) {
  flags.insert(flags.begin(),
               {"--config", config, "--scratch-dir", scratch, "--spares", "0", "--priority", "normal"});
  return flags;
}

}  // namespace

CommandServer::CommandServer(std::string_view configuration, std::vector<std::string> flags)
    : server_(with(std::move(flags), settings_.write("cruncherd.toml", configuration), scratch_.path())) {}

HttpResponse CommandServer::post(std::string_view target, std::string_view content, Fields fields) const {
  fields.emplace_back("Content-Type", "text/plain");
  fields.emplace_back("Content-Length", std::to_string(content.size()));
  return client().request("POST", target, fields, content);
}

std::vector<std::string> CommandServer::job_folders() const {
  std::vector<std::string> found;
  std::error_code ignored;
  for (const auto& own : std::filesystem::directory_iterator(scratch_.path()))
    for (const auto& job : std::filesystem::directory_iterator(own.path(), ignored))
      if (!std::filesystem::is_empty(job.path(), ignored)) found.push_back(job.path());
  return found;
}

}  // namespace end_to_end
