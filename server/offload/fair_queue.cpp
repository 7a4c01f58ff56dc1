#include "server/offload/fair_queue.h"

namespace offload {

FairQueue::Turn FairQueue::turn_of(Line& line) {
  const double load = static_cast<double>(line.running) / line.client.weight;
  return {load, line.since, &line};
}

// Before a line changes, and after: the sets are ordered by what changes.
void FairQueue::unrank(Line& line) {
  if (line.waiting.empty()) return;
  by_length_.erase({line.waiting.size(), &line});
  by_turn_.erase(turn_of(line));
}

void FairQueue::rank(Line& line) {
  if (line.waiting.empty()) return;
  by_length_.emplace(line.waiting.size(), &line);
  if (may_run(line)) by_turn_.insert(turn_of(line));
}

FairQueue::Line& FairQueue::line_of(const process::Client& client) {
  const auto [found, is_new] = lines_.try_emplace(client.name);
  auto& line = found->second;
  if (is_new) line.since = ++events_;
  unrank(line);
  line.client = client;
  rank(line);
  return line;
}

void FairQueue::join(Line& line, Waiter& waiter) {
  unrank(line);
  waiter.line = &line;
  line.waiting.push_back(waiter);
  ++waiting_;
  rank(line);
}

void FairQueue::leave(Waiter& waiter) {
  auto& line = *std::exchange(waiter.line, nullptr);
  unrank(line);
  line.waiting.erase(line.waiting.iterator_to(waiter));
  --waiting_;
  rank(line);
  drop_if_idle(line);
}

std::pair<FairQueue::Waiter*, FairQueue::Line*> FairQueue::next() {
  if (by_turn_.empty()) return {};
  auto& line = *std::get<Line*>(*by_turn_.begin());
  begin(line);
  auto& waiter = line.waiting.front();
  leave(waiter);
  return {&waiter, &line};
}

void FairQueue::begin(Line& line) {
  unrank(line);
  ++line.running;
  line.since = ++events_;
  rank(line);
}

void FairQueue::finish(Line& line) {
  unrank(line);
  --line.running;
  line.since = ++events_;
  rank(line);
  drop_if_idle(line);
}

void FairQueue::drop_if_idle(Line& line) {
  if (line.running > 0 || !line.waiting.empty()) return;
  lines_.erase(lines_.find(line.client.name));
}

FairQueue::Waiter* FairQueue::to_give_way_to(const Line& line) {
  if (by_length_.empty()) return nullptr;
  auto& longest = *by_length_.rbegin()->second;
  return longest.waiting.size() > line.waiting.size() + 1 ? &longest.waiting.back() : nullptr;
}

std::pair<std::size_t, std::size_t> FairQueue::counts_of(const std::string& name) const {
  const auto found = lines_.find(name);
  if (found == lines_.end()) return {0, 0};
  return {found->second.running, found->second.waiting.size()};
}

}  // namespace offload
