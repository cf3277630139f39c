// The signals that end a program, as a descriptor to wait for.
#pragma once

#include <csignal>
#include <initializer_list>

namespace waymark::ctl {

// While it lives, these signals do not act by themselves: the descriptor becomes readable instead.
// One at a time, in a process of one thread.
class Signals {
 public:
  explicit Signals(std::initializer_list<int> numbers);
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals();

  [[nodiscard]] int fd() const { return fd_; }
  // The next signal that came, or 0.
  [[nodiscard]] int take();

 private:
  sigset_t numbers_;
  int fd_;
};

}  // namespace waymark::ctl
