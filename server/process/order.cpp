#include "server/process/order.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace process {
namespace {

// In front of the words, each with a NUL at its end.
struct Head {
  JobLimits limits;
  std::uint64_t file_size;
  std::uint32_t confiner;
  std::uint32_t argc;
  bool streams;
};
static_assert(std::is_trivially_copyable_v<Head>);

struct Message {
  Message(void* bytes, std::size_t size) : part{bytes, size} {
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
  }
  iovec part;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr header{};
};

template <typename Visit>
void for_each_word(const Order& order, Visit visit) {
  for (const auto* word : {&order.program, &order.folder, &order.in}) visit(*word);
  for (const auto& word : order.argv) visit(word);
  for (const auto& word : order.environment) visit(word);
}

}  // namespace

std::size_t size_of_words(const Order& order) {
  std::size_t size = 0;
  for_each_word(order, [&](const std::string& word) { size += word.size() + 1; });
  return size;
}

bool send_order(int socket, const Order& order) {
  const Head head{order.limits, order.file_size, order.confiner,
                  static_cast<std::uint32_t>(order.argv.size()), order.streams};
  std::string text(sizeof head, '\0');
  std::memcpy(text.data(), &head, sizeof head);
  for_each_word(order, [&](const std::string& word) { text.append(word).push_back('\0'); });
  Message message(text.data(), text.size());
  if (order.content && *order.content) {
    const int file = order.content->get();
    auto* const rights = CMSG_FIRSTHDR(&message.header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof file);
    std::memcpy(CMSG_DATA(rights), &file, sizeof file);
  } else {
    message.header.msg_control = nullptr;
    message.header.msg_controllen = 0;
  }
  return ::sendmsg(socket, &message.header, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

std::optional<Order> receive_order(int socket) {
  std::string text(sizeof(Head) + kMostWords, '\0');
  Message message(text.data(), text.size());
  const auto size = ::recvmsg(socket, &message.header, MSG_CMSG_CLOEXEC);
  Order order;
  if (const auto* const rights = CMSG_FIRSTHDR(&message.header)) {
    int file = -1;
    std::memcpy(&file, CMSG_DATA(rights), sizeof file);
    order.content = std::make_shared<loop::UniqueFd>(file);
  }
  Head head;
  if (size < static_cast<ssize_t>(sizeof head)) return std::nullopt;
  std::memcpy(&head, text.data(), sizeof head);
  order.limits = head.limits;
  order.file_size = head.file_size;
  order.confiner = head.confiner;
  order.streams = head.streams;
  std::string_view rest(text.data() + sizeof head, static_cast<std::size_t>(size) - sizeof head);
  const auto next = [&rest] {
    std::string word(rest.substr(0, rest.find('\0')));
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    return word;
  };
  for (auto* word : {&order.program, &order.folder, &order.in}) *word = next();
  for (std::uint32_t i = 0; i < head.argc; ++i) order.argv.push_back(next());
  while (!rest.empty()) order.environment.push_back(next());
  return order;
}

}  // namespace process
