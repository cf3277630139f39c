#include "link/link.h"

#include <algorithm>
#include <cstdlib>
#include <deque>

#include "base/status.h"
#include "base/unix_clock.h"
#include "link/call.h"
#include "link/channel.h"
#include "link/completion.h"
#include "link/connect_fault.h"
#include "link/ending_calls.h"
#include "link/legacy_side.h"
#include "link/message.h"
#include "link/protocol.h"

namespace waymark::link {
namespace {

constexpr std::chrono::milliseconds kFirstRetry{100};
constexpr std::chrono::milliseconds kLongestRetry{800};
constexpr std::chrono::milliseconds kStopTimeout{1'000};
constexpr std::chrono::milliseconds kFaultInterval{5'000};
constexpr std::uint64_t kStableMs = 5'000;  // a link this old starts its back-off anew

}  // namespace

struct Link::Outgoing {
  std::deque<grpc::ByteBuffer> messages;
};

Link::Link(LinkOptions options, CompletionThread& thread, ChunkPool& chunks, LinkEvents& owner)
    : options_(std::move(options)),
      thread_(thread),
      owner_(owner),
      upstream_name_(options_.address),
      last_problem_("not connected yet"),
      backoff_(kFirstRetry, kLongestRetry),
      // Numbers of links that were before, and of those before a restart, stay behind.
      queue_(chunks, window_of(options_, {}), unix_ns() / 1'000),
      inbound_(queue_, *this),
      outgoing_(std::make_unique<Outgoing>()) {
  open_channel();
  side_ = std::make_unique<LegacySide>(channel_, thread, options_.metadata);
  fault_ = std::make_unique<ConnectFault>(channel_, thread);
  ending_ = std::make_unique<EndingCalls>();
}

Link::~Link() {
  if (state_ != State::idle && state_ != State::stopped) std::abort();
}

// --- connecting ---

void Link::start(std::uint64_t now_ms) {
  now_ms_ = now_ms;
  open_stream();
}

void Link::enter(State state) {
  state_ = state;
  state_since_ms_ = now_ms_;
}

void Link::open_channel() {
  channel_tls_ = options_.tls;
  channel_ = make_channel({.address = options_.address,
                           .connect_timeout = options_.connect_timeout,
                           .max_message = max_carried_message(),
                           .tls = options_.tls});
}

void Link::open_stream() {
  if (channel_tls_ != options_.tls) open_channel();
  if (options_.protocol == LinkOptions::Wanted::legacy) return ask_ready();
  protocol_ = ProtocolKind::link;
  enter(State::connecting);
  stream_ = std::make_unique<Call>(channel_, kLinkMethod, thread_, options_.metadata);
  stream_->start();
}

void Link::ask_ready() {
  enter(State::asking_ready);
  side_->ask_ready();
}

void Link::open_legacy_stream() {
  protocol_ = ProtocolKind::legacy;
  welcome_ = wire::Welcome();
  wants_upstream_changes_ = false;
  enter(State::connecting);
  stream_ = std::make_unique<Call>(channel_, kLegacyStreamMethod, thread_, options_.metadata);
  stream_->start();
}

void Link::on_completion(Completion& completion) {
  if (completion.call == stream_.get()) {
    switch (completion.kind) {
      case Completion::Kind::started:
        return on_started(completion.ok);
      case Completion::Kind::received:
        return on_received(completion);
      case Completion::Kind::written:
        return on_written(completion);
      case Completion::Kind::finished:
        stream_.reset();
        return on_finished(completion.status);
    }
  }
  if (completion.call == side_->call()) return on_side_completion(completion);
  if (completion.call == fault_->call()) {
    const std::string why = fault_->on_completion(completion);
    if (!why.empty() && connecting()) report("no connection: " + why);
    return;
  }
  ending_->on_completion(completion);
}

bool Link::owns(const Completion& completion) const {
  const Call* call = completion.call;
  return call == stream_.get() || call == side_->call() || call == fault_->call() ||
         ending_->hold(call);
}

void Link::on_started(bool ok) {
  if (!ok || state_ != State::connecting) return;  // `finished` follows
  accepts_ = max_received_message(options_);
  if (protocol_ == ProtocolKind::legacy) {
    become_ready();
    return side_->ask_live();
  }
  enter(State::greeting);
  write_under_way_ = stream_->write(to_buffer(encode_hello(options_)));
}

void Link::on_received(const Completion& completion) {
  progress_ms_ = heard_ms_ = now_ms_;
  awaiting_answer_ = false;
  queue_.settle_written();
  ++counters_.messages_received;
  if (completion.message.Length() > accepts_ && state_ != State::stopping) {
    ++counters_.malformed;
    std::string why = fmt::format("the upstream sent a message of {} bytes, allowed: {}",
                                  completion.message.Length(), accepts_);
    return state_ == State::ready ? lose(std::move(why)) : fail(std::move(why));
  }
  const Message message(completion.message);
  if (state_ == State::greeting) {
    read_welcome(message.pieces());
  } else if (state_ == State::ready || state_ == State::stopping) {
    read_commands(message.pieces());
    counters_.down.observe(ns_between(completion.at_ns, unix_ns()));
  }
  if (stream_) stream_->consumed();
}

void Link::read_welcome(wire::Pieces message) {
  if (!wire::decode_welcome_message(message, welcome_)) {
    ++counters_.malformed;
    return fail("the upstream's first message is not a Welcome");
  }
  if (std::string problem = problem_of(welcome_); !problem.empty()) return fail(std::move(problem));
  if (!welcome_.upstream.empty()) upstream_name_ = welcome_.upstream;
  wants_upstream_changes_ = link::wants_upstream_changes(welcome_);
  welcome_.features.clear();  // however many there were
  become_ready();
}

void Link::read_commands(wire::Pieces message) {
  std::string fault =
      protocol_ == ProtocolKind::legacy ? read_legacy_command(message) : inbound_.read(message);
  owner_.link_commands_end(*this);
  if (!fault.empty()) {
    ++counters_.malformed;
    if (ready()) lose(std::move(fault));
  } else {
    tell_of_room();
  }
}

std::string Link::read_legacy_command(wire::Pieces message) {
  std::string payload;
  wire::Command command;
  const bool sound = decode_legacy_message(message, payload, command);
  if (!sound) return "the upstream sent a message that cannot be read";
  owner_.link_command(*this, command);
  owner_.link_commands_end(*this);  // before `payload` ends
  return {};
}

void Link::become_ready() {
  enter(State::ready);
  queue_.begin(window_of(options_, welcome_), welcome_.acks);
  last_problem_.clear();
  told_problem_.clear();
  progress_ms_ = heard_ms_ = now_ms_;
  awaiting_answer_ = false;
  ++counters_.times_ready;
  owner_.link_ready(*this);
}

void Link::on_side_completion(Completion& completion) {
  const LegacySide::News news = side_->on_completion(completion);
  switch (news.kind) {
    case LegacySide::News::Kind::nothing:
      return;
    case LegacySide::News::Kind::ready:
      return open_legacy_stream();
    case LegacySide::News::Kind::not_ready:
      return fail(news.why);
    case LegacySide::News::Kind::alive:
      progress_ms_ = now_ms_;
      awaiting_answer_ = false;
      return;
    case LegacySide::News::Kind::dead:
      if (ready()) lose(news.why);
      return;
    case LegacySide::News::Kind::no_live:
      awaiting_answer_ = false;
      return;
  }
}

// --- losing and beginning again ---

void Link::on_finished(const grpc::Status& status) {
  if (ready()) return lose(describe(status));
  if (state_ != State::connecting && state_ != State::greeting) return;
  const bool lacks_link =
      status.error_code() == grpc::StatusCode::UNIMPLEMENTED && protocol_ == ProtocolKind::link;
  if (!lacks_link || options_.protocol != LinkOptions::Wanted::automatic) {
    return fail(describe(status));
  }
  write_under_way_ = false;
  ask_ready();
}

void Link::fail(std::string why) {
  ++counters_.times_failed;
  (void)back_off();  // nothing was appended yet
  report(std::move(why));
}

void Link::report(std::string why) {
  last_problem_ = std::move(why);
  if (told_problem_ == last_problem_) return;
  told_problem_ = last_problem_;
  owner_.link_failed(*this, last_problem_);
}

void Link::lose(std::string why) {
  last_problem_ = why;
  ++counters_.times_lost;
  if (now_ms_ - state_since_ms_ >= kStableMs) backoff_.reset();
  std::vector<LostBatch> batches = back_off();
  owner_.link_lost(*this, why, std::move(batches));
}

std::vector<LostBatch> Link::back_off() {
  ending_->add(std::move(stream_));
  ending_->add(side_->take());
  ending_->add(fault_->take());
  outgoing_->messages.clear();
  write_under_way_ = false;
  awaiting_answer_ = false;
  room_wanted_ = false;
  // Jitter without a generator: the low bits of the clock and of the address differ enough.
  const auto mix = static_cast<std::uint32_t>(now_ms_ * 2654435761U) ^
                   static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(this) >> 4);
  retry_at_ms_ = now_ms_ + static_cast<std::uint64_t>(backoff_.next(mix).count());
  enter(State::backing_off);
  return queue_.take_all(window_of(options_, {}));
}

void Link::stop(std::uint64_t now_ms) {
  now_ms_ = now_ms;
  if (state_ == State::stopping || state_ == State::stopped) return;
  const bool in_order = ready();
  enter(State::stopping);
  ending_->add(side_->take());
  ending_->add(fault_->take());
  if (!in_order) ending_->add(std::move(stream_));
}

void Link::retune(const LinkOptions& options) {
  options_.max_frame = options.max_frame;  // told with the next Hello
  options_.window_bytes = options.window_bytes;
  options_.window_events = options.window_events;
  options_.connect_timeout = options.connect_timeout;
  options_.welcome_timeout = options.welcome_timeout;
  options_.progress_timeout = options.progress_timeout;
  options_.ping_interval = options.ping_interval;
  options_.tls = options.tls;
  queue_.set_limits(window_of(options_, welcome_));
  // It would try for ever with what it was made with.
  if (connecting() && channel_tls_ != options_.tls) (void)back_off();
}

bool Link::connecting() const {
  return state_ == State::connecting || (state_ == State::asking_ready && side_->connecting());
}

void Link::give_up(std::uint64_t now_ms, std::string why) {
  now_ms_ = now_ms;
  if (ready()) lose(std::move(why));
  stop(now_ms);
}

bool Link::overdue(std::uint64_t since_ms, std::chrono::milliseconds limit) const {
  return now_ms_ - since_ms >= static_cast<std::uint64_t>(limit.count());
}

void Link::tick(std::uint64_t now_ms) {
  now_ms_ = now_ms;
  count_settled();
  queue_.tick(now_ms);
  switch (state_) {
    case State::idle:
    case State::stopped:
      return;
    case State::connecting:
      return look_for_fault();
    case State::greeting:
      if (overdue(state_since_ms_, options_.welcome_timeout)) {
        fail(fmt::format("no Welcome within {} ms", options_.welcome_timeout.count()));
      }
      return;
    case State::asking_ready:
      if (side_->connecting()) {
        look_for_fault();
      } else if (overdue(state_since_ms_, options_.welcome_timeout)) {
        fail(fmt::format("no answer to ready within {} ms", options_.welcome_timeout.count()));
      }
      return;
    case State::ready:
      if (queue_.ledger().empty() && !(acks() && awaiting_answer_)) heard_ms_ = now_ms_;
      if (overdue(heard_ms_, options_.progress_timeout)) {
        return lose(fmt::format("no ack for {} ms", options_.progress_timeout.count()));
      }
      if ((write_under_way_ || awaiting_answer_) &&
          overdue(progress_ms_, options_.progress_timeout)) {
        return lose(fmt::format("no progress for {} ms", options_.progress_timeout.count()));
      }
      if (window().empty() && !awaiting_answer_ && overdue(progress_ms_, options_.ping_interval)) {
        ping();
      }
      return;
    case State::backing_off:
      if (now_ms_ >= retry_at_ms_) open_stream();
      return;
    case State::stopping:
      if (stream_ && !writes_done_ && window().empty() && !write_under_way_) {
        writes_done_ = true;
        stream_->writes_done();
      }
      if (stream_ && overdue(state_since_ms_, kStopTimeout)) ending_->add(std::move(stream_));
      if (stream_ || side_->call() != nullptr || !ending_->empty()) return;
      enter(State::stopped);
      channel_.reset();  // a channel without calls stays connected
      return;
  }
}

// The channel goes on trying by itself.
void Link::look_for_fault() {
  if (!overdue(state_since_ms_, options_.connect_timeout)) return;
  if (fault_->asking()) {
    if (overdue(fault_asked_ms_, options_.connect_timeout)) report("no connection");
  } else if (fault_asked_ms_ < state_since_ms_ || overdue(fault_asked_ms_, kFaultInterval)) {
    fault_asked_ms_ = now_ms_;
    fault_->ask();
  }
}

// Asks an idle upstream for a sign of life. Silence for progress_timeout then loses the link.
void Link::ping() {
  progress_ms_ = now_ms_;
  if (protocol_ == ProtocolKind::link) {
    awaiting_answer_ = true;
    append({}, wire::EventKind::ping, wire::encode(wire::Ping{.nonce = now_ms_}));
  } else if (side_->ask_again()) {
    awaiting_answer_ = true;
  }
}

void Link::want_sign_of_life() {
  if (!ready() || awaiting_answer_) return;
  heard_ms_ = now_ms_;
  ping();
}

// --- sending ---

Appended Link::append(const wire::EventHeader& header, wire::EventKind kind, std::string_view body,
                      bool of_share) {
  const Appended appended = queue_.append(header, kind, body, max_payload(), of_share);
  if (queue_.full()) flush();
  return appended;
}

Appended Link::append_in_place(const wire::EventHeader& header, std::size_t size) {
  const Appended appended = queue_.append_in_place(header, size, max_payload());
  if (queue_.full()) flush();
  return appended;
}

bool Link::end_pass() {
  const bool busy = write_under_way_ || !stream_;
  if (write_under_way_ && stream_ && (queue_.waiting() || room_wanted_)) stream_->hurry();
  switch (queue_.end_pass(busy)) {
    case BatchQueue::Pass::nothing:
      return false;
    case BatchQueue::Pass::look_again:
      return true;
    case BatchQueue::Pass::write:
      flush();
      return false;
  }
  return false;
}

void Link::flush() {
  while (!write_under_way_ && stream_ && queue_.waiting()) {
    progress_ms_ = now_ms_;
    const wire::Batch& batch = queue_.begin_write();
    auto messages =
        protocol_ == ProtocolKind::link ? encode_link_batch(batch) : encode_legacy_batch(batch);
    outgoing_->messages.assign(std::make_move_iterator(messages.begin()),
                               std::make_move_iterator(messages.end()));
    if (outgoing_->messages.empty()) {
      complete_batch(0);  // the ancestor's protocol has no words for these events
    } else {
      write_next_message();
    }
  }
}

// If the stream is over the batch stays in doubt until `finished` comes.
void Link::write_next_message() {
  write_under_way_ = true;
  const grpc::ByteBuffer message = std::move(outgoing_->messages.front());
  outgoing_->messages.pop_front();
  if (stream_->write(message) && !outgoing_->messages.empty()) stream_->hurry();
}

void Link::on_written(const Completion& completion) {
  if (!completion.ok) return;  // `finished` follows
  progress_ms_ = now_ms_;
  if (!outgoing_->messages.empty()) return write_next_message();
  write_under_way_ = false;
  if (queue_.in_flight()) complete_batch(completion.at_ns);  // empty: it was the Hello
}

void Link::complete_batch(std::uint64_t written_at_ns) {
  if (const std::uint64_t since = queue_.in_flight_since(); since != 0) {
    counters_.up.observe(ns_between(since, written_at_ns));
  }
  queue_.complete_write(now_ms_);
  tell_of_room();
}

void Link::tell_of_room() {
  if (!room_wanted_ || !ready() || !has_room()) return;
  room_wanted_ = false;
  owner_.link_has_room(*this);
}

void Link::count_settled() {
  const BatchQueue::Settled settled = queue_.settle(now_ms_);
  counters_.events_sent += settled.events;
  counters_.frames_sent += settled.frames;
  counters_.bytes_sent += settled.bytes;
  counters_.batches_sent += settled.batches;
  counters_.batch_frames.add(settled.batch_frames);
}

void Link::settle() {
  queue_.settle_written();
  count_settled();
}

}  // namespace waymark::link
