#include "server/offload/command_spares.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace offload {
namespace {

constexpr int kPipe = 1 << 20;  // bytes

std::size_t size_of(const std::shared_ptr<loop::UniqueFd>& content) {
  return content ? process::size_of_file(*content) : 0;
}

}  // namespace

std::function<SpareOrder()> spare_orders(process::JobFolders& folders, const process::Command& command) {
  return [&folders, &command] {
    SpareOrder spare;
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return spare;
    const auto out = std::make_shared<loop::UniqueFd>(ends[0]);
    spare.in = loop::UniqueFd(ends[1]);
    if (::fcntl(ends[1], F_SETPIPE_SZ, kPipe) < kPipe) {
      spare.in = {};
      return spare;
    }
    spare.folder = process::JobFolder(folders);
    spare.order = process::order_of(command, {{}, out, command.streams}, spare.folder.path());
    return spare;
  };
}

bool suits_spares(const std::shared_ptr<loop::UniqueFd>& content) {
  return size_of(content) <= static_cast<std::size_t>(kPipe);
}

void give_content(process::Process& spare, const std::shared_ptr<loop::UniqueFd>& content) {
  loff_t at = 0;
  for (auto left = size_of(content); left > 0;) {
    const auto count = ::splice(content->get(), &at, spare.in().fd(), nullptr, left, SPLICE_F_NONBLOCK);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    left -= static_cast<std::size_t>(count);
  }
  spare.in().close();
}

}  // namespace offload
