#pragma once
// Brings stored jobs to slots that no waiting client needs, sees to their ends, and answers for those that
// live. Knows no HTTP: how a job is run is `Work`'s to know. Used by routes/job_routes.h; made in main.

#include <boost/asio/cancellation_signal.hpp>
#include <functional>
#include <list>
#include <map>
#include <memory>

#include "server/jobs/store.h"
#include "server/jobs/topic.h"
#include "server/offload/admission.h"
#include "server/offload/fair_queue.h"

namespace jobs {

/// Of jobs that may run at once.
inline constexpr std::size_t kUnbounded = SIZE_MAX;

struct Terms {
  std::size_t backlog = 10'000;  ///< jobs that may be queued
  std::size_t background = 1;    ///< slots that stored jobs may have at once
  Milliseconds keep_results{24 * 3'600'000};
  std::uint64_t keep_bytes = 10ull << 30;
  /// The terms of the client of that name: of its stored jobs no more than `running` run at once.
  std::function<process::Client(const std::string& name)> client_of;
};

/// What running a job means. Implemented by routes/.
class Work {
 public:
  virtual ~Work() = default;
  /// Runs it to its end in `slot`; cancelled, the job is killed.
  virtual awaitable<Ending> run(Begun& job, offload::Slot slot, Topic& topic) = 0;
  /// How many jobs of that task may run at once.
  virtual std::size_t most_of(const std::string& task) const = 0;
  /// How many do, whoever wants them; only of one that has a bound.
  virtual std::size_t running_of(const std::string& task) const = 0;
};

class Runner {
 public:
  /// All of them must outlive it, and so must the loop's last turn.
  Runner(Loop& loop, Store& store, offload::Admission& admission, Work& work, Terms terms);

  /// Begins with what is queued already.
  void begin();
  /// Starts nothing more, and sends the watchers away. What comes is stored, for the next server.
  void drain();
  std::size_t running() const { return running_; }

  /// The job is on disk, and will be run, when this returns. Cancelled, it may be all the same.
  awaitable<Answer<Submitted>> submit(Submission submission);

  /// What a job that lives shows; null for one that is over, or unknown.
  std::shared_ptr<Topic> watch(const std::string& id);
  /// How many of its client's are before it, and itself; 0 unless it is queued. After cancellations before
  /// it, a little too high. Of one that waits for its task: how many of that task.
  std::size_t position(const std::string& id) const;
  /// 0 to 1; nothing unless it runs and has said something.
  std::optional<double> progress(const std::string& id) const;
  /// Ends a job that lives, and suspends until its end is stored.
  awaitable<> cancel(std::string id);
  std::size_t queued() const { return queue_.waiting() + parked_count_; }
  /// A job that is queued in the store, and may not have been read from there yet since the start.
  void adopt(const Record& record);
  const Terms& terms() const { return terms_; }

 private:
  struct Entry : offload::FairQueue::Waiter {
    const std::string* id = nullptr;
    std::uint64_t ordinal = 0;
    const std::string* task = nullptr;
    std::shared_ptr<Topic> topic;                       // where it is watched, or runs
    std::unique_ptr<asio::cancellation_signal> cancel;  // where it runs
    bool cancelled = false;
  };

  // What a job that runs has: its client's line, which counts it, and a slot.
  struct Place {
    offload::FairQueue::Line* line;
    offload::Slot slot;
  };

  // One whose turn has come while its task had as many as it may: first when that ends.
  struct Parked {
    Entry* entry;
    std::string client;
  };

  Entry* add(const std::string& id, const std::string& task);  // null where it is known
  void enqueue(const std::string& id, const std::string& client, const std::string& task);
  std::optional<Place> place_for(const std::string& client, const std::string& task);
  std::optional<Place> reserve(const std::string& client, const std::string& task);
  bool may_begin(const std::string& task) const;
  void count(offload::FairQueue::Line& line, const std::string& task);
  void uncount(offload::FairQueue::Line& line, const std::string& task);
  bool begin_parked(std::list<Parked>& parked);
  bool unpark(Entry& entry);
  void begin(Entry& entry, Place place, std::optional<Begun> job);
  void free(Place place, const std::string& task);
  Topic& topic_of(Entry& entry);
  void fill();
  awaitable<> run(Entry& entry, Place place, std::optional<Begun> job);
  awaitable<bool> attempt(Entry& entry, Begun& job, offload::Slot slot);
  awaitable<std::optional<Begun>> start(Entry& entry);
  awaitable<Ending> work(Entry& entry, Begun& job, offload::Slot slot);
  awaitable<bool> queue_again(Entry& entry, bool begun);
  awaitable<> keep(Entry& entry, Ending ending);
  awaitable<> end_queued(Entry& entry);
  void leave(Entry& entry, State state);
  awaitable<> read_queue();
  awaitable<> forget_old();

  Loop& loop_;
  Store& store_;
  offload::Admission& admission_;
  Work& work_;
  const Terms terms_;
  // No hash table: to make one of 100,000 larger takes 20 ms.
  std::map<std::string, Entry> live_;
  offload::FairQueue queue_;
  std::map<std::string, std::list<Parked>> parked_;  // by task
  std::size_t parked_count_ = 0;
  std::map<std::string, std::size_t, std::less<>> tasks_;  // of each that has come: how many run
  std::uint64_t ordinals_ = 0;
  std::size_t running_ = 0;
  bool draining_ = false;
  bool filling_ = false;
  bool has_read_ = false;  // all that was queued at the start
};

}  // namespace jobs
