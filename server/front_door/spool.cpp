#include "server/front_door/spool.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "ipc/growth.h"

namespace front_door {
namespace {

struct Written {
  loop::UniqueFd made;
  int error = 0;
};

int write_all(int file, std::string_view bytes, std::size_t offset) {
  while (!bytes.empty()) {
    const auto count = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    offset += static_cast<std::size_t>(count);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return 0;
}

}  // namespace

// pwrite(2) leaves the file's offset at 0, where its reader begins.
awaitable<std::optional<Refusal>> Spool::append(std::string bytes) {
  const auto size = bytes.size();
  if (!scratch_.extend(content_.share, size)) co_return no_scratch(scratch_, content_.size + size);
  auto work = [&scratch = scratch_, file = content_.fd.get(), offset = content_.size,
               bytes = std::move(bytes)]() mutable {
    Written written;
    if (file < 0) {
      written.made = scratch.open();
      file = written.made.get();
    }
    written.error = file < 0 ? errno : write_all(file, bytes, offset);
    if (bytes.size() >= ipc::kMapped) ipc::let_go(std::move(bytes));
    return written;
  };
  auto written = co_await scratch_.threads().call(std::move(work));
  if (written.made) content_.fd = std::move(written.made);
  if (written.error != 0)
    co_return Refusal{503, "scratch_full",
                      fmt::format("the content cannot be kept in {} (--scratch-dir): {}", scratch_.folder(),
                                  std::strerror(written.error))};
  content_.size += size;
  co_return std::nullopt;
}

Refusal no_scratch(const loop::Scratch& scratch, std::size_t size) {
  if (size > scratch.most())
    return {413, "scratch_full",
            fmt::format("the content is larger than {} bytes (--max-scratch)", scratch.most())};
  return {503, "scratch_full",
          fmt::format("all long contents together are larger than {} bytes (--max-scratch)", scratch.most())};
}

}  // namespace front_door
