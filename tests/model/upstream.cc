#include "upstream.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "wire/lifecycle.h"

namespace waymark::model {

void Upstream::forget() {
  pending_.clear();
  finished_.clear();
  clients_.clear();
  said_.clear();
  wants_to_drain_ = false;
}

void Upstream::take(std::uint32_t line, const std::string& message) {
  const std::string_view piece = message;
  wire::EventReader reader(wire::Pieces(&piece, 1));
  wire::Event event;
  wire::ReadResult result = wire::ReadResult::end;
  while ((result = reader.next(event)) == wire::ReadResult::item) take(line, event);
  if (result != wire::ReadResult::end) history_.fail("a message that cannot be read");
}

void Upstream::take(std::uint32_t line, const wire::Event& event) {
  const wire::EventHeader& header = event.header;
  const std::string payload = event.body.to_string();
  switch (event.kind) {
    case wire::EventKind::opened: {
      wire::Opened opened;
      if (!wire::decode(event.body, opened)) history_.fail("an Opened that cannot be read");
      history_.opened(line, header.mark, opened.epoch);
      clients_[header.mark] = {};
      break;
    }
    case wire::EventKind::payload:
      history_.frame(line, header.mark, header.seq, header.attempt, payload);
      break;
    case wire::EventKind::half_closed:
      history_.half_closed(line, header.mark);
      clients_[header.mark].ended = true;
      break;
    case wire::EventKind::closed:
      history_.closed(line, header.mark);
      clients_.erase(header.mark);
      break;
    case wire::EventKind::gap: {
      wire::Gap gap;
      if (!wire::decode(event.body, gap)) history_.fail("a Gap that cannot be read");
      history_.gap(line, header.mark, gap.seq);
      break;
    }
    default:
      return;
  }
  if (header.delivery == 0) return history_.fail("an event of a client without a delivery");
  pending_.push_back({header.delivery, line, header.mark, header.seq, payload});
}

Upstream::Pending Upstream::remove(std::uint32_t which) {
  const auto at = pending_.begin() + static_cast<std::ptrdiff_t>(which % pending_.size());
  Pending taken = *at;
  pending_.erase(at);
  finished_.push_back(taken);
  return taken;
}

void Upstream::say(const wire::Command& command) {
  std::string message;
  wire::add_command(message, command);
  said_.push_back(std::move(message));
}

void Upstream::say_answer(const Pending& frame) {
  const std::string answer = History::answer_to(frame.payload);
  say({.target = wire::TargetKind::mark,
       .mark = frame.mark,
       .action = wire::ActionKind::send,
       .payload = wire::Bytes(answer),
       .reply_to = frame.delivery,
       .receipt = frame.delivery % 3});
}

void Upstream::say_ack(std::uint64_t through, std::vector<std::uint64_t> also) {
  const std::string body = wire::encode(wire::Ack{through, std::move(also)});
  say({.action = wire::ActionKind::ack, .body = wire::Bytes(body)});
}

void Upstream::answer(std::uint32_t which) {
  if (pending_.empty()) return;
  const Pending one = remove(which);
  history_.done(one.line, one.mark, one.seq);
  one.seq != 0 ? say_answer(one) : say_ack(0, {one.delivery});
}

void Upstream::ack(std::uint32_t which) {
  if (pending_.empty()) return;
  const Pending one = remove(which);
  history_.done(one.line, one.mark, one.seq);
  say_ack(0, {one.delivery});
}

void Upstream::ack_through(std::uint32_t which) {
  if (pending_.empty()) return;
  const std::uint64_t through = pending_[which % pending_.size()].delivery;
  say_ack(through, {});
  const auto done = std::stable_partition(
      pending_.begin(), pending_.end(),
      [through](const Pending& pending) { return pending.delivery > through; });
  for (auto each = done; each != pending_.end(); ++each) {
    history_.done(each->line, each->mark, each->seq);
  }
  std::move(done, pending_.end(), std::back_inserter(finished_));
  pending_.erase(done, pending_.end());
}

void Upstream::refuse(std::uint32_t which, std::uint64_t delay_ms, bool give_up) {
  if (pending_.empty()) return;
  const Pending one = remove(which);
  if (give_up) history_.done(one.line, one.mark, one.seq);
  const std::string body = wire::encode(wire::Nack{one.delivery, delay_ms, give_up});
  say({.action = wire::ActionKind::nack, .body = wire::Bytes(body)});
}

void Upstream::repeat(std::uint32_t which) {
  if (finished_.empty()) return;
  const Pending& one = finished_[which % finished_.size()];
  one.seq != 0 && which % 2 == 0 ? say_answer(one) : say_ack(0, {one.delivery});
}

void Upstream::mistake(std::uint32_t which) {
  if (pending_.empty() || clients_.empty()) return;
  Pending one = pending_[which % pending_.size()];
  const Mark& another = std::next(clients_.begin(), which % clients_.size())->first;
  if (one.seq == 0 || another == one.mark) return;
  one.mark = another;
  say_answer(one);
}

bool Upstream::waits_for_us(const Mark& mark) const {
  return std::any_of(pending_.begin(), pending_.end(),
                     [&mark](const Pending& pending) { return pending.mark == mark; });
}

void Upstream::half_close(std::uint32_t which) {
  if (clients_.empty()) return;
  auto& [mark, client] = *std::next(clients_.begin(), which % clients_.size());
  if (!client.ended || client.closed || waits_for_us(mark)) return;
  client.closed = true;
  half_closed_any_ = true;
  say({.target = wire::TargetKind::mark, .mark = mark, .action = wire::ActionKind::half_close});
}

void Upstream::close(std::uint32_t which) {
  if (clients_.empty()) return;
  closed_any_ = true;
  const Mark mark = std::next(clients_.begin(), which % clients_.size())->first;
  say({.target = wire::TargetKind::mark, .mark = mark, .action = wire::ActionKind::close});
}

void Upstream::send(std::uint32_t which) {
  if (finished_.empty()) return;
  // In the name of a frame it knows, so that the client can tell whose it is.
  const Pending& known = finished_[which % finished_.size()];
  if (known.seq == 0) return;
  const std::string payload =
      fmt::format("{} unasked {} of {}", History::answer_to(known.payload), ++sent_, number_);
  say({.target = wire::TargetKind::mark,
       .mark = known.mark,
       .action = wire::ActionKind::send,
       .payload = wire::Bytes(payload),
       .receipt = 7});
}

void Upstream::ask_to_drain() {
  wants_to_drain_ = true;
  say({.action = wire::ActionKind::drain});
}

void Upstream::finish_all() {
  while (!pending_.empty()) answer(0);
  for (std::uint32_t which = 0; which < clients_.size(); ++which) half_close(which);
}

std::optional<std::string> Upstream::next_message() {
  if (said_.empty()) return std::nullopt;
  std::string message = std::move(said_.front());
  said_.pop_front();
  return message;
}

}  // namespace waymark::model
