// How fast one client is read: so many bytes and so many frames a second, and those of a second at
// once. Pure: time is an argument, in milliseconds of a steady clock.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/token_bucket.h"

namespace waymark::proxy {

class Throttle {
 public:
  struct Rates {
    std::uint64_t bytes = 0;   // a second; 0: as many as there are
    std::uint64_t frames = 0;  // likewise
  };
  enum class Limit : std::uint8_t { none, bytes, frames };

  // The one that is reached: the client waits.
  [[nodiscard]] Limit reached(const Rates& rates, std::uint64_t now) {
    if (rates.bytes > 0 && bytes_.wait(with_burst(rates.bytes), now) > 0) return Limit::bytes;
    if (rates.frames > 0 && frames_.wait(with_burst(rates.frames), now) > 0) return Limit::frames;
    return Limit::none;
  }

  // Bytes that may be read now, where no limit is reached. How many frames there are in a read is
  // known behind it, unless each read is one: it is as large as those before let expect, and what
  // it brings too much is waited for, some seconds long. Of a large frame each read may bring as
  // much as there was of it before.
  [[nodiscard]] std::size_t credit(const Rates& rates, std::uint64_t now,
                                   bool reads_are_frames = false) {
    std::uint64_t credit = ~std::uint64_t{0};
    if (rates.bytes > 0) credit = bytes_.tokens(with_burst(rates.bytes), now);
    if (rates.frames > 0 && !reads_are_frames) {
      const std::uint64_t frames = frames_.tokens(with_burst(rates.frames), now);
      const std::uint64_t expected = std::min(frames * frame_bytes_, kMostAhead * rates.frames);
      credit = std::min(credit, std::max({kLeastRead, expected, unfinished_}));
    }
    return credit;
  }

  // So much was read.
  void took(const Rates& rates, std::uint64_t bytes, std::uint64_t frames) {
    if (rates.bytes > 0) bytes_.take(bytes);
    if (rates.frames == 0) return;
    unfinished_ += bytes;
    if (frames == 0) return;
    frames_.take(frames);
    frame_bytes_ = (3 * frame_bytes_ + unfinished_ / frames + 3) / 4;
    unfinished_ = 0;
  }

 private:
  static constexpr std::uint64_t kLeastRead = 16;
  static constexpr std::uint64_t kMostAhead = 4;  // seconds that frames of one byte may bring

  static TokenBucket::Rate with_burst(std::uint64_t rate) {
    return {.per_second = rate, .burst = rate};
  }

  TokenBucket bytes_;
  TokenBucket frames_;
  std::uint64_t frame_bytes_ = 16;  // of a frame, as the last ones were
  std::uint64_t unfinished_ = 0;    // bytes since the last read that ended a frame
};

}  // namespace waymark::proxy
