// One thread's libuv loop.
#pragma once

#include <uv.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <thread>

namespace waymark::net {

class Loop {
 public:
  Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  // Every handle made on this loop must have been closed; their close callbacks are run here.
  ~Loop();

  // Called after each pass over the ready events; true asks for a next pass that does not wait.
  using AfterPass = std::function<bool()>;

  // Runs passes on the calling thread until stop(), which becomes the loop's thread.
  // May be called again afterwards.
  void run_in_thread(const AfterPass& after_pass);
  // Ends run_in_thread() after the current pass. Loop thread only; elsewhere, wake it first.
  void stop() { stopping_ = true; }

  // Crashes unless called on the loop's thread (or before it runs).
  void assert_in_loop_thread() const;

  // Milliseconds of a steady clock, as of the start of the current pass.
  [[nodiscard]] std::uint64_t now_ms() const { return uv_now(&loop_); }

  [[nodiscard]] uv_loop_t* raw() { return &loop_; }

 private:
  uv_loop_t loop_;
  std::thread::id thread_;
  bool stopping_ = false;
};

// Wakes a loop from another thread. Wake-ups coalesce: one call of `on_wake` may answer many.
class Waker {
 public:
  Waker(Loop& loop, std::function<void()> on_wake);
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;
  // Requires close(), and that the loop has run once since.
  ~Waker() = default;

  // Any thread, until close().
  void wake() { uv_async_send(&async_); }
  // Loop thread. No wake() may be under way or follow.
  void close();

 private:
  uv_async_t async_;
  std::function<void()> on_wake_;
};

// Calls back every `period` on the loop thread. Time that was missed is not made up for.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> on_tick);
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() = default;

  void start(std::chrono::milliseconds period);
  void start_once(std::chrono::milliseconds delay);
  void stop();
  // Like Waker::close().
  void close();

 private:
  uv_timer_t timer_;
  std::function<void()> on_tick_;
};

// Calls back when the process receives a signal.
class SignalWatch {
 public:
  SignalWatch(Loop& loop, int signal_number, std::function<void()> on_signal);
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;
  ~SignalWatch() = default;

  void close();

 private:
  uv_signal_t signal_;
  std::function<void()> on_signal_;
};

}  // namespace waymark::net
