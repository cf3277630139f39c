// A loop on the test's own thread that runs until something holds, and not for ever.
#pragma once

#include <functional>

#include "net/loop.h"

namespace waymark::net {

class TestLoop {
 public:
  static constexpr std::chrono::milliseconds kPatience{20'000};

  TestLoop()
      : deadline_(loop_,
                  [this] {
                    overdue_ = true;
                    loop_.stop();
                  }),
        nudge_(loop_, [] {}) {}
  TestLoop(const TestLoop&) = delete;
  TestLoop& operator=(const TestLoop&) = delete;
  ~TestLoop() {
    deadline_.close();
    nudge_.close();
  }

  Loop& get() { return loop_; }
  [[nodiscard]] std::uint64_t now_ms() const { return loop_.now_ms(); }

  // Runs passes until `done` holds after one; false if it never does. The passes do not wait, so
  // `done` may look at what no event of the loop tells.
  [[nodiscard]] bool run_until(const std::function<bool()>& done) { return run(done, true); }
  // The same with passes that wait for an event each.
  [[nodiscard]] bool wait_until(const std::function<bool()>& done) { return run(done, false); }

  void run_passes(int count) {
    (void)run([&count] { return --count <= 0; }, true);
  }

 private:
  bool run(const std::function<bool()>& done, bool spin) {
    overdue_ = false;
    bool held = false;
    deadline_.start_once(kPatience);
    if (spin) nudge_.wake();  // the first pass waits otherwise
    loop_.run_in_thread([&] {
      held = done();
      if (held) loop_.stop();
      return spin;
    });
    deadline_.stop();
    return held && !overdue_;
  }

  Loop loop_;
  Timer deadline_;
  Waker nudge_;
  bool overdue_ = false;
};

}  // namespace waymark::net
