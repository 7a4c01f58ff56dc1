#include "server/process/launch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <string_view>

#include "ipc/new_process.h"
#include "server/process/job_folder.h"
#include "server/process/resource_limits.h"

namespace process {
namespace {

constexpr int kNice = 19;

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (const auto& text : texts) all.push_back(const_cast<char*>(text.c_str()));
  all.push_back(nullptr);
  return all;
}

void back_to_default(int signal) {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  ::sigaction(signal, &action, nullptr);
}

struct Child {
  const JobUser* user;    // or null
  const char* directory;  // or null
  int folder;             // instead of a directory; or -1
  Bounds bounds;
  const char* path;
  char* const* argv;
  char* const* envp;
  ResourceLimits limits;
  const int* ignored;  // 0 ends it
  int standard[3];     // in, out, err
  pid_t parent = -1;
  int error = 0;
  const char* step = "";
};

// Runs in the child, on a stack of its own but in the parent's memory, while the parent's thread stands still
// (as after vfork(2)): system calls only, no allocation, no lock.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
__attribute__((no_sanitize("address")))
#endif
#elif defined(__SANITIZE_ADDRESS__)
__attribute__((no_sanitize_address))
#endif
int become_cruncher(void* raw) {
  auto& child = *static_cast<Child*>(raw);
  const auto fail = [&child](const char* step) {
    child.error = errno;
    child.step = step;
    ::syscall(SYS_exit_group, 127);  // not _exit(3): a sanitizer does work before what does not return
  };
  if (child.user && !become(*child.user)) fail("setuid");
  if (!ipc::leave_group_of(child.parent)) ::syscall(SYS_exit_group, 127);
  for (const int* signal = child.ignored; *signal; ++signal) back_to_default(*signal);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (child.folder >= 0 && ::fchdir(child.folder) != 0) fail("fchdir");
  for (int number = 0; number < 3; ++number)
    if (::dup2(child.standard[number], number) < 0) fail("dup2");
  if (child.directory && ::chdir(child.directory) != 0) fail("chdir");
  if (child.bounds.ruleset >= 0 && !confine_self(child.bounds.ruleset)) fail("landlock");
  if (::syscall(SYS_close_range, 3, ~0u, 0) != 0) fail("close_range");
  set_limits(child.limits);
  if (child.bounds.filter && !filter_own_calls(*child.bounds.filter)) fail("seccomp");
  sigset_t nothing;
  ::sigemptyset(&nothing);
  ::sigprocmask(SIG_SETMASK, &nothing, nullptr);
  ::execve(child.path, child.argv, child.envp);
  fail("execve");
  return 0;
}

struct Pipe {
  loop::UniqueFd read, write;
  bool open() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    read = loop::UniqueFd(ends[0]);
    write = loop::UniqueFd(ends[1]);
    return true;
  }
};

}  // namespace

std::vector<int> ignored_signals() {
  std::vector<int> ignored;
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction action {};
    if (::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) ignored.push_back(signal);
  }
  return ignored;
}

void set_priority(Priority priority) {
  sched_param none{};
  if (priority == Priority::normal)
    ::sched_setscheduler(0, SCHED_OTHER, &none);  // a server's own may be another: chrt(1)
  if (priority == Priority::idle) ::sched_setscheduler(0, SCHED_IDLE, &none);
  if (priority == Priority::low) {
    ::setpriority(PRIO_PROCESS, 0, kNice);
    ::sched_setscheduler(0, SCHED_BATCH, &none);
  }
}

bool prefer_for_oom(pid_t pid) {
  constexpr std::string_view kScore = ipc::kOomScore;
  const loop::UniqueFd file(::open(fmt::format("/proc/{}/oom_score_adj", pid).c_str(), O_WRONLY | O_CLOEXEC));
  return ::write(file.get(), kScore.data(), kScore.size()) == static_cast<ssize_t>(kScore.size());
}

namespace {

Launched failed(Launched&& launched, const char* step, int error) {
  launched.step = step;
  launched.error = error;
  return std::move(launched);
}

const JobUser* user_of(const Program& program) {
  return program.user ? &*program.user : nullptr;
}

// What the launcher has made for a job becomes its user's. False with errno.
bool hand_over(const Program& program, int file) {
  return !program.user || ::fchown(file, program.user->uid, program.user->gid) == 0;
}

// One with a name stays the server's.
bool hand_over_nameless(const Program& program, int file) {
  struct stat status {};
  return (::fstat(file, &status) == 0 && status.st_nlink > 0) || hand_over(program, file);
}

// Fills in what is the same for all: the process.
Launched start(Launched launched, Child child, bool preferred_for_oom) {
  const auto begin = std::chrono::steady_clock::now();
  alignas(16) thread_local std::array<char, 64 * 1024> stack;
  child.parent = ::getppid();
  const int pid = ::clone(become_cruncher, stack.data() + stack.size(),
                          CLONE_VM | CLONE_VFORK | CLONE_PARENT | SIGCHLD, &child);
  if (pid < 0) return failed(std::move(launched), "clone", errno);
  launched.pid = pid;
  if (child.error) {  // its parent, the server, does not reap it before it hears of it
    const loop::UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    pollfd end{pidfd.get(), POLLIN, 0};
    ::poll(&end, 1, pidfd ? -1 : 0);
    return failed(std::move(launched), child.step, child.error);
  }
  // Not before it executes: until then it shares this process's memory, and with it not being dumpable.
  if (!preferred_for_oom) prefer_for_oom(pid);
  rusage own{};
  ::getrusage(RUSAGE_SELF, &own);
  launched.inherited_kib = own.ru_maxrss;
  launched.took_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return launched;
}

}  // namespace

