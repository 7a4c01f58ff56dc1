#include "ipc/launch_report.h"

#include <unistd.h>

#include <cerrno>

#include "ipc/descriptor_message.h"

namespace ipc {
namespace {

using Message = DescriptorMessage<std::tuple_size_v<LaunchDescriptors>>;

}  // namespace

bool send_report(int socket, const LaunchReport& report, const LaunchDescriptors* descriptors) {
  return Message(const_cast<LaunchReport*>(&report), sizeof report).send(socket, descriptors, MSG_NOSIGNAL) >=
         0;
}

bool receive_report(int socket, LaunchReport& report, LaunchDescriptors& descriptors) {
  const auto size = Message(&report, sizeof report).receive(socket, descriptors, MSG_DONTWAIT);
  if (size < 0) return false;
  report.step.back() = '\0';
  if (size == sizeof report) return true;
  for (const int descriptor : descriptors) {
    if (descriptor >= 0) ::close(descriptor);
  }
  errno = size == 0 ? ECONNRESET : EPROTO;
  return false;
}

}  // namespace ipc
