// max_memory: one sum over everything clients and upstreams can make the process hold.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/chunk.h"

namespace waymark::proxy {

// Counted are chunks of batches, unfinished frames, commands on their way to another worker, queues
// towards clients and, for a client whose queue is not empty, its kernel send buffer. Thread-safe.
class MemoryBudget {
 public:
  enum class Level : std::uint8_t {
    normal,
    stop_reading,   // from 85 %
    close_largest,  // from 95 %
  };

  MemoryBudget(std::size_t limit, const ChunkPool& chunks) : limit_(limit), chunks_(chunks) {}

  void add(std::size_t bytes) { held_.fetch_add(bytes, std::memory_order_relaxed); }
  void remove(std::size_t bytes) { held_.fetch_sub(bytes, std::memory_order_relaxed); }

  // What upstreams store with connections, which is part of what is held, takes so many bytes more,
  // or less. Waiting frees none of it, so that it gets a quarter of the limit and no more.
  void note_stored(std::size_t before, std::size_t after) {
    stored_.fetch_add(after - before, std::memory_order_relaxed);  // wraps around where it is less
  }
  [[nodiscard]] bool may_store() const {
    return stored_.load(std::memory_order_relaxed) < limit() / 4 && level() == Level::normal;
  }

  // Any thread. What is held beyond a smaller limit goes as it does when the limit is reached.
  void set_limit(std::size_t limit) { limit_.store(limit, std::memory_order_relaxed); }
  [[nodiscard]] std::size_t limit() const { return limit_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t used() const {
    return held_.load(std::memory_order_relaxed) + chunks_.bytes_in_use();
  }
  [[nodiscard]] bool reaches(std::size_t percent) const {
    return used() >= limit() / 100 * percent;
  }
  [[nodiscard]] Level level() const {
    if (reaches(95)) return Level::close_largest;
    return reaches(85) ? Level::stop_reading : Level::normal;
  }

 private:
  std::atomic<std::size_t> limit_;
  const ChunkPool& chunks_;
  std::atomic<std::size_t> held_{0};
  std::atomic<std::size_t> stored_{0};
};

}  // namespace waymark::proxy
