// A worker's link to one upstream: connects, greets, carries batches out and commands in, notices
// when it is lost, and begins again.
//
//   idle -> connecting -> greeting ---------------------------> ready -> (lost) backing_off -> ...
//                            | UNIMPLEMENTED                      ^
//                            +-> asking_ready -> connecting (legacy)
//   stop(): any state -> stopping -> stopped
//
// All of it runs on the worker's thread. Time is given by tick().
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/backoff.h"
#include "link/batch_queue.h"
#include "link/greeting.h"
#include "link/inbound.h"
#include "link/link_events.h"
#include "wire/command.h"
#include "wire/lifecycle.h"

namespace grpc {
class ByteBuffer;
class Channel;
class Status;
}  // namespace grpc

namespace waymark::link {

class Call;
class CompletionThread;
class ConnectFault;
class EndingCalls;
class LegacySide;
struct Completion;

class Link final : private InboundEvents {
 public:
  enum class State : std::uint8_t {
    idle,
    connecting,
    greeting,
    asking_ready,
    ready,
    backing_off,
    stopping,
    stopped
  };

  Link(LinkOptions options, CompletionThread& thread, ChunkPool& chunks, LinkEvents& owner);
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  // Only when idle or stopped.
  ~Link() override;

  void start(std::uint64_t now_ms);
  // Its timeouts and windows are those of `options` from now on, and its TLS is from the next
  // connection on; the rest of them is as it was.
  void retune(const LinkOptions& options);
  // Ends the stream in order: half-closes once everything was written. stopped() follows, at the
  // latest one second later.
  void stop(std::uint64_t now_ms);
  // Ends it at once: if it was ready it is lost, and stopped() follows.
  void give_up(std::uint64_t now_ms, std::string why);

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool ready() const { return state_ == State::ready; }
  [[nodiscard]] bool stopped() const { return state_ == State::stopped; }
  [[nodiscard]] ProtocolKind protocol() const { return protocol_; }
  [[nodiscard]] const std::string& address() const { return options_.address; }
  [[nodiscard]] std::uint32_t tag() const { return options_.tag; }
  // The name the upstream gave itself in Welcome; its address until then.
  [[nodiscard]] const std::string& upstream_name() const { return upstream_name_; }
  // The upstream asked in Welcome to be told of the others of its pool.
  [[nodiscard]] bool wants_upstream_changes() const { return wants_upstream_changes_; }
  // Why it is not ready, for people.
  [[nodiscard]] const std::string& last_problem() const { return last_problem_; }

  // Adds one event; requires ready() or a link that is stopping. `of_share`: Entry::of_share of its
  // ack.
  Appended append(const wire::EventHeader& header, wire::EventKind kind, std::string_view body,
                  bool of_share = false);
  // Where a frame may be read into, and the event of it (wire/batch.h); requires ready().
  [[nodiscard]] std::span<char> room_for_frame(std::size_t at_most) {
    return queue_.room_for_frame(at_most);
  }
  Appended append_in_place(const wire::EventHeader& header, std::size_t size);
  // The number of the newest batch written; numbers grow and wrap around.
  [[nodiscard]] std::uint32_t written_batch() const { return queue_.written_batch(); }
  // The number of the newest batch that would not come again if the link were lost now, and of the
  // one that holds the newest event.
  [[nodiscard]] std::uint32_t settled_batch() const { return queue_.settled_batch(); }
  [[nodiscard]] std::uint32_t newest_batch() const { return queue_.newest_batch(); }
  [[nodiscard]] const session::Window& window() const { return queue_.window(); }
  [[nodiscard]] bool has_room() const { return queue_.has_room(); }
  // The frames among what is outstanding.
  [[nodiscard]] std::size_t outstanding_frames() const { return queue_.frames(); }
  // Bytes of the largest payload this upstream takes.
  [[nodiscard]] std::size_t max_payload() const { return link::max_payload(welcome_); }

  // --- with an upstream that acks ---

  [[nodiscard]] bool acks() const { return queue_.acks(); }
  // Inbound::answer().
  [[nodiscard]] Answered answer(std::uint64_t delivery, const Mark& mark) {
    return inbound_.answer(delivery, mark);
  }
  // Takes back the events of `mark` from `delivery` on that have not been acked, or that one alone.
  [[nodiscard]] LostBatch withdraw(const Mark& mark, std::uint64_t delivery = 0) {
    return queue_.withdraw(mark, delivery);
  }
  // Its events do not count towards anybody's share any more.
  void disown(const Mark& mark) { queue_.disown(mark); }
  [[nodiscard]] LostBatch withdraw_one(std::uint64_t delivery) {
    return queue_.withdraw_one(delivery);
  }
  // What it should have answered was taken back: an upstream that acks has progress_timeout from
  // now to show that it lives, whatever is written to it meanwhile.
  void want_sign_of_life();
  [[nodiscard]] const session::Ledger& ledger() const { return queue_.ledger(); }

