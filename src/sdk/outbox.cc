#include "sdk/outbox.h"

#include <algorithm>
#include <optional>

namespace waymark::sdk {

bool Outbox::push(const wire::Command& command) {
  std::lock_guard lock(mutex_);
  if (!takes_commands() || queued_bytes_ > limits_.max_queued) return false;
  const bool sent = encode(command);
  wake_if_needed();
  return sent;
}

bool Outbox::finish_reply(Conversation& conversation, std::uint64_t delivery,
                          const wire::Command* answer) {
  std::lock_guard lock(mutex_);
  if (!takes_commands()) return false;
  const bool sent = answer != nullptr && encode(*answer);
  if (delivery != 0) sent ? acks_.answered(delivery) : acks_.done(delivery);
  --open_replies_;
  --conversation.back->open_replies;
  half_close_if_done(conversation);
  wake_if_needed();
  return sent;
}

void Outbox::refuse_reply(Conversation& conversation, std::uint64_t delivery,
                          const wire::Command& nack) {
  {
    std::lock_guard lock(mutex_);
    conversation.back->refused = true;
    conversation.back->end_when_done = false;
  }
  (void)finish_reply(conversation, delivery, &nack);
}

void Outbox::refused_came(Conversation& conversation) {
  std::lock_guard lock(mutex_);
  conversation.back->refused = false;
}

void Outbox::hold() {
  std::lock_guard lock(mutex_);
  held_ = true;
}

void Outbox::release() {
  {
    std::lock_guard lock(mutex_);
    held_ = false;
  }
  pump();
}

void Outbox::set_max_message(std::size_t bytes) {
  std::lock_guard lock(mutex_);
  limits_.max_message = bytes;
}

void Outbox::add_message(std::string message) {
  {
    std::lock_guard lock(mutex_);
    if (takes_commands()) queue(std::move(message), /*joinable=*/false);
  }
  pump();
}

void Outbox::answer(const wire::Command& command) {
  {
    std::lock_guard lock(mutex_);
    if (takes_commands()) (void)encode(command);
  }
  pump();
}

void Outbox::open_reply(Conversation& conversation, std::uint64_t delivery) {
  std::lock_guard lock(mutex_);
  if (delivery != 0) acks_.begin(delivery);
  ++open_replies_;
  ++conversation.back->open_replies;
}

void Outbox::handled(std::uint64_t delivery) {
  std::lock_guard lock(mutex_);
  acks_.begin(delivery);
  acks_.done(delivery);
  wake_if_needed();
}

void Outbox::half_close_when_done(Conversation& conversation) {
  {
    std::lock_guard lock(mutex_);
    conversation.back->end_when_done = !conversation.back->refused;
    half_close_if_done(conversation);
  }
  pump();
}

void Outbox::request_read() {
  {
    std::lock_guard lock(mutex_);
    read_wanted_ = true;
  }
  pump();
}

void Outbox::written() {
  {
    std::lock_guard lock(mutex_);
    writing_ = false;
    queued_bytes_ -= writing_bytes_;
  }
  pump();
}

void Outbox::woken() {
  {
    std::lock_guard lock(mutex_);
    wake_pending_ = false;
  }
  pump();
}

void Outbox::end() {
  {
    std::lock_guard lock(mutex_);
    if (state_ == State::serving) state_ = State::ending;
  }
  pump();
}

void Outbox::abandon() {
  {
    std::lock_guard lock(mutex_);
    if (!takes_commands()) return;
    state_ = State::abandoned;
    held_ = false;
    messages_.clear();
    acks_.clear();
  }
  pump();
}

bool Outbox::may_finish() const {
  if (held_ || writing_ || !messages_.empty() || acks_.pending()) return false;
  return state_ == State::abandoned || (state_ == State::ending && open_replies_ == 0);
}

bool Outbox::may_read() {
  if (held_ || !read_wanted_ || !takes_commands()) return false;
  const std::size_t share = over_limit_ ? 2 : 1;
  over_limit_ = queued_bytes_ > limits_.max_queued / share ||
                open_replies_ > limits_.max_open_replies / share;
  return !over_limit_;
}

void Outbox::queue(std::string message, bool joinable) {
  queued_bytes_ += message.size();
  messages_.push_back(std::move(message));
  joinable_ = joinable;
}

bool Outbox::encode(const wire::Command& command) {
  const bool joins = joinable_ && !messages_.empty();
  std::string fresh;
  std::string& message = joins ? messages_.back() : fresh;
  const std::size_t before = message.size();
  if (!codec_->append(message, command)) return false;
  const std::size_t size = message.size() - before;
  if (size > limits_.max_message) {
    message.resize(before);
    return false;
  }
  if (!joins) {
    queue(std::move(fresh), codec_->joins());
  } else if (message.size() > std::min(kMessageBytes, limits_.max_message)) {
    fresh = message.substr(before);
    message.resize(before);
    queue(std::move(fresh), /*joinable=*/true);
  } else {
    queued_bytes_ += size;
  }
  return true;
}

void Outbox::encode_acks() {
  const std::string body = wire::encode(acks_.take());
  (void)encode({.action = wire::ActionKind::ack, .body = wire::Bytes(body)});
}

void Outbox::half_close_if_done(Conversation& conversation) {
  if (!conversation.back->end_when_done || conversation.back->open_replies > 0 || !takes_commands())
    return;
  conversation.back->end_when_done = false;
  (void)encode({.target = wire::TargetKind::mark,
                .mark = conversation.mark,
                .action = wire::ActionKind::half_close});
}

void Outbox::wake_if_needed() {
  if (wake_pending_ || !(may_write() || may_finish() || may_read())) return;
  wake_pending_ = true;
  port_.wake();
}

void Outbox::pump() {
  std::optional<std::string> message;
  bool finish = false;
  bool read = false;
  {
    std::lock_guard lock(mutex_);
    if (may_write()) {
      while (acks_.pending()) encode_acks();
      if (!messages_.empty()) {  // a proxy that takes less than an Ack gets none
        message = std::move(messages_.front());
        messages_.pop_front();
        writing_ = true;
        writing_bytes_ = message->size();
      }
    } else if (may_finish()) {
      state_ = State::finished;
      finish = true;
    }
    if (may_read()) {
      read_wanted_ = false;
      read = true;
    }
  }
  if (message) port_.start_write(*std::move(message));
  if (finish) port_.start_finish();
  if (read) port_.start_read();
}

}  // namespace waymark::sdk
