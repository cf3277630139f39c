// Events that are to come again, but not yet: each connection's, until they are due. The connection
// is not read meanwhile, so that order is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "link/batch_queue.h"
#include "waymark/mark.h"

namespace waymark::proxy {

class Rewinds {
 public:
  // A connection waits no longer than this, whatever was asked for.
  static constexpr std::uint64_t kLongestMs = 600'000;

  // Of a connection, which may have ended, of the pool in this slot. What is held back already
  // stays, behind `events`, until the later of both times.
  void hold(const Mark& mark, std::size_t pool, link::LostBatch events, std::uint64_t due_ms);

  struct Held {
    std::size_t pool = 0;
    std::vector<link::LostBatch> events;
    std::uint64_t due_ms = 0;
  };
  [[nodiscard]] bool holds(const Mark& mark) const { return held_.contains(mark); }
  // What is held back of this connection, and is no longer.
  [[nodiscard]] Held take(const Mark& mark);
  // The seq of the first frame that is held back of this connection; nullopt if none is.
  [[nodiscard]] std::optional<std::uint64_t> first_seq(const Mark& mark) const;
  [[nodiscard]] bool is_due(const Mark& mark, std::uint64_t now_ms) const;
  // The connections that are due.
  [[nodiscard]] std::vector<Mark> due(std::uint64_t now_ms) const;
  // All that something is held back of.
  [[nodiscard]] std::vector<Mark> marks() const;
  // What is held back of this connection; nullptr if nothing is.
  [[nodiscard]] Held* find(const Mark& mark);

  // What is held back of the connections of the pool in this slot.
  template <typename Visit>
  void for_each_of(std::size_t pool, Visit&& visit) {
    for (auto& [mark, held] : held_) {
      if (held.pool != pool) continue;
      for (link::LostBatch& lost : held.events) visit(lost);
    }
  }

  [[nodiscard]] std::size_t frames() const;
  // Of the connections of the pool in this slot.
  [[nodiscard]] std::size_t frames_of(std::size_t pool) const;

 private:
  absl::flat_hash_map<Mark, Held> held_;
};

}  // namespace waymark::proxy
