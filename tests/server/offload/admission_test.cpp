// Who gets a slot, who waits and who is refused: no process, and no time that passes.

#include "server/offload/admission.h"

#include <doctest/doctest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <memory>
#include <string>
#include <vector>

namespace offload {
namespace {

using process::Reason;

constexpr Milliseconds kForever{3'600'000};

struct Desired {
  explicit Desired(process::Client client) : client(std::move(client)) {}
  process::Client client;
  std::optional<std::variant<Slot, process::Failure>> got;
  asio::cancellation_signal leave;

  bool waits() const { return !got; }
  bool runs() const { return got && std::holds_alternative<Slot>(*got); }
  std::optional<Reason> refused() const {
    const auto* failure = got ? std::get_if<process::Failure>(&*got) : nullptr;
    return failure ? std::optional(failure->reason) : std::nullopt;
  }
};

struct Slots {
  explicit Slots(std::size_t slots, std::size_t waiting, Milliseconds wait_limit = kForever)
      : admission(loop, slots, waiting, wait_limit) {}
  ~Slots() {  // a coroutine that still waits would outlive what it waits for
    admission.dismiss();
    settle();
  }

  std::shared_ptr<Desired> enter(const std::string& name, Deadline deadline = Deadline::max()) {
    auto desired = std::make_shared<Desired>(process::Client{name});
    asio::co_spawn(
        loop.get_executor(),
        [this, desired, deadline]() -> awaitable<> {
          auto got = co_await admission.enter(deadline, desired->client);
          desired->got = std::move(got);
        },
        asio::bind_cancellation_slot(desired->leave.slot(), [desired](std::exception_ptr) {}));
    settle();
    return desired;
  }
  void settle() {
    loop.restart();
    while (loop.poll() > 0) {
    }
  }
  void finish(Desired& desired) {
    desired.got.reset();
    settle();
  }

  Loop loop;
  Admission admission;
};

TEST_CASE("as many run as there are slots, as many wait as may, and the next is refused") {
  Slots slots(2, 1);
  const auto first = slots.enter("a"), second = slots.enter("a"), third = slots.enter("a");
  CHECK(first->runs());
  CHECK(second->runs());
  CHECK(third->waits());
  CHECK(slots.admission.running() == 2);
  CHECK(slots.admission.waiting() == 1);
  CHECK(slots.admission.full());
  CHECK(slots.enter("a")->refused() == Reason::queue_full);
  slots.finish(*first);
  CHECK(third->runs());
  CHECK_FALSE(slots.admission.full());
}

TEST_CASE("where the queue is full, the newest of a line that is longer by two gives way to another client") {
  Slots slots(1, 2);
  const auto running = slots.enter("greedy"), older = slots.enter("greedy"), newest = slots.enter("greedy");
  const auto modest = slots.enter("modest");
  CHECK(newest->refused() == Reason::queue_full);
  CHECK(older->waits());
  CHECK(modest->waits());
  CHECK(slots.enter("third")->refused() == Reason::queue_full);  // no line is longer by two
  slots.finish(*running);
  CHECK((modest->runs() || older->runs()));
}

TEST_CASE("a key's own bounds hold, whatever else is free") {
  Slots slots(4, 4);
  process::Client bounded{"bounded"};
  bounded.running = 1;
  bounded.waiting = 0;
  const auto refused_with = [&](std::size_t running) {
    bounded.running = running;
    const auto refusal = slots.admission.refusal(bounded);
    return refusal ? std::optional(refusal->reason) : std::nullopt;
  };
  const auto running = slots.enter("bounded");
  CHECK(refused_with(1) == Reason::queue_full);
  CHECK_FALSE(refused_with(2));
  slots.finish(*running);
  CHECK_FALSE(refused_with(1));
}

TEST_CASE("who waits too long is told so, by the server's patience or by its own deadline") {
  Slots impatient(1, 1, Milliseconds{0});
  const auto running = impatient.enter("a");
  const auto late = impatient.enter("a");
  impatient.loop.restart();
  while (late->waits()) impatient.loop.run_one();
  CHECK(late->refused() == Reason::queue_timeout);
  CHECK(impatient.admission.waiting() == 0);

  Slots patient(1, 1);
  const auto other = patient.enter("a");
  const auto hurried = patient.enter("a", Clock::now());
  patient.loop.restart();
  while (hurried->waits()) patient.loop.run_one();
  CHECK(hurried->refused() == Reason::deadline_exceeded);
}

TEST_CASE("a client that leaves while it waits leaves no gap") {
  Slots slots(1, 2);
  const auto running = slots.enter("a"), leaver = slots.enter("a"), next = slots.enter("a");
  leaver->leave.emit(asio::cancellation_type::all);
  slots.settle();
  CHECK(slots.admission.waiting() == 1);
  slots.finish(*running);
  CHECK(next->runs());
}

TEST_CASE("a spare slot is for one that nobody waits for") {
  Slots slots(2, 2);
  bool told = false;
  slots.admission.on_spare = [&told] { told = true; };
  auto first = slots.admission.spare_slot(1);
  REQUIRE(first);
  CHECK_FALSE(slots.admission.spare_slot(1));
  const auto running = slots.enter("a"), waiting = slots.enter("a");
  CHECK(waiting->waits());
  CHECK_FALSE(slots.admission.spare_slot(2));
  first.reset();
  slots.settle();
  CHECK(waiting->runs());
  CHECK_FALSE(told);
  slots.finish(*running);
  CHECK(told);
}

TEST_CASE("at the server's end nobody enters, and those who wait are told") {
  Slots slots(1, 2);
  const auto running = slots.enter("a"), waiting = slots.enter("a");
  slots.admission.close();
  CHECK(slots.enter("b")->refused() == Reason::draining);
  CHECK(waiting->waits());
  slots.admission.dismiss();
  slots.settle();
  CHECK(waiting->refused() == Reason::draining);
  CHECK(running->runs());
}

}  // namespace
}  // namespace offload
