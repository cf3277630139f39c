// What went out over one link and has not been acked: where each event lies, by its delivery.
//
// Events stay where they were encoded, in the link's chunks. A record is 12 bytes in a ring that is
// indexed by delivery; what a chunk still holds is counted once a chunk. A chunk of which little is
// still needed is copied out, so that one frame that is never acked does not pin all of it. Neither
// does it make the ring grow: once that spans kSpan events and half of them are done, the oldest
// that is not goes to a map of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "base/chunk.h"
#include "waymark/mark.h"

namespace waymark::session {

class Ledger {
 public:
  static constexpr std::size_t kSpan = 65'536;

  // Whose event it was, and what it counted for.
  struct Entry {
    Mark mark;
    std::size_t size = 0;  // encoded bytes
    bool frame = false;
    bool of_share = false;  // counts towards its connection's share
  };

  struct Kind {
    bool frame = false;
    bool of_share = false;
  };

  // The first event gets the number `first`, which is not 0.
  Ledger(ChunkPool& chunks, std::uint64_t first) : chunks_(chunks), base_(first) {}

  // The number of the next event: they grow by one, and are never used again.
  [[nodiscard]] std::uint64_t next() const { return base_ + count_; }
  // Event next() lies in `range`: an encoded entry of ToUpstream with a mark.
  void add(const ChunkRef& chunk, std::size_t offset, std::size_t size, Kind kind);

  // Event `delivery`, unless it is done or was never sent.
  [[nodiscard]] std::optional<Entry> find(std::uint64_t delivery) const;
  // Where it lies; requires find().
  [[nodiscard]] ChunkRange range_of(std::uint64_t delivery) const;
  // It is done; answers what find() would have.
  std::optional<Entry> complete(std::uint64_t delivery);

  // It does not count towards a share any more; requires find().
  void disown(std::uint64_t delivery);

  // Calls `visit` for each event that is not done, oldest first, with the bytes it was encoded to.
  using Visit =
      absl::FunctionRef<void(std::uint64_t delivery, const ChunkRange& range, bool frame)>;
  void for_each(Visit visit) const;
  // The same until `visit` answers false.
  using VisitWhile =
      absl::FunctionRef<bool(std::uint64_t delivery, const ChunkRange& range, bool frame)>;
  void for_each_while(VisitWhile visit) const;
  // Forgets all events; numbers go on.
  void clear();

  [[nodiscard]] bool empty() const { return events_ == 0; }
  // The oldest event that is not done, if there is one.
  [[nodiscard]] std::uint64_t oldest() const {
    return stragglers_.empty() ? base_ : stragglers_.begin()->first;
  }
  [[nodiscard]] std::size_t events() const { return events_; }
  [[nodiscard]] std::size_t frames() const { return frames_; }
  // Bytes of the chunks that its events keep in memory, but for the chunk that is being filled.
  [[nodiscard]] std::size_t retained_bytes() const { return retained_; }
  // Bytes of its own, for what is outstanding.
  [[nodiscard]] std::size_t record_bytes() const { return ring_.size() * sizeof(Record); }

  // Copies out of the chunks of which less than half is needed. For when too much is retained.
  void compact();
  // About ten times a second: does so with the chunks that have been full for a second.
  void tick(std::uint64_t now_ms);

 private:
  // An event that has outlived the ring, in a chunk of its own.
  struct Straggler {
    ChunkRange entry;
    Kind kind;
  };
  struct Record {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;  // 0: done
    bool frame = false;
    bool of_share = false;
  };
  static_assert(sizeof(Record) == 12);

  // A chunk and the events that lie in it, one after the other by delivery.
  struct Page {
    ChunkRef chunk;                   // null: none of its events is outstanding
    std::uint64_t first = 0;          // delivery
    std::size_t live = 0;             // bytes outstanding
    std::uint64_t full_since_ms = 0;  // 0: not seen by tick() yet
  };
  static constexpr std::size_t kSparse = 8;  // less than one part in so many is needed
  static constexpr std::uint64_t kFullForMs = 1'000;

  [[nodiscard]] Record& at(std::uint64_t delivery) { return ring_[delivery & (ring_.size() - 1)]; }
  [[nodiscard]] const Record& at(std::uint64_t delivery) const {
    return ring_[delivery & (ring_.size() - 1)];
  }
  [[nodiscard]] bool in_ring(std::uint64_t delivery) const {
    return delivery >= base_ && delivery - base_ < count_ && at(delivery).size != 0;
  }
  [[nodiscard]] std::size_t page_of(std::uint64_t delivery) const;
  [[nodiscard]] std::uint64_t end_of_page(std::size_t page) const;
  [[nodiscard]] std::string_view bytes_of(const Page& page, const Record& record) const {
    return {page.chunk->data() + record.offset, record.size};
  }
  // Most of what the ring spans is done.
  [[nodiscard]] bool is_sparse() const;
  void grow();
  void shrink();
  void make_straggler();
  void finish_record(std::uint64_t delivery);
  void drop_done();
  void release(Page& page);
  void copy_out(std::size_t page);

  ChunkPool& chunks_;
  std::uint64_t base_;        // the oldest event that is not done, or next()
  std::size_t count_ = 0;     // records from base_ on
  std::vector<Record> ring_;  // a power of two of them
  std::deque<Page> pages_;    // the last one is being filled
  std::map<std::uint64_t, Straggler> stragglers_;
  std::size_t events_ = 0;
  std::size_t frames_ = 0;
  std::size_t retained_ = 0;
};

}  // namespace waymark::session