  // After each pass of the loop. True: a pass that does not block should follow (BatchQueue).
  [[nodiscard]] bool end_pass();
  // The owner waits for link_has_room().
  void want_room() { room_wanted_ = true; }
  // Nothing waits and no write is under way.
  [[nodiscard]] bool quiet() const { return window().empty(); }

  // About ten times a second: deadlines, pings, reconnecting.
  void tick(std::uint64_t now_ms);

  // Counts what is written as sent now, as it would be with time. For a link that has stopped.
  void settle();

  // From the worker's completions.
  void on_completion(Completion& completion);
  [[nodiscard]] bool owns(const Completion& completion) const;

  [[nodiscard]] const LinkCounters& counters() const { return counters_; }

 private:
  struct Outgoing;

  void command(const wire::Command& command) override { owner_.link_command(*this, command); }
  void acked(const session::Ledger::Entry& entry) override { owner_.link_acked(*this, entry); }
  void nacked(const wire::Nack& nack) override { owner_.link_nacked(*this, nack); }

  void open_channel();
  void open_stream();
  void on_started(bool ok);
  void on_received(const Completion& completion);
  void on_written(const Completion& completion);
  void on_finished(const grpc::Status& status);
  void on_side_completion(Completion& completion);
  void ask_ready();
  void open_legacy_stream();
  void become_ready();
  void read_welcome(wire::Pieces message);
  void read_commands(wire::Pieces message);
  [[nodiscard]] std::string read_legacy_command(wire::Pieces message);
  void look_for_fault();
  void ping();
  void flush();
  void write_next_message();
  void tell_of_room();
  void complete_batch(std::uint64_t written_at_ns);
  void count_settled();
  // The channel has no connection, and tries.
  [[nodiscard]] bool connecting() const;
  void enter(State state);
  void fail(std::string why);
  void lose(std::string why);
  // Keeps `why` for people, and tells the owner unless it was told just that.
  void report(std::string why);
  // Answers what the link could not see through.
  [[nodiscard]] std::vector<LostBatch> back_off();
  [[nodiscard]] bool overdue(std::uint64_t since_ms, std::chrono::milliseconds limit) const;

  LinkOptions options_;
  std::size_t accepts_ = 0;  // bytes of the largest message, as the upstream was told
  CompletionThread& thread_;
  LinkEvents& owner_;
  std::shared_ptr<grpc::Channel> channel_;
  UpstreamTlsPtr channel_tls_;  // that it was made with
  std::unique_ptr<Call> stream_;
  std::unique_ptr<LegacySide> side_;  // the ancestor's `ready`, later its `live`
  std::unique_ptr<ConnectFault> fault_;
  std::unique_ptr<EndingCalls> ending_;

  State state_ = State::idle;
  ProtocolKind protocol_ = ProtocolKind::link;
  std::string upstream_name_;
  std::string last_problem_;
  std::string told_problem_;  // of link_failed()
  wire::Welcome welcome_;
  Backoff backoff_;
  std::uint64_t now_ms_ = 0;
  std::uint64_t state_since_ms_ = 0;
  std::uint64_t retry_at_ms_ = 0;
  std::uint64_t fault_asked_ms_ = 0;  // of the channel, why it does not connect
  std::uint64_t progress_ms_ = 0;     // last message received or write completed
  // Last message received, or nothing was there to be acked or answered. The transport takes writes
  // for an upstream that hangs, so they say nothing of one that acks.
  std::uint64_t heard_ms_ = 0;
  bool awaiting_answer_ = false;  // a Ping, or the ancestor's `live`, is out
  bool writes_done_ = false;
  bool wants_upstream_changes_ = false;

  BatchQueue queue_;
  Inbound inbound_;
  std::unique_ptr<Outgoing> outgoing_;  // messages of the batch in flight, not yet given to gRPC
  bool write_under_way_ = false;
  bool room_wanted_ = false;
  LinkCounters counters_;
};

}  // namespace waymark::link
