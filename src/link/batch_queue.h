// What one link has to send: batches that gather events, and the one whose write is under way.
//
// The batching rule: write when no write is under way and a pass of the loop brought nothing new,
// or kMaxPasses went by, or kFlushBytes gathered. No timer, and nothing forces a write early, so
// that batches grow with the load. Pure: the link does the writing.
//
// A write that gRPC reports as done is not settled yet. When an upstream ends its call in order, a
// write that still waits for room is reported as done as well, just before the end. So a written
// batch settles with a sign of life of the upstream since its write began, or after kSettleMs; if
// the stream ends before, it is in doubt.
//
// With an upstream that acks, none of this decides: the events of clients get a delivery, are kept
// in the ledger and stay in the window until they are acked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "base/buckets.h"
#include "session/ledger.h"
#include "session/window.h"
#include "wire/batch.h"

namespace waymark::link {

// Events a link could not see through, oldest first. Those of an `in_doubt` batch may have reached
// the upstream; if it acks, they are not done until it has.
struct LostBatch {
  wire::Batch batch;
  bool in_doubt = false;
  bool acked = false;    // the upstream acks
  bool refused = false;  // the upstream refused the first frame, and the rest stands behind it
  std::size_t share_bytes = 0;  // of its events that count towards the share of their connection
  std::size_t share_events = 0;

  void add(const ChunkRange& entry, bool frame) {
    batch.ranges.push_back(entry);
    batch.bytes += entry.size;
    ++batch.events;
    if (frame) ++batch.frames;
  }
  void add_copy(ChunkPool& chunks, const wire::Event& event);
  using Unwanted = absl::FunctionRef<bool(const wire::Event&)>;
  using Removed = absl::FunctionRef<void(const wire::Event&)>;
  // Takes out the events of which `unwanted` is true, and tells of each. Copies the others if there
  // are any such.
  void remove_if(ChunkPool& chunks, Unwanted unwanted, Removed removed);
  // Takes out the first ones while `given` answers true. Requires that all came by add_copy().
  void give_while(absl::FunctionRef<bool(const wire::Event&)> given);
  // Copies the events into a chunk of their own, so that they pin no other; for what stays long.
  void copy_out(ChunkPool& chunks);
};

[[nodiscard]] std::size_t frames_in(const std::vector<LostBatch>& batches);

struct Appended {
  std::size_t size = 0;        // encoded bytes
  std::uint32_t batch = 0;     // number of the batch it went into
  std::uint64_t delivery = 0;  // to be acked under this number; 0: done when it is written
};

class BatchQueue {
 public:
  static constexpr std::size_t kFlushBytes = 256 * 1024;
  static constexpr std::size_t kMaxBatchBytes = 1024 * 1024;
  static constexpr int kMaxPasses = 16;
  static constexpr std::uint64_t kSettleMs = 200;
  static constexpr std::size_t kMaxSettling = 4;       // batches; the oldest settle early
  static constexpr std::size_t kEventOverhead = 1024;  // more than any event's header takes

  // Deliveries are numbered from `first_delivery` on.
  BatchQueue(ChunkPool& chunks, session::Window window, std::uint64_t first_delivery)
      : writer_(chunks), ledger_(chunks, first_delivery), window_(window) {}

  // A stream begins. Requires that nothing is queued.
  void begin(const session::Window& window, bool acks) {
    window_ = window;
    acks_ = acks;
  }

  // Adds one event; batches stay below `max_message` unless one event alone is larger. `of_share`:
  // the ledger is to say, when it is acked, that it counts towards the share of its connection.
  Appended append(const wire::EventHeader& header, wire::EventKind kind, std::string_view body,
                  std::size_t max_message, bool of_share = false);
  // The same, `of_share`, for a frame that was written into the room asked for just before
  // (wire/batch.h).
  [[nodiscard]] std::span<char> room_for_frame(std::size_t at_most) {
    return writer_.room_for_frame(at_most);
  }
  Appended append_in_place(const wire::EventHeader& header, std::size_t size,
                           std::size_t max_message);

  // Enough has gathered to be written at once.
  [[nodiscard]] bool full() const {
    return !waiting_.empty() && waiting_.front().bytes >= kFlushBytes;
  }
  // Something waits to be written.
  [[nodiscard]] bool waiting() const { return !waiting_.empty(); }

  enum class Pass : std::uint8_t {
    nothing,     // to do
    look_again,  // a pass that does not block may bring more
    write,
  };
  // After each pass of the loop; `busy`: a write is under way.
  [[nodiscard]] Pass end_pass(bool busy);

