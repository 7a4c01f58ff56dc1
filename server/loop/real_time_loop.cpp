#include "server/loop/real_time_loop.h"

#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "server/loop/thread_cpu_time.h"

namespace loop {

#ifndef sigev_notify_thread_id  // a name that not every libc has
#define sigev_notify_thread_id _sigev_un._tid
#endif

namespace {

using std::chrono::nanoseconds;

constexpr int kLowest = 1;  // of the real-time priorities: above all that is not real-time is enough
constexpr int kNice = -10;  // of a busy loop: nine tenths of a core that another thread wants as well
constexpr nanoseconds kShare = std::chrono::milliseconds(50);
constexpr nanoseconds kWithin = 2 * kShare;
constexpr nanoseconds kPause = std::chrono::seconds(1);
constexpr nanoseconds kCalm = kPause * 2 / 5;  // less than makes a loop step down, lest it step up at once

// What the handler of SIGRTMIN works on, in the loop's thread, but anywhere in it.
struct {
  bool made = false;  // the timer, of the thread's CPU time
  timer_t timer;
  int stepped_down;
  nanoseconds begun;
} share;

bool set_class(int policy, int priority) {
  sched_param parameter{};
  parameter.sched_priority = priority;
  return ::sched_setscheduler(0, policy | SCHED_RESET_ON_FORK, &parameter) == 0;
}

bool expire_each(nanoseconds cpu_time) {
  const timespec span{0, cpu_time.count()};
  const itimerspec setting{span, span};
  return ::timer_settime(share.timer, 0, &setting, nullptr) == 0;
}

nanoseconds now() {
  return Clock::now().time_since_epoch();
}

void leave() {
  if (!set_class(SCHED_BATCH, 0)) return;
  expire_each({});
  ::eventfd_write(share.stepped_down, 1);
}

void measure(int, siginfo_t* info, void*) {
  if (info->si_code != SI_TIMER) return;  // somebody's kill(2), in any thread
  const int error = errno;
  const auto end = now();
  if (end - share.begun < kWithin) leave();
  share.begun = end;
  errno = error;
}

bool make_timer() {
  struct sigaction action {};
  action.sa_sigaction = measure;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigset_t signal;
  ::sigemptyset(&signal);
  ::sigaddset(&signal, SIGRTMIN);  // blocked signals are inherited
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGRTMIN;
  event.sigev_notify_thread_id = ::gettid();
  return ::sigaction(SIGRTMIN, &action, nullptr) == 0 && ::sigprocmask(SIG_UNBLOCK, &signal, nullptr) == 0 &&
         ::timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &share.timer) == 0;
}

}  // namespace

void keep_right_to_real_time() {
  const rlimit real_time{kLowest, kLowest};
  ::setrlimit(RLIMIT_RTPRIO, &real_time);
  const rlimit nice{20 - kNice, 20 - kNice};  // its unit
  ::setrlimit(RLIMIT_NICE, &nice);
}

void set_nice_of_busy_loop() {
  ::setpriority(PRIO_PROCESS, 0, kNice);
}

RealTimeLoop::RealTimeLoop(Loop& loop, std::function<void(int error)> on_refusal)
    : on_refusal_(std::move(on_refusal)),
      stepped_down_(loop.get_executor(), ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      pause_(loop.get_executor()) {
  share.stepped_down = stepped_down_.native_handle();
}

RealTimeLoop::~RealTimeLoop() {
  if (std::exchange(share.made, false)) ::timer_delete(share.timer);
}

// Never without the timer.
void RealTimeLoop::step_up() {
  if (!share.made) share.made = make_timer();
  share.begun = now();
  if (!share.made || !expire_each(kShare)) return on_refusal_(errno);
  if (set_class(SCHED_RR, kLowest)) {
    set_nice_of_busy_loop();
    return come_back();
  }
  const int error = errno;
  expire_each({});
  on_refusal_(error);
}

void RealTimeLoop::step_down() {
  if ((::sched_getscheduler(0) & ~SCHED_RESET_ON_FORK) == SCHED_RR) leave();
}

void RealTimeLoop::come_back() {
  stepped_down_.async_wait(asio::posix::descriptor_base::wait_read,
                           [this](const boost::system::error_code& error) {
                             if (error) return;
                             eventfd_t count = 0;
                             ::eventfd_read(share.stepped_down, &count);
                             pause();
                           });
}

void RealTimeLoop::pause() {
  pause_.expires_after(kPause);
  pause_.async_wait([this, begun = thread_cpu_time()](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    thread_cpu_time() - begun < kCalm ? step_up() : pause();
  });
}

}  // namespace loop
