#pragma once
// The line protocol (PROTOCOL.md): a JSON-RPC request in one line, progress and one answer in lines, and an
// empty line that closes. Pure; carried on by run_job.h.

#include "ipc/line_reader.h"
#include "server/process/dialogue.h"
#include "server/process/job.h"
#include "server/process/reading.h"

namespace process {

class LineDialogue final : public Dialogue {
 public:
  /// Whether what is no message may be quoted to the client: not where it may be another job's.
  enum class Quoting { allowed, forbidden };

  /// `job` must outlive the calls of to_write(). Everything else is copied.
  explicit LineDialogue(const Job& job, Quoting quoting = Quoting::allowed);

  std::string_view to_write() const override { return request_; }
  void written(std::size_t count) override { request_.remove_prefix(count); }
  void end_of_stdout() override { closed_ = true; }
  void collect(std::string_view bytes) override;
  void understand(std::size_t budget) override;
  bool backlog() const override { return waiting_.has_value(); }
  std::size_t room_on_loop() const override;
  bool answered() const override { return answer_.has_value(); }
  bool closed() const override { return closed_; }
  bool failed() const override { return fault_.has_value(); }
  double progress() const override { return progress_; }
  std::variant<Result, TaskError, Failure> verdict(const std::optional<WaitStatus>& end) override;
  ipc::OwnUsage own_usage() const override { return own_usage_; }
  std::vector<std::string> remains() override;

 private:
  void accept_line(std::string line);
  void fail(Reason reason, std::string detail);

  std::string_view request_;
  const std::string rpc_id_;
  const JobLimits limits_;
  const Quoting quoting_;
  ipc::LineReader lines_;
  std::size_t collected_ = 0;
  std::optional<std::string> waiting_;  // a line that is longer than the budget was
  bool closing_line_ = false;           // the empty one behind the answer
  bool closed_ = false;
  double progress_ = -1;
  ipc::OwnUsage own_usage_;
  std::optional<std::variant<Result, TaskError>> answer_;
  std::optional<Failure> fault_;
};

}  // namespace process
