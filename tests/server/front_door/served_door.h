#pragma once
// A front door on a port of its own, on a loop in a thread of its own, with an application that is a test's.
// Knows no route. Talk to it with HttpClient(door.port()).

#include <boost/asio/post.hpp>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "server/front_door/door.h"
#include "server/front_door/listener.h"
#include "tests/harness/patience.h"

namespace front_door_test {

using namespace front_door;

/// How one exchange ended.
struct Ended {
  std::string target;
  Ending ending;
  std::size_t bytes;
  std::string reason;
};

/// The text of a GET, by HTTP/1.`minor`.
std::string get(std::string_view target, int minor = 1);

struct Setting {
  Limits limits{};
  ContentTerms terms{64 << 20, true};
  std::string scratch_dir{};
  std::size_t max_scratch = std::size_t{1} << 30;
};

class ServedDoor {
 public:
  /// `answer` fills the response, on the loop.
  using Answer = std::function<void(Exchange&)>;

  ServedDoor(Setting setting, Answer answer);
  /// All clients must be gone.
  ~ServedDoor();

  std::uint16_t port() const { return port_; }

  /// What `ask` returns on the loop.
  template <typename Ask>
  auto on_loop(Ask ask) {
    std::packaged_task<decltype(ask())()> task(std::move(ask));
    auto result = task.get_future();
    asio::post(loop_, std::move(task));
    return result.get();
  }
  DoorCounts counts();
  std::size_t scratch_used();

  /// The exchange for `target`, once it is over; nothing where that takes longer.
  std::optional<Ended> ended(const std::string& target, harness::milliseconds within);
  /// What was reported as a bug.
  std::vector<std::string> reports();

 private:
  struct Answers;

  Loop loop_;
  loop::Scratch scratch_;
  std::unique_ptr<Answers> answers_;
  std::unique_ptr<Door> door_;
  std::unique_ptr<Listener> listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

inline constexpr std::size_t kMiB = std::size_t{1} << 20;

/// Bytes of which no part looks like another.
std::string pattern(std::size_t size);

/// A response with this content.
Response whole(std::string body);
/// The head of a response whose content is `size` bytes long.
Response of_size(std::size_t size);
/// The head of a response in parts: in chunks, or up to the close.
Response in_parts(Exchange& exchange, Stream stream);

/// Bytes that this process has allocated; the tests of what clients cost ask for it. 0 with a sanitizer.
std::size_t allocated();

/// A file without a name that holds `bytes`.
FileContent file_of(const std::string& bytes);

}  // namespace front_door_test
