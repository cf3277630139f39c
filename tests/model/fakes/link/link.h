// A link as the model plays it: batches, acks and the ledger are the real ones (BatchQueue,
// Inbound), the stream is two queues of bytes that the model moves on, or tears.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "link/batch_queue.h"
#include "link/greeting.h"
#include "link/inbound.h"
#include "link/link_events.h"

namespace waymark::link {

class CompletionThread {};
struct Completion {};

class Link final : private InboundEvents {
 public:
  enum class State : std::uint8_t { idle, connecting, ready, backing_off, stopping, stopped };

  Link(LinkOptions options, CompletionThread&, ChunkPool& chunks, LinkEvents& owner)
      : options_(std::move(options)),
        owner_(owner),
        queue_(chunks, window_of(options_, {}), 1),
        inbound_(queue_, *this) {}
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // --- what the proxy does ---

  void start(std::uint64_t) { state_ = State::connecting; }
  void retune(const LinkOptions&) {}
  void stop(std::uint64_t) {
    if (state_ == State::ready) {
      state_ = State::stopping;
    } else {
      state_ = State::stopped;
    }
  }
  void give_up(std::uint64_t now_ms, std::string why) {
    if (ready()) lose(why);
    stop(now_ms);
  }

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool ready() const { return state_ == State::ready; }
  [[nodiscard]] bool stopped() const { return state_ == State::stopped; }
  [[nodiscard]] ProtocolKind protocol() const { return ProtocolKind::link; }
  [[nodiscard]] const std::string& address() const { return options_.address; }
  [[nodiscard]] std::uint32_t tag() const { return options_.tag; }
  [[nodiscard]] const std::string& upstream_name() const { return options_.address; }
  [[nodiscard]] bool wants_upstream_changes() const { return false; }

  Appended append(const wire::EventHeader& header, wire::EventKind kind, std::string_view body,
                  bool of_share = false) {
    return queue_.append(header, kind, body, max_payload(), of_share);
  }
  [[nodiscard]] std::span<char> room_for_frame(std::size_t at_most) {
    return queue_.room_for_frame(at_most);
  }
  Appended append_in_place(const wire::EventHeader& header, std::size_t size) {
    return queue_.append_in_place(header, size, max_payload());
  }
  [[nodiscard]] std::uint32_t written_batch() const { return queue_.written_batch(); }
  [[nodiscard]] std::uint32_t settled_batch() const { return queue_.settled_batch(); }
  [[nodiscard]] std::uint32_t newest_batch() const { return queue_.newest_batch(); }
  [[nodiscard]] const session::Window& window() const { return queue_.window(); }
  [[nodiscard]] bool has_room() const { return queue_.has_room(); }
  [[nodiscard]] std::size_t outstanding_frames() const { return queue_.frames(); }
  [[nodiscard]] std::size_t max_payload() const { return 1 << 20; }
  [[nodiscard]] bool acks() const { return queue_.acks(); }
  [[nodiscard]] Answered answer(std::uint64_t delivery, const Mark& mark) {
    return inbound_.answer(delivery, mark);
  }
  [[nodiscard]] LostBatch withdraw(const Mark& mark, std::uint64_t delivery = 0) {
    return queue_.withdraw(mark, delivery);
  }
  void want_sign_of_life() {}  // its upstreams die when the schedule says so
  // Its events do not count towards anybody's share any more.
  void disown(const Mark& mark) { queue_.disown(mark); }
  [[nodiscard]] LostBatch withdraw_one(std::uint64_t delivery) {
    return queue_.withdraw_one(delivery);
  }
  [[nodiscard]] const session::Ledger& ledger() const { return queue_.ledger(); }
  [[nodiscard]] bool end_pass() { return false; }
  void want_room() { room_wanted_ = true; }
  [[nodiscard]] bool quiet() const { return window().empty(); }
  void tick(std::uint64_t now_ms) {
    count(queue_.settle(now_ms));
    queue_.tick(now_ms);
    if (state_ == State::stopping && window().empty() && !writing_) state_ = State::stopped;
  }
  void settle() {
    queue_.settle_written();
    count(queue_.settle(0));
  }
  void on_completion(Completion&) { std::abort(); }
  [[nodiscard]] bool owns(const Completion&) const { return false; }
  [[nodiscard]] const LinkCounters& counters() const { return counters_; }

  // --- what the model does ---

  // Bumped with every stream, so that an upstream knows an old one.
  std::uint32_t stream = 0;

  [[nodiscard]] bool may_connect() const {
    return state_ == State::connecting || state_ == State::backing_off;
  }
  void connect(const wire::Welcome& welcome) {
    ++stream;
    state_ = State::ready;
    queue_.begin(window_of(options_, welcome), welcome.acks);
    owner_.link_ready(*this);
  }
  [[nodiscard]] bool may_write() const { return live() && !writing_ && queue_.waiting(); }
  // Gives the next batch to the transport.
  void write() {
    std::string bytes;
    for (const ChunkRange& range : queue_.begin_write().ranges) bytes.append(range.bytes());
    writing_ = true;
    on_the_way_.push_back(std::move(bytes));
  }
  [[nodiscard]] bool may_complete() const { return live() && writing_; }
  void complete(std::uint64_t now_ms) {
    writing_ = false;
    queue_.complete_write(now_ms);
    tell_of_room();
  }
  // The next message that reaches the upstream; nullopt if none is on its way.
  [[nodiscard]] std::optional<std::string> arrive() {
    if (!live() || on_the_way_.empty()) return std::nullopt;
    std::string bytes = std::move(on_the_way_.front());
    on_the_way_.pop_front();
    return bytes;
  }
  // A message of the upstream reaches the proxy.
  void receive(std::string_view message) {
    if (!live()) return;
    queue_.settle_written();
    const std::string why = inbound_.read(wire::Pieces(&message, 1));
    owner_.link_commands_end(*this);
    if (!why.empty()) {
      if (ready()) lose(why);
    } else {
      tell_of_room();
    }
  }
  void lose(const std::string& why) {
    writing_ = false;
    room_wanted_ = false;
    on_the_way_.clear();
    state_ = State::backing_off;
    ++counters_.times_lost;
    owner_.link_lost(*this, why, queue_.take_all(window_of(options_, {})));
  }

 private:
  void command(const wire::Command& command) override { owner_.link_command(*this, command); }
  void acked(const session::Ledger::Entry& entry) override { owner_.link_acked(*this, entry); }
  void nacked(const wire::Nack& nack) override { owner_.link_nacked(*this, nack); }

  void tell_of_room() {
    if (!room_wanted_ || !ready() || !has_room()) return;
    room_wanted_ = false;
    owner_.link_has_room(*this);
  }
  [[nodiscard]] bool live() const { return ready() || state_ == State::stopping; }
  void count(const BatchQueue::Settled& settled) {
    counters_.frames_sent += settled.frames;
    counters_.batches_sent += settled.batches;
  }

  const LinkOptions options_;
  LinkEvents& owner_;
  State state_ = State::idle;
  BatchQueue queue_;
  Inbound inbound_;
  bool writing_ = false;
  bool room_wanted_ = false;
  std::deque<std::string> on_the_way_;
  LinkCounters counters_;
};

}  // namespace waymark::link