Launched launch(const Program& program, const Bounds& bounds, bool preferred_for_oom) {
  Pipe in, out, err;
  if (!in.open() || !out.open() || !err.open()) return failed({}, "pipe2", errno);
  const auto argv = pointers(program.argv);
  const auto envp = pointers(program.environment);
  auto ignored = program.ignored;
  ignored.push_back(0);
  const Child child{.user = user_of(program),
                    .directory = program.directory.empty() ? nullptr : program.directory.c_str(),
                    .folder = -1,
                    .bounds = bounds,
                    .path = argv[0],
                    .argv = argv.data(),
                    .envp = envp.data(),
                    .limits = to_rlimits(program.in_force()),
                    .ignored = ignored.data(),
                    .standard = {in.read.get(), out.write.get(), err.write.get()}};
  Launched launched;
  launched.in = std::move(in.write);
  launched.out = std::move(out.read);
  launched.err = std::move(err.read);
  return start(std::move(launched), child, preferred_for_oom);
}

Launched launch(const Program& program, const Order& order, const Confiner& confiner,
                bool preferred_for_oom) {
  Launched launched;
  launched.folder = make_folder(order.folder);
  if (!launched.folder) return failed(std::move(launched), "mkdir", errno);
  const int folder = launched.folder.get();
  if (!hand_over(program, folder) || (order.content && !hand_over_nameless(program, order.content->get())))
    return failed(std::move(launched), "fchown", errno);
  // Opened anew: from its beginning, and not to be written.
  const bool as_stdin = order.content && order.in.empty();
  const auto source = as_stdin ? fmt::format("/proc/self/fd/{}", order.content->get()) : "/dev/null";
  const loop::UniqueFd in(::open(source.c_str(), O_RDONLY | O_CLOEXEC));
  if (!in) return failed(std::move(launched), "open", errno);
  if (!order.in.empty() && !put_content(folder, order.in, order.content ? order.content->get() : -1))
    return failed(std::move(launched), "write", errno);
  Pipe out, err;
  if (!order.streams) launched.file = make_nameless_file(folder);
  if ((order.streams ? !out.open() : !launched.file) || !err.open())
    return failed(std::move(launched), "open", errno);
  if (launched.file && !hand_over(program, launched.file.get()))
    return failed(std::move(launched), "fchown", errno);
  const auto ruleset =
      confiner.ruleset({.folder = folder, .content = in.get(), .result = launched.file.get()});
  if (!ruleset && errno != 0) return failed(std::move(launched), "landlock", errno);
  const auto argv = pointers(order.argv);
  const auto envp = pointers(order.environment);
  auto ignored = program.ignored;
  ignored.push_back(0);
  const Child child{
      .user = user_of(program),
      .directory = nullptr,
      .folder = folder,
      .bounds = {ruleset.get(), confiner.filter()},
      .path = order.program.c_str(),
      .argv = argv.data(),
      .envp = envp.data(),
      .limits = to_rlimits(order.limits, order.file_size),
      .ignored = ignored.data(),
      .standard = {in.get(), order.streams ? out.write.get() : launched.file.get(), err.write.get()}};
  launched.out = std::move(out.read);
  launched.err = std::move(err.read);
  return start(std::move(launched), child, preferred_for_oom);
}

ForkServer::ForkServer(const Program& program, const Bounds& bounds)
    : program_(program),
      bounds_(bounds),
      limits_(to_rlimits(program.in_force())),
      words_(program.argv),
      envp_(pointers(program.environment)) {
  words_.push_back("--fork-server");
  argv_ = pointers(words_);
}

void ForkServer::become(pid_t server) {
  const auto& user = program_.user;
  if (user && ::getuid() != user->uid) {
    if (!process::become(*user)) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // forgotten with the user
    if (::getppid() != server) ::_exit(1);
  }
  for (const int signal : program_.ignored) back_to_default(signal);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  set_limits(limits_);
  if (!program_.directory.empty() && ::chdir(program_.directory.c_str()) != 0) return;
  if (bounds_.ruleset >= 0 && !confine_self(bounds_.ruleset)) return;
  bounds_.ruleset = -1;
  if (bounds_.filter && !filter_own_calls(*bounds_.filter)) return;
  bounds_.filter = nullptr;
  ::execve(argv_[0], argv_.data(), envp_.data());
}

}  // namespace process
