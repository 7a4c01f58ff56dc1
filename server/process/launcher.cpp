#include "server/process/launcher.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <system_error>
#include <vector>

#include "ipc/launch_report.h"
#include "server/process/wait_status.h"

namespace process {
namespace {

constexpr int kSocket = 0;  // in the launcher

bool send_report(const Launched& launched) {
  ipc::LaunchReport report{launched.pid, launched.error, launched.inherited_kib, launched.took_seconds, {}};
  launched.step.copy(report.step.data(), report.step.size() - 1);
  const ipc::LaunchDescriptors descriptors{launched.folder ? launched.folder.get() : launched.in.get(),
                                           launched.file ? launched.file.get() : launched.out.get(),
                                           launched.err.get()};
  return ipc::send_report(kSocket, report, launched ? &descriptors : nullptr);
}

// False at the end of the orders.
bool await_order() {
  char order = 0;
  return ::recv(kSocket, &order, sizeof order, MSG_PEEK) == sizeof order;
}

bool drop_order() {
  char order = 0;
  return ::recv(kSocket, &order, sizeof order, 0) == sizeof order;
}

// What a launcher starts may need namespaces to confine what that starts.
Confiner confiner_of(const Program& program) {
  return Confiner::of_cruncher(program.foreign && !program.by_launcher);
}

// A filter that all would get is the launcher's own, and inherited: the kernel takes 150 us of CPU time to
// make one for a process.
void filter_for_all(std::span<Confiner> confiners) {
  const auto* const filter = confiners.front().filter();
  const auto is_same = [filter](const Confiner& other) { return other.filter() == filter; };
  if (!filter || !std::all_of(confiners.begin(), confiners.end(), is_same)) return;
  if (!filter_own_calls(*filter)) return;
  for (auto& confiner : confiners) confiner.inherit_filter();
}

void launch_program(const Program& program) {
  const bool preferred = prefer_for_oom(::getpid());
  auto confiner = confiner_of(program);
  filter_for_all({&confiner, 1});
  const auto ruleset = confiner.ruleset({});
  const auto start = [&] { return launch(program, {ruleset.get(), confiner.filter()}, preferred); };
  while (await_order() && drop_order() && send_report(start())) {
  }
}

void launch_orders(const Program& program) {
  const bool preferred = prefer_for_oom(::getpid());
  std::vector<Confiner> confiners;
  for (const auto& confinement : program.confined) confiners.emplace_back(confinement);
  filter_for_all(confiners);
  while (await_order()) {
    const auto order = receive_order(kSocket);
    if (!order || order->confiner >= confiners.size()) break;
    if (!send_report(launch(program, *order, confiners[order->confiner], preferred))) break;
  }
}

// The fork server is left the order that waits. One that cannot be executed may be there for the next.
void become_fork_server(const Program& program, pid_t server) {
  const auto confiner = confiner_of(program);
  const auto ruleset = confiner.ruleset({});
  ForkServer fork_server(program, {ruleset.get(), confiner.filter()});
  while (await_order()) {
    fork_server.become(server);
    Launched none;
    none.error = errno;
    none.step = "execve";
    if (!drop_order() || !send_report(none)) break;
  }
}

// The server's handlers write to descriptors that are somebody else's in a process that was only forked.
void forget_handlers() {
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction action {};
    if (::sigaction(signal, nullptr, &action) != 0) continue;
    if (action.sa_handler != SIG_IGN && action.sa_handler != SIG_DFL) ::signal(signal, SIG_DFL);
  }
}

// The socket as stdin, and as stderr what a fork server is left of the server's. /dev/null else, lest a pipe
// of a process that is started be one of them.
void arrange_descriptors(int socket, int err) {
  if (err >= 0) ::dup2(err, STDERR_FILENO);
  ::dup2(socket, kSocket);
  ::close(STDOUT_FILENO);
  ::syscall(SYS_close_range, err >= 0 ? STDERR_FILENO + 1 : STDERR_FILENO, ~0u, 0);
  ::open("/dev/null", O_RDWR);
  if (err < 0) ::open("/dev/null", O_RDWR);
}

[[noreturn]] void serve_orders(int socket, int err, const Program& program, pid_t server) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != server) ::_exit(1);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);  // the mark of all that comes of it (orphans.h)
  forget_handlers();
  ::prctl(PR_SET_NAME, "launcher");
  ::setpgid(0, 0);  // a terminal's signals are for the server
  arrange_descriptors(socket, err);
  const rlimit none{0, 0};
  for (const auto right : {RLIMIT_RTPRIO, RLIMIT_NICE}) ::setrlimit(right, &none);  // the loop's
  set_priority(program.priority);
  hand_on_no_capabilities();
  if (!program.confined.empty())
    launch_orders(program);
  else if (program.start == Start::fork)
    become_fork_server(program, server);
  else
    launch_program(program);
  ::_exit(0);
}

}  // namespace

