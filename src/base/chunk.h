// Pooled memory for batches of encoded events.
//
// Successive batches are ranges of the same chunk, so that a solitary frame does not pin one of its
// own. The last range to go gives the chunk back, on whichever thread that happens.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

namespace waymark {

class ChunkPool;

// Memory of fixed capacity, counted by the ranges that point into it. Made by a pool only.
class Chunk {
 public:
  // Four reads of 64 KiB each, and what makes events of them.
  static constexpr std::size_t kSize = (256 + 4) * 1024;

  [[nodiscard]] char* data() { return data_.get(); }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

 private:
  friend class ChunkPool;
  friend class ChunkRef;
  Chunk(ChunkPool& pool, std::size_t capacity)
      : pool_(pool), capacity_(capacity), data_(new char[capacity]) {}

  ChunkPool& pool_;
  std::size_t capacity_;
  std::unique_ptr<char[]> data_;
  std::atomic<int> refs_{0};
};

// One share in a chunk. Copying takes another share; the last one returns the chunk to its pool.
class ChunkRef {
 public:
  ChunkRef() = default;
  explicit ChunkRef(Chunk* chunk) : chunk_(chunk) { add(); }
  ChunkRef(const ChunkRef& other) : chunk_(other.chunk_) { add(); }
  ChunkRef(ChunkRef&& other) noexcept : chunk_(std::exchange(other.chunk_, nullptr)) {}
  ChunkRef& operator=(ChunkRef other) noexcept {
    std::swap(chunk_, other.chunk_);
    return *this;
  }
  ~ChunkRef() { drop(); }

  [[nodiscard]] Chunk* get() const { return chunk_; }
  Chunk* operator->() const { return chunk_; }
  explicit operator bool() const { return chunk_ != nullptr; }

  // Gives the share to the caller, who returns it with adopt().
  [[nodiscard]] Chunk* release() { return std::exchange(chunk_, nullptr); }
  [[nodiscard]] static ChunkRef adopt(Chunk* chunk) {
    ChunkRef ref;
    ref.chunk_ = chunk;
    return ref;
  }

 private:
  void add() {
    if (chunk_) chunk_->refs_.fetch_add(1, std::memory_order_relaxed);
  }
  void drop();

  Chunk* chunk_ = nullptr;
};

// Bytes inside a chunk, kept alive by a share in it.
struct ChunkRange {
  ChunkRef chunk;
  std::size_t offset = 0;
  std::size_t size = 0;

  [[nodiscard]] std::string_view bytes() const { return {chunk->data() + offset, size}; }
};

// Hands out chunks and keeps returned ones of the standard size for reuse (glibc maps and unmaps
// blocks this large, at the price of page faults). Must outlive its chunks.
class ChunkPool {
 public:
  // Keeps at most `max_spare` unused chunks.
  explicit ChunkPool(std::size_t max_spare = 64) : max_spare_(max_spare) {}
  ChunkPool(const ChunkPool&) = delete;
  ChunkPool& operator=(const ChunkPool&) = delete;
  ~ChunkPool();

  // A chunk of kSize bytes, or of `at_least` if that is more. Callable from any thread.
  [[nodiscard]] ChunkRef take(std::size_t at_least = 0);
  // A chunk of just this size, for what stays long. Callable from any thread.
  [[nodiscard]] ChunkRef take_exactly(std::size_t size);
  // Bytes in a chunk of their own.
  [[nodiscard]] ChunkRange copy_of(std::string_view bytes);

  // Bytes of chunks that are in use now.
  [[nodiscard]] std::size_t bytes_in_use() const { return in_use_.load(std::memory_order_relaxed); }

 private:
  friend class ChunkRef;
  void give_back(Chunk* chunk);

  const std::size_t max_spare_;
  std::atomic<std::size_t> in_use_{0};
  std::mutex mutex_;
  std::vector<Chunk*> spare_;
};

}  // namespace waymark
