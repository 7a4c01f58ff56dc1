#include "server/process/order.h"

#include <cerrno>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "ipc/descriptor_message.h"

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

using Message = ipc::DescriptorMessage<1>;

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
  const Message::Descriptors content{order.content ? order.content->get() : -1};
  const bool has_content = order.content && *order.content;
  return Message(text.data(), text.size())
             .send(socket, has_content ? &content : nullptr, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

std::optional<Order> receive_order(int socket) {
  std::string text(sizeof(Head) + kMostWords, '\0');
  Message::Descriptors content;
  const auto size = Message(text.data(), text.size()).receive(socket, content, 0);
  Order order;
  if (content.front() >= 0) order.content = std::make_shared<loop::UniqueFd>(content.front());
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
