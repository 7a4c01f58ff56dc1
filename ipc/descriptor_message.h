#pragma once
// A message of bytes on a Unix socket that carries so many descriptors, or none (SCM_RIGHTS, unix(7)). Knows
// not what they are. Used by launch_report.cpp and by the server's orders to its launchers.

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

namespace ipc {

template <std::size_t Count>
class DescriptorMessage {
 public:
  using Descriptors = std::array<int, Count>;

  /// `bytes` must outlive it.
  DescriptorMessage(void* bytes, std::size_t size) : part_{bytes, size} {
    header_.msg_iov = &part_;
    header_.msg_iovlen = 1;
    header_.msg_control = control_;
    header_.msg_controllen = sizeof control_;
  }
  DescriptorMessage(const DescriptorMessage&) = delete;
  DescriptorMessage& operator=(const DescriptorMessage&) = delete;

  /// Null sends none. What sendmsg(2) returned.
  ssize_t send(int socket, const Descriptors* descriptors, int flags) {
    if (descriptors) {
      auto* const rights = CMSG_FIRSTHDR(&header_);
      rights->cmsg_level = SOL_SOCKET;
      rights->cmsg_type = SCM_RIGHTS;
      rights->cmsg_len = CMSG_LEN(sizeof *descriptors);
      std::memcpy(CMSG_DATA(rights), descriptors->data(), sizeof *descriptors);
    } else {
      header_.msg_control = nullptr;
      header_.msg_controllen = 0;
    }
    return ::sendmsg(socket, &header_, flags);
  }

  /// `descriptors`: those that came, close-on-exec, and the caller's to close; -1 for each that did not. What
  /// recvmsg(2) returned.
  ssize_t receive(int socket, Descriptors& descriptors, int flags) {
    descriptors.fill(-1);
    const auto size = ::recvmsg(socket, &header_, flags | MSG_CMSG_CLOEXEC);
    if (size < 0) return size;
    if (const auto* const rights = CMSG_FIRSTHDR(&header_)) {
      const auto bytes = std::min(sizeof descriptors, rights->cmsg_len - CMSG_LEN(0));
      std::memcpy(descriptors.data(), CMSG_DATA(rights), bytes);
    }
    return size;
  }

 private:
  iovec part_;
  alignas(cmsghdr) char control_[CMSG_SPACE(sizeof(Descriptors))] = {};
  msghdr header_{};
};

}  // namespace ipc
