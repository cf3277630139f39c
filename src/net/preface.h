// A connection whose first bytes are looked at before anybody serves it.
#pragma once

#include <uv.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "net/loop.h"

namespace waymark::net {

// They are looked at in the kernel's buffer and taken off when they are whole, so that what comes
// behind them is left for whoever reads next.
class Preface {
 public:
  static constexpr std::size_t kMostBytes = 4096;

  struct Verdict {
    enum class Kind : unsigned char { incomplete, whole, refused };
    Kind kind = Kind::incomplete;
    std::size_t size = 0;  // whole: bytes to take off
  };
  enum class End : unsigned char {
    whole,    // the descriptor is the caller's, with everything behind the preface
    refused,  // as look() said; this and the following have closed the descriptor
    ended,    // by the peer, or it sent nothing it should
    late,     // the time was over
    closed,   // by close()
  };
  // Gets all that has come so far, again each time more has.
  using Look = std::function<Verdict(std::string_view bytes)>;
  // Called once, not by the constructor. The preface may be destroyed in it.
  using OnEnd = std::function<void(End end, int fd)>;

  // Takes over `fd`, a connected non-blocking socket.
  Preface(Loop& loop, int fd, std::chrono::milliseconds time, Look look, OnEnd on_end);
  Preface(const Preface&) = delete;
  Preface& operator=(const Preface&) = delete;
  // Ends it without a call, if it has not ended.
  ~Preface();

  // Ends it, on the loop's thread.
  void close() { end(End::closed); }

 private:
  // What libuv holds until it has closed them, which may be after the preface is gone.
  struct Handles {
    uv_poll_t poll;
    uv_timer_t deadline;
    uv_timer_t again;
    int open = 3;
    bool polled = true;  // false: the kernel watches no more descriptors
    Preface* owner = nullptr;
  };

  void start();
  // `over`: the peer has ended, or the socket has an error.
  void look(bool over);
  void wait();
  void end(End why);
  static void release(Handles* handles);

  int fd_;
  std::size_t seen_ = 0;  // bytes that were not whole
  Look look_;
  OnEnd on_end_;
  Handles* handles_;  // deleted by the loop
};

}  // namespace waymark::net
