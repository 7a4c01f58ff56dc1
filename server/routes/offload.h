#pragma once
// What heavy routes ask of others, in one place: whether a job would be refused, params prepared off the loop
// where they are long, a job run, the busy loop on a thread. Knows no route. Made in main; the fuzzers
// override what costs a process.

#include "server/comparison/worker_threads.h"
#include "server/loop/thread_pool.h"
#include "server/offload/command_dispatcher.h"
#include "server/offload/dispatcher.h"
#include "server/routes/catalogue.h"
#include "server/routes/content_reading.h"
#include "server/routes/reply.h"
#include "server/telemetry/observer.h"

namespace routes {

class Offload {
 public:
  /// All of them must outlive it.
  Offload(const Catalogue& catalogue, offload::Dispatcher& dispatcher, comparison::WorkerThreads& threads,
          loop::ThreadPool& json_pool, ContentReading& contents,
          const std::vector<telemetry::Observer*>& observers)
      : catalogue_(catalogue),
        dispatcher_(dispatcher),
        threads_(threads),
        json_pool_(json_pool),
        contents_(contents),
        observers_(observers) {}
  virtual ~Offload() = default;

  const Catalogue& catalogue() const { return catalogue_; }
  /// Who hears of each line that a job writes to stderr.
  const std::vector<telemetry::Observer*>& observers() const { return observers_; }

  /// The reply to a call whose job would be refused if it came now: known before anything is spent on it.
  std::optional<Reply> refusal(Call& call) const;

  /// The request line of `content`, or the refusal for what is wrong with it, or because too many wait for
  /// this. Suspends where the content is long, which must stay until then. `job` lacks its line.
  awaitable<std::variant<std::string, Reply>> prepare(Call& call, const Task& task, std::string_view content,
                                                      const process::Job& job);

  /// Frees a long text where that holds up nobody.
  loop::FreedOnPool freed_at_end(std::string& text) { return {json_pool_, text}; }

  /// Runs `job`, whose line is gone then, and has its outcome told to the client and to the log. Suspends
  /// until then; cancelled, the job dies wherever it is.
  awaitable<Reply> run(Call& call, process::Job& job);

  /// Those for whom commands run. To be called before there is a client.
  void serve_commands(offload::CommandDispatcher& commands) { commands_ = &commands; }
  /// How many jobs of a command with a bound of its own run.
  std::size_t running_of(const std::string& task) const { return commands_->running_of(task); }

  /// The same for a command. One that streams is told as it comes.
  awaitable<Reply> run_command(Call& call, process::Job job, const process::Command& command,
                               process::CommandInput input);

  /// Bytes as an open file, from its beginning: made on the loop where they are few.
  awaitable<std::shared_ptr<loop::UniqueFd>> file_of(std::string_view content);

  /// What `work` returns, done off the loop: for long texts. Suspends until then.
  template <typename Work>
  awaitable<std::invoke_result_t<Work>> off_loop(Work work) {
    return json_pool_.call(std::move(work));
  }

  /// The same for the origin's busy loop, on a thread of the server.
  awaitable<Reply> spin(Call& call, Milliseconds cpu, Deadline deadline);

 protected:
  virtual awaitable<process::Outcome> outcome_of(const process::Job& job);
  virtual awaitable<process::Outcome> outcome_of_spin(Milliseconds cpu, Deadline deadline,
                                                      const process::Client& client);

 private:
  Reply told(Call& call, process::Outcome outcome) const;

  const Catalogue& catalogue_;
  offload::Dispatcher& dispatcher_;
  comparison::WorkerThreads& threads_;
  loop::ThreadPool& json_pool_;
  ContentReading& contents_;
  const std::vector<telemetry::Observer*>& observers_;
  offload::CommandDispatcher* commands_ = nullptr;
};

}  // namespace routes
