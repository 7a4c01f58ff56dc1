#pragma once
// One line per request, and the lines of the server itself, as text or as JSON. Never a param: paths without
// their query, no content but replies, and those only where asked for. Made in main.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/telemetry/log.h"
#include "server/telemetry/observer.h"

namespace telemetry {

class AccessLog final : public Observer {
 public:
  enum class Format { text, json };
  AccessLog(Log& log, Format format, bool replies);

  void on_request(const RequestRecord& record) override;
  void on_abandoned(const process::Abandoned& job, const process::Usage& usage) override;
  void on_stored_job(const StoredJobRecord& record) override;
  void on_stderr_line(std::string_view id, int level, std::string_view line) override;
  void on_bug(std::string_view request_id, std::string_view what) override;

  /// A line of the server's own.
  void say(spdlog::level::level_enum level, std::string_view message);

 private:
  void write_stderr(std::string_view id, const process::Outcome* outcome);

  Log& log_;
  Format format_;
  bool replies_;
};

}  // namespace telemetry
