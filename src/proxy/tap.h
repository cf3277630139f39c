// What somebody sees of one connection's frames: its worker puts copies in, another thread takes
// them out. The data path never waits for the reader: what finds no room is counted instead.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <variant>

#include "base/token_bucket.h"
#include "waymark/close_reason.h"
#include "wire/bytes.h"

namespace waymark::proxy {

struct TapFrame {
  enum class Direction : std::uint8_t { up, down };
  Direction direction = Direction::up;
  std::uint64_t seq = 0;   // of the connection and the direction, from 1
  std::uint64_t at = 0;    // nanoseconds since 1970
  std::uint64_t size = 0;  // bytes of the payload
  std::string bytes;       // the first of them
};

// So many frames are missing here: the reader was slow, or there were more than it wants.
struct TapDropped {
  std::uint64_t frames = 0;
};

// The connection has ended; nothing comes after it.
struct TapEnd {
  CloseReason reason = CloseReason::unspecified;
};

using TapItem = std::variant<TapFrame, TapDropped, TapEnd>;

struct TapLimits {
  std::size_t frame_bytes = 4096;         // kept of a payload
  std::size_t queue_bytes = 1024 * 1024;  // that wait for the reader, with what keeps them
  std::uint64_t bytes_per_second = 0;     // kept, with kFrameCost for each frame; 0: no such limit
};

class Tap {
 public:
  // What telling of a frame takes beside its bytes.
  static constexpr std::uint64_t kFrameCost = 128;

  explicit Tap(TapLimits limits) : limits_(limits) {}
  Tap(const Tap&) = delete;
  Tap& operator=(const Tap&) = delete;

  // --- the worker ---

  // Copies what it keeps of `payload`. `frame.size` and `frame.bytes` are set here. Once a frame
  // was dropped, all are until half of the room is free, and half of a second's bytes: gaps are
  // few. A frame may take more than there is and is owed for, so that the next one waits longer.
  void add(TapFrame frame, const wire::Bytes& payload);
  void end(CloseReason reason);
  // Before the first frame and then about ten times a second, in milliseconds of a steady clock:
  // frames are kept again.
  void tick(std::uint64_t now_ms);
  // The reader has gone: whoever writes may forget the tap.
  [[nodiscard]] bool closed() const { return closed_.load(std::memory_order_relaxed); }

  // --- the reader ---

  // `wake` is called, on the worker's thread and with a lock held that take() needs, when take()
  // has something again.
  void open(std::function<void()> wake);
  // The next in order; nullopt while there is none.
  [[nodiscard]] std::optional<TapItem> take();
  // Nothing is kept any more, and `wake` is not called after it returns.
  void close();

  struct Counts {
    std::uint64_t seen = 0;   // frames the connection had meanwhile
    std::uint64_t taken = 0;  // of these
  };
  [[nodiscard]] Counts counts() const;

 private:
  [[nodiscard]] static std::size_t cost_of(const TapItem& item);
  // With mutex_ held.
  [[nodiscard]] TokenBucket::Rate rate() const;
  [[nodiscard]] bool take_room(std::size_t kept);
  void put(TapItem item);
  void wake();

  const TapLimits limits_;
  std::atomic<bool> closed_{false};
  mutable std::mutex mutex_;
  std::deque<TapItem> queue_;  // guarded by mutex_, as below
  std::size_t queued_ = 0;     // bytes
  std::uint64_t dropped_ = 0;  // frames since the last one in queue_
  TokenBucket budget_;         // of bytes_per_second
  std::uint64_t now_ms_ = 0;   // of the last tick
  bool resting_ = false;       // until there is half of the budget; what is dropped is told then
  std::optional<TapEnd> end_;  // comes after queue_ and dropped_
  bool end_told_ = false;
  Counts counts_;
  std::function<void()> wake_;
};

}  // namespace waymark::proxy
