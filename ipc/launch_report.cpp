#include "ipc/launch_report.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace ipc {
namespace {

struct Message {
  explicit Message(void* report) : part{report, sizeof(LaunchReport)} {
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
  }
  iovec part;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(LaunchDescriptors))] = {};
  msghdr header{};
};

}  // namespace

bool send_report(int socket, const LaunchReport& report, const LaunchDescriptors* descriptors) {
  Message message(const_cast<LaunchReport*>(&report));
  if (descriptors) {
    auto* const rights = CMSG_FIRSTHDR(&message.header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof *descriptors);
    std::memcpy(CMSG_DATA(rights), descriptors->data(), sizeof *descriptors);
  } else {
    message.header.msg_control = nullptr;
    message.header.msg_controllen = 0;
  }
  return ::sendmsg(socket, &message.header, MSG_NOSIGNAL) >= 0;
}

bool receive_report(int socket, LaunchReport& report, LaunchDescriptors& descriptors) {
  descriptors.fill(-1);
  Message message(&report);
  const auto size = ::recvmsg(socket, &message.header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (size < 0) return false;
  if (const auto* const rights = CMSG_FIRSTHDR(&message.header)) {
    const auto bytes = std::min(sizeof descriptors, rights->cmsg_len - CMSG_LEN(0));
    std::memcpy(descriptors.data(), CMSG_DATA(rights), bytes);
  }
  report.step.back() = '\0';
  if (size == sizeof report) return true;
  for (const int descriptor : descriptors) {
    if (descriptor >= 0) ::close(descriptor);
  }
  errno = size == 0 ? ECONNRESET : EPROTO;
  return false;
}

}  // namespace ipc
