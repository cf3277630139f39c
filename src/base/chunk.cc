#include "base/chunk.h"

#include <algorithm>

namespace waymark {

void ChunkRef::drop() {
  if (chunk_ && chunk_->refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    chunk_->pool_.give_back(chunk_);
  }
  chunk_ = nullptr;
}

ChunkPool::~ChunkPool() {
  for (Chunk* chunk : spare_) delete chunk;
}

ChunkRef ChunkPool::take(std::size_t at_least) {
  const std::size_t capacity = std::max(at_least, Chunk::kSize);
  in_use_.fetch_add(capacity, std::memory_order_relaxed);
  if (capacity == Chunk::kSize) {
    std::lock_guard lock(mutex_);
    if (!spare_.empty()) {
      Chunk* chunk = spare_.back();
      spare_.pop_back();
      return ChunkRef(chunk);
    }
  }
  return ChunkRef(new Chunk(*this, capacity));
}

ChunkRef ChunkPool::take_exactly(std::size_t size) {
  in_use_.fetch_add(size, std::memory_order_relaxed);
  return ChunkRef(new Chunk(*this, size));
}

ChunkRange ChunkPool::copy_of(std::string_view bytes) {
  ChunkRef chunk = take_exactly(bytes.size());
  bytes.copy(chunk->data(), bytes.size());
  return {std::move(chunk), 0, bytes.size()};
}

void ChunkPool::give_back(Chunk* chunk) {
  in_use_.fetch_sub(chunk->capacity(), std::memory_order_relaxed);
  if (chunk->capacity() == Chunk::kSize) {
    std::lock_guard lock(mutex_);
    if (spare_.size() < max_spare_) {
      spare_.push_back(chunk);
      return;
    }
  }
  delete chunk;
}

}  // namespace waymark
