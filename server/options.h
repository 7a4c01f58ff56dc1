#pragma once
// Every flag as a value that main can use, checked. Each flag is also CRUNCHERD_… in the environment and a
// key of --config. Knows no object of the server; main wires them.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "server/front_door/limits.h"
#include "server/process/command.h"
#include "server/process/job.h"
#include "server/process/launch.h"

namespace server {

/// What the cruncher's processes for one task have that others have not.
struct OwnSurroundings {
  std::vector<std::string> environment;  ///< as Options::environment, on top of it
  std::string launcher;                  ///< in place of Options::launcher; empty: that one

  bool empty() const { return environment.empty() && launcher.empty(); }
};

/// Where it listens, and as whom it and its jobs run.
struct ListeningOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;
  std::string unix_socket;  ///< instead of host and port
  unsigned unix_socket_mode = 0660;
  bool reuse_port = false;
  std::vector<std::string> allowed_hosts;
  std::string user;
  std::string job_user;  ///< empty: jobs run as the server does
};

struct OperatorOptions {
  std::optional<std::uint16_t> admin_port;  ///< of a listener for operators; none unless given
  std::string admin_host = "127.0.0.1";
  std::string admin_socket;  ///< the same on a Unix socket
};

struct ClientOptions {
  std::string api_keys;  ///< the file; empty: nobody needs a key
  std::string client_header = "X-Forwarded-For";
  std::vector<std::string> trusted_proxies;
};

struct JobOptions {
  std::string cruncher;                  ///< the path of the program
  std::string own_cruncher;              ///< that of the one that came with the server
  std::vector<std::string> exec;         ///< as --exec has them
  std::string launcher;                  ///< words in front of it, as a shell splits them; empty: none
  std::vector<std::string> environment;  ///< "NAME=value", or the name of a variable of the server's
  std::string workdir;
  Milliseconds start_timeout{10000};
  std::size_t running = 1;
  std::size_t waiting = 64;
  Milliseconds wait_timeout{5000};
  std::size_t spares = 1;
  Milliseconds kill_grace{500};
  process::Priority priority = process::Priority::idle;
  process::Start start = process::Start::exec;
  process::StayPolicy stay;
};

/// What holds for one job; of some tasks by their sections of --config.
struct TaskOptions {
  process::JobLimits job;
  std::map<std::string, process::JobLimits> per_task;  ///< by [task.NAME] of --config
  std::map<std::string, std::string> places;           ///< of those sections: "FILE:LINE:COLUMN"
  std::map<std::string, OwnSurroundings> apart;        ///< of those sections that have some
  std::vector<process::Command> commands;              ///< of --exec and of the sections with `exec`
};

struct StoredJobOptions {
  std::string jobs_dir;        ///< empty: there are none
  std::size_t background = 0;  ///< slots that they may have; 0: all but one
  std::size_t backlog = 10'000;
  Milliseconds keep_results{24 * 3'600'000};
  std::uint64_t keep_bytes = 10ull << 30;
};

/// Limits of clients.
struct DoorOptions {
  front_door::Limits door;
  std::string scratch_dir;  ///< empty: $TMPDIR, or /tmp
  std::uint64_t max_scratch = std::uint64_t{10} << 30;
};

/// How the server itself is run.
struct RunningOptions {
  bool blocking_route = false;
  enum class LoopPriority { realtime, normal } loop_priority = LoopPriority::realtime;
  Milliseconds drain_delay{0};
  Milliseconds drain_timeout{30000};
  std::string log_file = "-";
  std::string log_format = "text";
  std::string log_level = "info";
  bool log_replies = false;
};

/// A group of flags is a base, in the order of --help.
struct Options : ListeningOptions,
                 OperatorOptions,
                 ClientOptions,
                 JobOptions,
                 TaskOptions,
                 StoredJobOptions,
                 DoorOptions,
                 RunningOptions {};

/// What the program is to do instead of serving: text for stdout (exit 0) or a sentence for stderr (exit 2).
struct Instead {
  bool is_error = false;
  std::string text;
};

std::variant<Options, Instead> parse_options(int argc, char** argv);

}  // namespace server
