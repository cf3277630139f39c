#include "history.h"

#include <fmt/format.h>

#include <utility>

namespace waymark::model {

void History::fail(std::string rule) {
  if (broken_.empty()) broken_ = std::move(rule);
}

void History::note(std::uint32_t line, const Mark& mark, const std::string& what) {
  if (trace_ == nullptr) return;
  *trace_ += fmt::format("  stream {} {}: {}\n", line, mark.to_string().substr(0, 2), what);
}

std::string History::payload_of(int client, std::uint64_t frame) {
  return fmt::format("{}.{}", client, frame);
}

void History::opened(std::uint32_t line, const Mark& mark, std::uint32_t epoch) {
  note(line, mark, fmt::format("Opened, epoch {}", epoch));
  OnLine& here = on_line_[{line, mark}];
  if (here.open) fail("opened twice on one link");
  here = {.open = true};
  // A client that had ended is told of by an Opened that holds little but its mark.
  // Where frames go to several upstreams, so does the connection.
  if (epoch == 0 || dispatch_ != proxy::Dispatch::connection) return;
  if (!connections_[mark].epochs.insert(epoch).second) fail("two owners of one epoch");
}

void History::frame(std::uint32_t line, const Mark& mark, std::uint64_t seq, std::uint32_t attempt,
                    const std::string& payload) {
  note(line, mark, fmt::format("frame {}, attempt {}", seq, attempt));
  Connection& connection = connections_[mark];
  OnLine& here = on_line_[{line, mark}];
  if (!here.open) fail("a frame outside of Opened and Closed");
  if (dispatch_ == proxy::Dispatch::connection) frame_on_line(here, seq, attempt);

  const std::string who = payload.substr(0, payload.find('.'));
  if (connection.who.empty()) connection.who = who;
  if (who != connection.who) fail("cross-talk: a frame of another client");
  if (payload != fmt::format("{}.{}", who, seq)) fail("a frame under another's number");

  connection.arrived.insert(seq);
  // Each upstream has its copy.
  const std::uint64_t copy = dispatch_ == proxy::Dispatch::all ? line : 0;
  if (attempt <= 1 && !connection.unflagged.insert({copy, seq}).second) {
    fail("an unflagged duplicate");
  }
  if (dispatch_ == proxy::Dispatch::frame || dispatch_ == proxy::Dispatch::all) return;
  if (dispatch_ == proxy::Dispatch::frame_ordered) {
    while (connection.gaps.contains(connection.in_order_to + 1)) ++connection.in_order_to;
  }
  if (seq <= connection.in_order_to) return;
  if (seq != connection.in_order_to + 1) fail("a gap that was not reported");
  connection.in_order_to = seq;
}

void History::frame_on_line(OnLine& here, std::uint64_t seq, std::uint32_t attempt) {
  if (here.ended && attempt <= 1) fail("a new frame after HalfClosed");
  if (seq <= here.last_seq && attempt <= 1) fail("out of order on a link");
  if (seq <= here.last_seq) {
    here.to_come_again = {here.not_done.upper_bound(seq), here.not_done.end()};
  } else if (!here.to_come_again.empty() && *here.to_come_again.begin() < seq) {
    fail("frames were left behind by a refused one");
  }
  here.to_come_again.erase(seq);
  here.not_done.insert(seq);
  here.last_seq = seq;
}

void History::given_up(const Mark& mark, std::uint64_t seq) {
  if (dispatch_ != proxy::Dispatch::connection) connections_[mark].gaps.insert(seq);
}

void History::gap(std::uint32_t line, const Mark& mark, std::uint64_t seq) {
  note(line, mark, fmt::format("Gap {}", seq));
  if (!on_line_[{line, mark}].open) fail("a Gap outside of Opened and Closed");
  Connection& connection = connections_[mark];
  connection.gaps.insert(seq);
  if (dispatch_ != proxy::Dispatch::connection) return;
  if (seq > connection.in_order_to + 1) fail("a Gap before the frames that came before it");
  connection.in_order_to = std::max(connection.in_order_to, seq);
}

void History::done(std::uint32_t line, const Mark& mark, std::uint64_t seq) {
  on_line_[{line, mark}].not_done.erase(seq);
  on_line_[{line, mark}].to_come_again.erase(seq);
}

void History::half_closed(std::uint32_t line, const Mark& mark) {
  note(line, mark, "HalfClosed");
  OnLine& here = on_line_[{line, mark}];
  if (!here.open) fail("HalfClosed outside of Opened and Closed");
  here.ended = true;
}

void History::closed(std::uint32_t line, const Mark& mark) {
  note(line, mark, "Closed");
  if (!std::exchange(on_line_[{line, mark}].open, false)) fail("Closed without Opened");
}

void History::expect_closed(std::uint32_t line) {
  for (const auto& [place, here] : on_line_) {
    if (place.first == line && here.open) fail("Opened without Closed");
  }
}

void History::received(int client, const std::string& line) {
  const std::string mine = fmt::format("re {}.", client);
  if (line.rfind(mine, 0) != 0) return fail("cross-talk: an answer for another client");
  const bool once = answers_.insert(line).second;
  if (!once && dispatch_ != proxy::Dispatch::all) fail("a frame was answered twice");
}

bool History::has_all(const Connection& connection, std::uint64_t frames) const {
  if (dispatch_ == proxy::Dispatch::connection) return connection.in_order_to == frames;
  for (std::uint64_t seq = 1; seq <= frames; ++seq) {
    if (!connection.arrived.contains(seq) && !connection.gaps.contains(seq)) return false;
  }
  return true;
}

void History::expect_all(int client, std::uint64_t frames) {
  if (frames == 0) return;
  const std::string who = fmt::format("{}", client);
  for (const auto& [mark, connection] : connections_) {
    if (connection.who == who && has_all(connection, frames)) return;
  }
  fail(fmt::format("frames of client {} were lost", client));
}

}  // namespace waymark::model
