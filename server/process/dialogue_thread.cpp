#include "server/process/dialogue_thread.h"

#include <limits>
#include <utility>

namespace process {
namespace {

constexpr auto kNoBudget = std::numeric_limits<std::size_t>::max();

}  // namespace

DialogueThread::DialogueThread(Process& process, std::shared_ptr<Dialogue> dialogue, ThreadPool& pool)
    : dialogue_(std::move(dialogue)), pool_(pool), state_(std::make_shared<State>(State{&process})) {}

DialogueThread::~DialogueThread() {
  state_->process = nullptr;
  if (busy()) return;
  for (auto& text : dialogue_->remains()) const FreedOnPool freed(pool_, text);
}

void DialogueThread::read() {
  state_->busy = true;
  auto& process = *state_->process;
  process.lend_out(true);
  pool_.run([dialogue = dialogue_, fd = process.out().fd()] { return pull(fd, *dialogue); },
            [state = state_, &process](Pulled pulled) {
              state->busy = false;
              state->done = pulled.end;
              process.lend_out(false);
            });
}

void DialogueThread::understand() {
  state_->busy = true;
  pool_.run(
      [dialogue = dialogue_] {
        dialogue->understand(kNoBudget);
        return true;
      },
      [state = state_](bool) {
        state->busy = false;
        state->done = false;
        if (state->process) state->process->wake();
      });
}

std::optional<bool> DialogueThread::done() {
  return std::exchange(state_->done, {});
}

}  // namespace process