  // The oldest waiting batch, which is in flight from now on. Requires waiting().
  [[nodiscard]] const wire::Batch& begin_write();
  // What was in flight is written: it leaves the window.
  void complete_write(std::uint64_t now_ms);
  [[nodiscard]] bool in_flight() const { return !in_flight_.empty(); }
  // When its first frame was received, as the frame's event says; 0 if it has none.
  [[nodiscard]] std::uint64_t in_flight_since() const { return in_flight_.first_received_at; }

  // Written for good.
  struct Settled {
    std::size_t batches = 0;
    std::size_t events = 0;
    std::size_t frames = 0;
    std::size_t bytes = 0;
    FrameBuckets batch_frames;
  };
  // What has settled since the last call, time included.
  [[nodiscard]] Settled settle(std::uint64_t now_ms);
  // The upstream gave a sign of life.
  void settle_written();

  // --- with acks ---

  [[nodiscard]] bool acks() const { return acks_; }
  [[nodiscard]] const session::Ledger& ledger() const { return ledger_; }
  // Event `delivery` is acked: it leaves the window. nullopt: it was before, or was never sent.
  std::optional<session::Ledger::Entry> complete(std::uint64_t delivery);
  // Takes the events of one mark from `delivery` on back; they have left the window. Those that
  // wait to be written still are.
  [[nodiscard]] LostBatch withdraw(const Mark& mark, std::uint64_t delivery);
  // The same for one event, which is outstanding.
  [[nodiscard]] LostBatch withdraw_one(std::uint64_t delivery);
  // The events of this mark do not count towards a connection's share any more.
  void disown(const Mark& mark);
  // About ten times a second.
  void tick(std::uint64_t now_ms) { ledger_.tick(now_ms); }

  // Gives up everything, which counts as done for written_batch(), and starts over with `window`.
  // Batches that are in flight or have not settled are in doubt.
  [[nodiscard]] std::vector<LostBatch> take_all(session::Window window);
  // What is outstanding stays outstanding.
  void set_limits(const session::Window& limits) {
    window_.set_limits(limits.max_bytes(), limits.max_events());
  }

  // The number of the newest batch written; numbers grow and wrap around.
  [[nodiscard]] std::uint32_t written_batch() const { return written_; }
  // The number of the newest batch that has settled.
  [[nodiscard]] std::uint32_t settled_batch() const {
    return written_ - static_cast<std::uint32_t>(settling_.size());
  }
  // The number of the batch that holds the newest event.
  [[nodiscard]] std::uint32_t newest_batch() const { return waiting_.empty() ? open_ - 1 : open_; }
  // Of what waits and is in flight, or is not acked.
  [[nodiscard]] const session::Window& window() const { return window_; }
  // Whether more may be read for this link: within the window, and without keeping more than about
  // twice as much in memory.
  [[nodiscard]] bool has_room() const {
    return window_.has_room() &&
           ledger_.retained_bytes() < 2 * (window_.max_bytes() + Chunk::kSize);
  }
  // Frames that have not settled, or are not acked.
  [[nodiscard]] std::size_t frames() const;

 private:
  struct Settling {
    wire::Batch batch;
    std::uint64_t since_ms = 0;
  };
  // The batch that takes the next event, one with a body of `body_size`.
  [[nodiscard]] wire::Batch& open_batch(std::size_t body_size, std::size_t max_message);
  [[nodiscard]] wire::EventHeader numbered(const wire::EventHeader& header,
                                           wire::EventKind kind) const;
  Appended appended(const wire::Batch& batch, std::size_t size, std::uint64_t delivery,
                    session::Ledger::Kind kind);
  void count(const wire::Batch& batch);
  void settle_oldest();
  [[nodiscard]] std::vector<LostBatch> take_ledger();
  [[nodiscard]] LostBatch withdraw(const std::vector<std::uint64_t>& numbers);

  wire::BatchWriter writer_;
  session::Ledger ledger_;
  bool acks_ = false;
  std::uint64_t begun_through_ = 0;  // the last delivery whose write has begun
  std::deque<wire::Batch> waiting_;  // the last one is open
  wire::Batch in_flight_;
  std::deque<Settling> settling_;
  Settled settled_;
  bool alive_since_begin_ = false;  // the upstream gave a sign of life since begin_write()
  session::Window window_;
  std::uint32_t open_ = 1;  // number of the batch the next event goes into
  std::uint32_t in_flight_number_ = 0;
  std::uint32_t written_ = 0;
  std::size_t appended_in_pass_ = 0;
  int passes_ = 0;
};

}  // namespace waymark::link
