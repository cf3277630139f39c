#include "net/loop.h"

#include <cstdio>
#include <cstdlib>

#include "net/handle.h"

namespace waymark::net {

Loop::Loop() { require(uv_loop_init(&loop_), "uv_loop_init"); }

Loop::~Loop() {
  uv_run(&loop_, UV_RUN_NOWAIT);  // the last close callbacks
  require(uv_loop_close(&loop_), "uv_loop_close: a handle was left open");
}

void Loop::run_in_thread(const AfterPass& after_pass) {
  thread_ = std::this_thread::get_id();
  bool wait = true;
  while (!stopping_) {
    uv_run(&loop_, wait ? UV_RUN_ONCE : UV_RUN_NOWAIT);
    wait = !after_pass();
  }
  stopping_ = false;
}

void Loop::assert_in_loop_thread() const {
  if (thread_ == std::thread::id() || thread_ == std::this_thread::get_id()) return;
  std::fprintf(stderr, "waymark: an object of one loop was touched by another thread\n");
  std::abort();
}

Waker::Waker(Loop& loop, std::function<void()> on_wake) : on_wake_(std::move(on_wake)) {
  async_.data = this;
  require(uv_async_init(loop.raw(), &async_,
                        [](uv_async_t* async) { static_cast<Waker*>(async->data)->on_wake_(); }),
          "uv_async_init");
}

void Waker::close() { close_handle(&async_); }

Timer::Timer(Loop& loop, std::function<void()> on_tick) : on_tick_(std::move(on_tick)) {
  timer_.data = this;
  require(uv_timer_init(loop.raw(), &timer_), "uv_timer_init");
}

void Timer::start(std::chrono::milliseconds period) {
  const auto ms = static_cast<std::uint64_t>(period.count());
  uv_timer_start(
      &timer_, [](uv_timer_t* t) { static_cast<Timer*>(t->data)->on_tick_(); }, ms, ms);
}

void Timer::start_once(std::chrono::milliseconds delay) {
  const auto ms = static_cast<std::uint64_t>(delay.count());
  uv_timer_start(
      &timer_, [](uv_timer_t* t) { static_cast<Timer*>(t->data)->on_tick_(); }, ms, 0);
}

void Timer::stop() { uv_timer_stop(&timer_); }
void Timer::close() { close_handle(&timer_); }

SignalWatch::SignalWatch(Loop& loop, int signal_number, std::function<void()> on_signal)
    : on_signal_(std::move(on_signal)) {
  signal_.data = this;
  require(uv_signal_init(loop.raw(), &signal_), "uv_signal_init");
  require(
      uv_signal_start(
          &signal_,
          [](uv_signal_t* signal, int) { static_cast<SignalWatch*>(signal->data)->on_signal_(); },
          signal_number),
      "uv_signal_start");
}

void SignalWatch::close() { close_handle(&signal_); }

}  // namespace waymark::net
