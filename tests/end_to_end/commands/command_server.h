#pragma once
// A server whose tasks are commands, with a configuration and a scratch folder of its own. Knows no case.

#include <string>
#include <vector>

#include "tests/end_to_end/job.h"
#include "tests/harness/temporary_directory.h"

namespace end_to_end {

class CommandServer {
 public:
  /// `configuration` is TOML. There are no spares, so that every child but the launchers runs a job.
  explicit CommandServer(std::string_view configuration, std::vector<std::string> flags = {});

  RunningServer& running() { return server_; }
  HttpClient client() const { return HttpClient(server_.port()); }
  /// A POST of `content` as plain text, on a connection of its own.
  HttpResponse post(std::string_view target, std::string_view content = "", Fields fields = {}) const;
  /// The folders of jobs that hold something now.
  std::vector<std::string> job_folders() const;
  const std::filesystem::path& scratch() const { return scratch_.path(); }

 private:
  harness::TemporaryDirectory settings_, scratch_;
  RunningServer server_;
};

}  // namespace end_to_end
