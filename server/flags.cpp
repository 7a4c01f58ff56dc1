#include "server/flags.h"

namespace server {

using settings::FlagTable;

void add_surroundings_flags(FlagTable& flags, std::vector<std::string>& environment, std::string& launcher) {
  flags.list("env", environment, "NAME[=VALUE]", "a variable for the processes of this task");
  flags.text("launcher", launcher, "WORDS", "a program and its arguments that start those");
}

void add_job_flags(FlagTable& flags, process::JobLimits& job) {
  flags.duration("timeout", job.timeout, "1ms", "24h",
                 "deadline of a job, counted from its request's arrival");
  flags.size("memory", job.memory, "0", "1024GiB",
             "memory of each process of a job, its own and shared, not pages of files; 0: no limit");
  flags.size("address-space", job.address_space, "0", "1024GiB",
             "address space of each process of a job, used or not; 0: no limit");
  flags.duration("cpu", job.cpu, "0", "24h", "CPU time of a job, rounded up to seconds; 0: no limit");
  flags.size("max-reply", job.max_reply, "1B", "1GiB", "what a job may write to stdout");
  flags.count("retries", job.retries, 0, 1000,
              "further attempts at a stored job that crashed, or whose server was killed");
  flags.count("open-files", job.open_files, 3, 1 << 20, "descriptors that a job may have");
  flags.count("jobs-per-process", job.jobs_per_process, 0, 1'000'000'000,
              "jobs that a process may do one after the other, if the cruncher offers it; 0: no bound");
  flags.size("file-size", job.file_size, "0", "1024GiB", "largest file that a job may write; 0: no limit");
}

namespace {

void add_listening_flags(FlagTable& flags, ListeningOptions& o) {
  flags.group("Where it listens");
  flags.text("host", o.host, "ADDRESS", "name or address; IPv6 without brackets");
  flags.count("port", o.port, 0, 65535, "TCP port; 0 picks a free one and logs it");
  flags.text("unix-socket", o.unix_socket, "PATH", "listen on a Unix socket instead of host and port");
  flags.mode("unix-socket-mode", o.unix_socket_mode, "permission bits of that socket, in octal");
  flags.flag("reuse-port", o.reuse_port, "share the port with other servers that do the same (SO_REUSEPORT)");
  flags.list(
      "allowed-host", o.allowed_hosts, "NAME",
      "a name that Host may have, beside addresses and localhost (*.NAME: all below it; *: any); without "
      "one, Host is checked on loopback only");
  flags.text("user", o.user, "USER",
             "become this user, a name or a number, once the sockets are open (needs root)");
  flags.text("job-user", o.job_user, "USER",
             "run jobs as this user, without other groups and capabilities (needs root, or CAP_SETUID and "
             "what goes with it)");
}

void add_operator_flags(FlagTable& flags, OperatorOptions& o) {
  flags.group("Operators");
  flags.optional_count("admin-port", o.admin_port, 0, 65535,
                       "a TCP port for operators, with connections of its own: then /metrics, /status, "
                       "/dashboard and the list at /jobs are there alone");
  flags.text("admin-host", o.admin_host, "ADDRESS", "name or address of that port");
  flags.text("admin-socket", o.admin_socket, "PATH",
             "the same on a Unix socket of mode 0660, instead or as well");
}

void add_client_flags(FlagTable& flags, ClientOptions& o) {
  flags.group("Clients");
  flags.text("api-keys", o.api_keys, "FILE",
             "who may use heavy routes, by Authorization: Bearer KEY; lines NAME = \"sha256:...\" as "
             "--make-key prints them, or tables with key, running, waiting, weight; read again at SIGHUP");
  flags.list("trusted-proxy", o.trusted_proxies, "CIDR",
             "an address or network of proxies, or unix, whose word for the client's address is taken; may "
             "be repeated");
  flags.text("client-header", o.client_header, "NAME",
             "the field in which trusted proxies name the client: X-Forwarded-For, Forwarded, X-Real-IP ...");
}

void add_crew_flags(FlagTable& flags, JobOptions& o) {
  using process::Priority;
  using process::Start;
  flags.group("Jobs");
  flags.text("cruncher", o.cruncher, "PATH",
             "the program that runs the jobs; a name alone is looked up in PATH");
  flags.list("exec", o.exec, "NAME=COMMAND",
             "a task that is any program: content in, content out; words are split as a shell does; may be "
             "repeated");
  flags.text(
      "launcher", o.launcher, "WORDS",
      "a program and its arguments that start the cruncher, such as 'srun -Q -n1 --unbuffered'; no limits "
      "but those asked for");
  flags.list("env", o.environment, "NAME[=VALUE]",
             "a variable for the crunchers, with this value or the server's own; may be repeated");
  flags.text("workdir", o.workdir, "PATH", "the folder that crunchers run in (default: the server's)");
  flags.duration("start-timeout", o.start_timeout, "1ms", "1h",
                 "for the cruncher to say what it offers, at the start");
  flags.count("running", o.running, 1, 4096, "slots: jobs that run at once (default: the cores)");
  flags.count("waiting", o.waiting, 0, 100'000, "jobs that may queue for a slot");
  flags.duration("wait-timeout", o.wait_timeout, "0", "1h", "longest wait for a slot");
  flags.count("spares", o.spares, 0, 4096, "crunchers started in advance (default: --running)");
  flags.duration("kill-grace", o.kill_grace, "0", "1m", "from SIGTERM to SIGKILL");
  flags.choice<Priority>("priority", o.priority,
                         {{"idle", Priority::idle}, {"low", Priority::low}, {"normal", Priority::normal}},
                         "idle",
                         "scheduling of crunchers: SCHED_IDLE, nice 19 with SCHED_BATCH, or the usual class");
  flags.choice<Start>(
      "start", o.start, {{"exec", Start::exec}, {"fork", Start::fork}}, "exec",
      "how a job's process comes to be: the cruncher executed, or one that runs already forked");
  flags.size("process-memory", o.stay.memory, "0", "1024GiB",
             "resident memory with which a process may do another job (--jobs-per-process); 0: any");
  flags.duration("process-idle", o.stay.idle, "1ms", "24h",
                 "for a process that has done jobs to wait for another one");
}

void add_stored_job_flags(FlagTable& flags, StoredJobOptions& o) {
  flags.group("Stored jobs");
  flags.text("jobs-dir", o.jobs_dir, "DIR",
             "keep jobs whose clients do not wait (Prefer: respond-async) in this folder; without one there "
             "are none (default: $STATE_DIRECTORY)");
  flags.count("background", o.background, 1, 4096, "slots for stored jobs at most (default: all but one)");
  flags.count("backlog", o.backlog, 0, 10'000'000, "stored jobs that may be queued");
  flags.duration("keep-results", o.keep_results, "0", "87600h",
                 "how long a stored job is kept after its end");
  flags.size("keep-bytes", o.keep_bytes, "0", "1048576GiB",
             "results that are kept together; the oldest go first");
}

void add_door_flags(FlagTable& flags, DoorOptions& o) {
  flags.group("Limits of clients");
  flags.size("max-body", o.door.max_body, "0", "1GiB", "content of a request");
  flags.size("max-head", o.door.max_head, "1KiB", "1MiB",
             "request line and fields together; where given, also one field (default: 8KiB)");
  flags.count("max-fields", o.door.max_fields, 1, 10'000, "fields of a request");
  flags.count("max-connections", o.door.max_connections, 1, 1'000'000,
              "connections at once; others wait in the backlog");
  flags.count("max-connections-per-ip", o.door.max_connections_per_ip, 0, 1'000'000,
              "connections of one address, or IPv6 /64; 0: no such limit (default: a quarter of "
              "--max-connections, but none on loopback, where a proxy may stand for all)");
  flags.size("max-buffered", o.door.max_buffered, "1MiB", "1024GiB",
             "requests and responses in memory, of all connections together");
  flags.text("scratch-dir", o.scratch_dir, "PATH",
             "the folder for what is too long for memory (default: $TMPDIR, or /tmp)");
  flags.size("max-scratch", o.max_scratch, "0", "1024GiB", "all files there together");
  flags.duration("header-timeout", o.door.header_timeout, "1ms", "1h",
                 "from a request's first byte to the end of its head");
  flags.duration("body-timeout", o.door.body_timeout, "1ms", "1h",
                 "from there to the end of its content; for each MiB of a content that goes to a file");
  flags.duration("idle-timeout", o.door.idle_timeout, "1ms", "24h", "between two requests");
  flags.duration("write-timeout", o.door.write_timeout, "1ms", "1h",
                 "without progress in sending a response");
  flags.choice<front_door::HalfClosed>(
      "half-closed", o.door.half_closed,
      {{"leave", front_door::HalfClosed::leave}, {"stay", front_door::HalfClosed::stay}}, "leave",
      "a client that has closed its half of the connection (nc -N): it has left, which ends its job; or it "
      "still waits, and one that has left is noticed only when it is written to");
  flags.size("min-rate", o.door.min_rate, "0", "1GiB",
             "a second, that a client must read on average beyond --write-timeout; 0: as slow as it likes");
}

void add_running_flags(FlagTable& flags, RunningOptions& o) {
  flags.group("Running it");
  flags.choice<bool>("blocking-route", o.blocking_route, {{"on", true}, {"off", false}}, "off",
                     "/blocking, which freezes the server, and the page /demo");
  flags.choice<RunningOptions::LoopPriority>(
      "loop-priority", o.loop_priority,
      {{"realtime", RunningOptions::LoopPriority::realtime},
       {"normal", RunningOptions::LoopPriority::normal}},
      "realtime",
      "of the event loop; realtime: before all that computes (SCHED_RR; nice -10 while busy), where "
      "permitted");
  flags.duration("drain-delay", o.drain_delay, "0", "1h",
                 "after SIGTERM, SIGINT or SIGQUIT, until the listener closes; /readyz is 503 already");
  flags.duration("drain-timeout", o.drain_timeout, "0", "24h", "from there until what still runs is ended");
  flags.text("log-file", o.log_file, "PATH", "- is stdout; reopened at SIGHUP and SIGUSR1");
  flags.choice<std::string>("log-format", o.log_format, {{"text", "text"}, {"json", "json"}}, "text",
                            "form of a log line");
  flags.choice<std::string>("log-level", o.log_level,
                            {{"debug", "debug"}, {"info", "info"}, {"warn", "warn"}, {"error", "error"}},
                            "info", "requests are logged at info");
  flags.flag("log-replies", o.log_replies, "log each path with the JSON that it returned, cut at 1 KiB");
}

}  // namespace

void add_flags(FlagTable& flags, Options& options) {
  add_listening_flags(flags, options);
  add_operator_flags(flags, options);
  add_client_flags(flags, options);
  add_crew_flags(flags, options);
  flags.group("Limits of one job (also in [task.NAME] of the configuration)");
  add_job_flags(flags, options.job);
  add_stored_job_flags(flags, options);
  add_door_flags(flags, options);
  add_running_flags(flags, options);
}

}  // namespace server
