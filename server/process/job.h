#pragma once
// What is to be run: one task, once. Made by routes/, carried down to the process. Knows no HTTP.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "server/loop/loop.h"

namespace process {

/// What one job may use. Zero means no limit of its own (the machine's apply).
struct JobLimits {
  /// Bytes of each of its processes: of private data (RLIMIT_DATA), and resident, shared memory included.
  std::uint64_t memory = 512ull << 20;
  Milliseconds cpu{0};                    ///< CPU time of all its threads, rounded up to seconds (RLIMIT_CPU)
  std::uint64_t open_files = 64;          ///< RLIMIT_NOFILE
  std::uint64_t file_size = 16ull << 20;  ///< bytes of any file that it writes (RLIMIT_FSIZE)
  std::uint64_t max_reply =
      16ull << 20;              ///< bytes that it may write to stdout, progress included; at least 1
  Milliseconds timeout{30000};  ///< from the request's arrival to the answer; a stored job's, from its start
  int retries = 0;              ///< of a stored job, after a crash of its own or of the server
  std::uint64_t address_space = 0;     ///< bytes of each of its processes, used or not (RLIMIT_AS)
  std::uint64_t jobs_per_process = 1;  ///< that its process may do in all, this one included; 0: no bound

  bool operator==(const JobLimits&) const = default;
};

/// Who asks: a key's name, else the address. Jobs of one client share a line of the queue and its terms.
struct Client {
  static constexpr std::size_t kUnbounded = static_cast<std::size_t>(-1);
  std::string name;
  double weight = 1;                 ///< above 0: twice the weight, twice the slots
  std::size_t running = kUnbounded;  ///< jobs at once; the rest of its jobs wait
  std::size_t waiting = kUnbounded;  ///< jobs that wait; more are refused
  std::string key{};                 ///< whose processes serve nobody else; empty: they serve all without one
};

/// Hears of a job while it runs. Called on the loop.
class JobListener {
 public:
  virtual void on_start() {}
  /// 0 to 1.
  virtual void on_progress(double progress) = 0;
  /// As it comes, in any portions.
  virtual void on_stderr(std::string_view bytes) = 0;

 protected:
  ~JobListener() = default;
};

struct Job {
  std::string request_id;  ///< the HTTP request's, for logs
  std::string
      rpc_id;  ///< the id in `line`: unpredictable, so nothing written before the request was read can match
  std::string task;
  std::string line;  ///< the JSON-RPC request, '\n' included
  Deadline deadline;
  JobLimits limits;
  Client client;
  JobListener* listener = nullptr;  ///< outlives the job's run, where there is one
};

/// A job that nobody waits for any more, until its process is gone and its cost known.
struct Abandoned {
  std::string request_id;
  std::string task;
  double wait_ms = 0;
  Clock::time_point began;  ///< when it got its process
};

}  // namespace process
