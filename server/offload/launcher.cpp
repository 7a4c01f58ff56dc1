#include "server/offload/launcher.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace offload {
namespace {

constexpr int kSocket = 0;  // in the launcher, all that it has open

// What goes back for an order, along with the descriptors pidfd, in, out, err where a process runs.
struct Report {
  pid_t pid;
  int error;
  double took_seconds;
  long inherited_kib;
  std::array<char, 16> step;
};
constexpr std::size_t kDescriptors = 4;

struct Message {
  explicit Message(Report& report) : part{&report, sizeof report} {
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
  }
  iovec part;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kDescriptors)] = {};
  msghdr header{};
};

bool send_report(const Launched& launched) {
  Report report{launched.pid, launched.error, launched.took_seconds, launched.inherited_kib, {}};
  launched.step.copy(report.step.data(), report.step.size() - 1);
  Message message(report);
  if (launched) {
    const int fds[kDescriptors] = {launched.pidfd.get(), launched.in.get(), launched.out.get(),
                                   launched.err.get()};
    auto* const rights = CMSG_FIRSTHDR(&message.header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof fds);
    std::memcpy(CMSG_DATA(rights), fds, sizeof fds);
  } else {
    message.header.msg_controllen = 0;
  }
  return ::sendmsg(kSocket, &message.header, MSG_NOSIGNAL) >= 0;
}

[[noreturn]] void serve_orders(int socket, const LaunchPlan& plan, pid_t server) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != server) ::_exit(1);
  ::prctl(PR_SET_NAME, "launcher");
  ::setpgid(0, 0);  // a terminal's signals are for the server
  ::dup2(socket, kSocket);
  ::syscall(SYS_close_range, kSocket + 1, ~0u, 0);
  take_priority(plan.priority);
  char order = 0;
  while (::recv(kSocket, &order, sizeof order, 0) == sizeof order && send_report(launch(plan))) {
  }
  ::_exit(0);
}

}  // namespace

Launcher start_launcher(const LaunchPlan& plan) {
  const auto fail = [](const char* step) { return std::system_error(errno, std::generic_category(), step); };
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) throw fail("socketpair");
  Launcher launcher{UniqueFd(ends[0]), -1};
  const UniqueFd other(ends[1]);
  // All signals are blocked there, for good: it ends with its socket, or is killed.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t server = ::getpid();
  launcher.pid = ::fork();
  if (launcher.pid == 0) serve_orders(other.get(), plan, server);
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  if (launcher.pid < 0) throw fail("fork");
  return launcher;
}

bool order_start(const Launcher& launcher) {
  const char order = 1;
  return ::send(launcher.socket.get(), &order, sizeof order, MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof order;
}

std::optional<Launched> started(const Launcher& launcher) {
  Report report{};
  Message message(report);
  const auto size = ::recvmsg(launcher.socket.get(), &message.header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (size == 0) errno = ECONNRESET;
  if (size != sizeof report) return std::nullopt;
  Launched launched;
  launched.pid = report.pid;
  launched.error = report.error;
  launched.took_seconds = report.took_seconds;
  launched.inherited_kib = report.inherited_kib;
  launched.step = report.step.data();
  if (!launched) return launched;
  const auto* const rights = CMSG_FIRSTHDR(&message.header);
  std::array<int, kDescriptors> fds{-1, -1, -1, -1};
  if (rights)
    std::memcpy(fds.data(), CMSG_DATA(rights), std::min(sizeof fds, rights->cmsg_len - CMSG_LEN(0)));
  launched.pidfd = UniqueFd(fds[0]);
  launched.in = UniqueFd(fds[1]);
  launched.out = UniqueFd(fds[2]);
  launched.err = UniqueFd(fds[3]);
  if (!launched.err) {  // the kernel hands over as many as there is room for
    launched.error = EMFILE;
    launched.step = "recvmsg";
  }
  return launched;
}

}  // namespace offload
