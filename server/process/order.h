#pragma once
// What a launcher is told to start where that is not its program as it stands: a command with the words and
// the content of one job. Sent by spawner.h to launcher.h, in one message.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/loop/unique_fd.h"
#include "server/process/job.h"

namespace process {

struct Order {
  std::string program;  ///< the file that is executed
  std::vector<std::string> argv;
  std::vector<std::string> environment;  ///< "NAME=value", all that it will see
  std::string folder;                    ///< the job's own, to be made; it runs there
  std::string in;                        ///< the content's name in that folder, where it is not stdin
  JobLimits limits;
  std::uint64_t file_size = 0;              ///< RLIMIT_FSIZE: the result's file is one, too
  std::uint32_t confiner = 0;               ///< which of Program::confined
  bool streams = false;                     ///< stdout is a pipe; else a file
  std::shared_ptr<loop::UniqueFd> content;  ///< an open file, from its beginning; null where there is none
};

/// Bytes of words and variables together that an order may have. More does not fit beside another into a
/// socket's buffer.
inline constexpr std::size_t kMostWords = 60 * 1024;
/// What of them an order has.
std::size_t size_of_words(const Order& order);

/// Does not wait. False with errno.
bool send_order(int socket, const Order& order);

/// Nothing where the message that waits is no such order: a plain one, or the end.
std::optional<Order> receive_order(int socket);

}  // namespace process
