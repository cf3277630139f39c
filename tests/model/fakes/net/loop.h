// A loop without events: the model says what happens and what time it is.
#pragma once

#include <cstdint>

namespace waymark::net {

class Loop {
 public:
  [[nodiscard]] std::uint64_t now_ms() const { return now_ms_; }
  void assert_in_loop_thread() const {}
  void pass(std::uint64_t ms) { now_ms_ += ms; }

 private:
  std::uint64_t now_ms_ = 1'000;
};

}  // namespace waymark::net