Launcher start_launcher(const Program& program) {
  const auto fail = [](const char* step) { return std::system_error(errno, std::generic_category(), step); };
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) throw fail("socketpair");
  Launcher launcher{loop::UniqueFd(ends[0]), {}, -1};
  const loop::UniqueFd other(ends[1]);
  loop::UniqueFd other_err;
  if (program.start == Start::fork) {
    int pipe[2];
    if (::pipe2(pipe, O_CLOEXEC) != 0) throw fail("pipe2");
    launcher.err = loop::UniqueFd(pipe[0]);
    other_err = loop::UniqueFd(pipe[1]);
    ::fcntl(launcher.err.get(), F_SETFL, O_NONBLOCK);
  }
  // All signals are blocked there, for good: it ends with its socket, or is killed.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t server = ::getpid();
  launcher.pid = ::fork();
  if (launcher.pid == 0) serve_orders(other.get(), other_err.get(), program, server);
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  if (launcher.pid < 0) throw fail("fork");
  return launcher;
}

bool order_start(const Launcher& launcher, const Order* order) {
  if (order) return send_order(launcher.socket.get(), *order);
  const char plain = 1;
  return ::send(launcher.socket.get(), &plain, sizeof plain, MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof plain;
}

std::optional<Launched> started(const Launcher& launcher, bool ordered) {
  ipc::LaunchReport report;
  ipc::LaunchDescriptors descriptors;
  if (!ipc::receive_report(launcher.socket.get(), report, descriptors)) return std::nullopt;
  Launched launched;
  launched.pid = report.pid;
  launched.error = report.error;
  launched.took_seconds = report.took_seconds;
  launched.inherited_kib = report.inherited_kib;
  launched.step = report.step.data();
  launched.in = loop::UniqueFd(descriptors[0]);
  launched.out = loop::UniqueFd(descriptors[1]);
  launched.err = loop::UniqueFd(descriptors[2]);
  // A foreign fork server may be wrong, and signals go to that pid. A child cannot be anybody else: only this
  // process reaps it.
  if ((launched || launched.pid > 0) && !is_child(launched.pid)) {
    errno = EPROTO;
    return std::nullopt;
  }
  // As it does itself, whoever is first: until then it is in its fork server's group, which must not be
  // killed in its place.
  if (launched.pid > 0) ::setpgid(launched.pid, launched.pid);
  const auto fail = [&launched](const char* step, int error) {
    launched.error = error;
    launched.step = step;
  };
  if (launched && !launched.err)
    fail("recvmsg", EMFILE);  // the kernel hands over as many as there is room for
  if (launched) launched.pidfd = loop::UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, launched.pid, 0)));
  if (launched && !launched.pidfd) fail("pidfd_open", errno);
  if (ordered) {
    launched.folder = std::move(launched.in);
    struct stat status {};
    if (launched.out && ::fstat(launched.out.get(), &status) == 0 && S_ISREG(status.st_mode))
      launched.file = std::move(launched.out);
  }
  return launched;
}

}  // namespace process
