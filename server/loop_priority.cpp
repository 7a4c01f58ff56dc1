#include "server/loop_priority.h"

#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>

namespace {

constexpr int kLowest = 1;  // of the real-time priorities: above all that is not real-time is enough
constexpr std::chrono::milliseconds kShare{50};
constexpr auto kWithin = 2 * kShare;
constexpr std::chrono::seconds kPause{1};

// For the handler of SIGRTMIN, which runs in the loop's thread, too, but anywhere in it.
timer_t share;  // of the thread's CPU time
int aside;
std::chrono::nanoseconds begun;

bool set_class(int policy, int priority) {
  sched_param parameter{};
  parameter.sched_priority = priority;
  return ::sched_setscheduler(0, policy | SCHED_RESET_ON_FORK, &parameter) == 0;
}

bool expire_each(std::chrono::nanoseconds cpu_time) {
  const timespec span{0, static_cast<long>(cpu_time.count())};
  const itimerspec setting{span, span};
  return ::timer_settime(share, 0, &setting, nullptr) == 0;
}

std::chrono::nanoseconds now() {
  return Clock::now().time_since_epoch();
}

void take_stock(int) {
  const int error = errno;
  const auto end = now();
  if (end - begun < kWithin && set_class(SCHED_OTHER, 0)) {
    expire_each({});
    ::eventfd_write(aside, 1);
  }
  begun = end;
  errno = error;
}

}  // namespace

void keep_right_to_real_time() {
  const rlimit right{kLowest, kLowest};
  ::setrlimit(RLIMIT_RTPRIO, &right);
}

LoopPriority::LoopPriority(Loop& loop)
    : aside_(loop.get_executor(), ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), pause_(loop.get_executor()) {
  struct sigaction action {};
  action.sa_handler = take_stock;
  action.sa_flags = SA_RESTART;
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGRTMIN;
  event._sigev_un._tid = ::gettid();  // sigev_notify_thread_id, where a libc has the name
  bounded_ = ::sigaction(SIGRTMIN, &action, nullptr) == 0 &&
             ::timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &share) == 0;
  aside = aside_.native_handle();
}

LoopPriority::~LoopPriority() {
  if (bounded_) ::timer_delete(share);
}

bool LoopPriority::take_real_time() {
  if (!bounded_ || !set_class(SCHED_RR, kLowest)) return false;
  begun = now();
  expire_each(kShare);
  come_back();
  return true;
}

void LoopPriority::come_back() {
  aside_.async_wait(asio::posix::descriptor_base::wait_read, [this](const boost::system::error_code& error) {
    if (error) return;
    eventfd_t count = 0;
    ::eventfd_read(aside, &count);
    pause_.expires_after(kPause);
    pause_.async_wait([this](const boost::system::error_code& cancelled) {
      if (!cancelled) take_real_time();
    });
  });
}
