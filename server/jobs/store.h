#pragma once
// Stored jobs for those on the loop: what they ask of the database is done on a thread of its own. All that
// is asked for while the last group is written is one transaction, so that one fsync(2) serves all who wait.
// Knows no job's meaning. Used by runner.h and routes/.

#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "server/jobs/database.h"
#include "server/loop/thread_pool.h"
#include "server/loop/wake_up.h"

namespace jobs {

/// Nothing of what was asked for has happened.
struct StoreFailed {
  std::string why;
  bool no_room = false;  ///< the disk is full
};

template <typename Result>
using Answer = std::variant<Result, StoreFailed>;

class Store {
 public:
  /// Opens it, and blocks meanwhile. Where the folder cannot be used, everything is answered by StoreFailed
  /// until it can. Throws StoreRefused where a server must not start with it.
  Store(Loop& loop, const std::filesystem::path& folder);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// Calls `work(database)` in the thread, perhaps twice, and then `then(answer)` on the loop, with what it
  /// returned: on disk by then.
  template <typename Work, typename Then>
  void run(Work work, Then then) {
    asked_.push_back(std::make_unique<OperationOf<Work, Then>>(std::move(work), std::move(then)));
    send();
  }

  /// Suspends until the answer is there. Cancelled, the work is done all the same.
  template <typename Work>
  awaitable<Answer<std::invoke_result_t<Work, Database&>>> call(Work work) {
    using Result = Answer<std::invoke_result_t<Work, Database&>>;
    struct Wait {
      explicit Wait(Loop& loop) : told(loop) {}
      WakeUp told;
      std::optional<Result> answer;
    };
    const auto wait = std::make_shared<Wait>(loop_);
    run(std::move(work), [wait](Result answer) {
      wait->answer.emplace(std::move(answer));
      wait->told.wake();
    });
    while (!wait->answer) co_await wait->told.wait(Deadline::max());
    co_return std::move(*wait->answer);
  }

  /// The last call, where the loop has ended: does what is still asked for and then `last`, closes the
  /// database, and blocks meanwhile. Nobody hears of it.
  void finish(std::function<void(Database&)> last);

  /// Has the thread destroy it: to close a large file that has no name any more takes milliseconds.
  template <typename Thing>
  void let_go(std::shared_ptr<Thing> thing) {
    thread_.run([thing = std::move(thing)] {});
  }

  const Figures& figures() const { return figures_; }
  /// Why nothing can be stored; empty where all is well.
  const std::string& fault() const { return fault_; }
  /// Called with how long each commit took, in seconds.
  std::function<void(double)> on_commit = [](double) {};

 private:
  class Operation {
   public:
    virtual ~Operation() = default;
    virtual void perform(Database& database) = 0;  // in the thread
    virtual void let_go() = 0;                     // of what it was made of, in the thread
    virtual void tell(const std::optional<StoreFailed>& why_not) = 0;
  };
  template <typename Work, typename Then>
  class OperationOf final : public Operation {
   public:
    OperationOf(Work work, Then then) : work_(std::move(work)), then_(std::move(then)) {}
    void perform(Database& database) override { result_.emplace((*work_)(database)); }
    void let_go() override { work_.reset(); }
    void tell(const std::optional<StoreFailed>& why_not) override {
      if (why_not)
        then_(*why_not);
      else
        then_(std::move(*result_));
    }

   private:
    std::optional<Work> work_;
    Then then_;
    std::optional<std::invoke_result_t<Work, Database&>> result_;
  };
  struct Group {
    std::vector<std::unique_ptr<Operation>> operations;
    std::vector<std::optional<StoreFailed>> faults;  // of each
    std::optional<Figures> figures;
    double seconds = 0;
  };

  bool open();
  void send();
  void perform(Group& group);
  void perform(Group& group, std::size_t first, std::size_t last);
  void tell(Group group);
  bool tell_next();
  static void finish(Database& database, const std::function<void(Database&)>& last);

  Loop& loop_;
  const std::filesystem::path folder_;
  // The thread's, once it is there: the database, or why it is not open, and when that is tried again.
  std::unique_ptr<Database> database_;
  std::string not_open_;
  Clock::time_point open_again_{};
  // The loop's.
  std::string fault_;
  Figures figures_;
  std::vector<std::unique_ptr<Operation>> asked_;
  bool busy_ = false;
  std::deque<std::pair<std::unique_ptr<Operation>, std::optional<StoreFailed>>> answers_;  // to be told
  ThreadPool thread_;
};

}  // namespace jobs
