#include "session/seats.h"

#include <algorithm>
#include <utility>

namespace waymark::session {

bool Seats::take(const Mark& mark, std::uint32_t upstream) {
  if (has(mark, upstream)) return false;
  seats_[mark].push_back({.upstream = upstream});
  if (counts_.size() <= upstream) counts_.resize(upstream + 1);
  ++counts_[upstream];
  return true;
}

bool Seats::has(const Mark& mark, std::uint32_t upstream) const {
  const auto seats = seats_.find(mark);
  return seats != seats_.end() &&
         std::any_of(seats->second.begin(), seats->second.end(),
                     [upstream](const Seat& seat) { return seat.upstream == upstream; });
}

std::vector<std::uint32_t> Seats::of(const Mark& mark) const {
  std::vector<std::uint32_t> upstreams;
  const auto seats = seats_.find(mark);
  if (seats == seats_.end()) return upstreams;
  for (const Seat& seat : seats->second) upstreams.push_back(seat.upstream);
  return upstreams;
}

std::vector<Mark> Seats::at(std::uint32_t upstream) const {
  std::vector<Mark> marks;
  if (count_at(upstream) == 0) return marks;
  for (const auto& [mark, seats] : seats_) {
    for (const Seat& seat : seats) {
      if (seat.upstream == upstream) marks.push_back(mark);
    }
  }
  return marks;
}

std::size_t Seats::count_at(std::uint32_t upstream) const {
  return upstream < counts_.size() ? counts_[upstream] : 0;
}

bool Seats::saw(const Mark& mark, std::uint64_t seq) const {
  const auto seats = seats_.find(mark);
  if (seats == seats_.end()) return false;
  for (const Seat& seat : seats->second) {
    for (const Frames& frames : seat.sent) {
      if (frames.first <= seq && seq <= frames.last) return true;
    }
  }
  return false;
}

void Seats::sent(const Mark& mark, std::uint32_t upstream, std::uint64_t seq) {
  for (Seat& seat : seats_[mark]) {
    if (seat.upstream != upstream) continue;
    if (!seat.sent.empty() && seat.sent.back().last + 1 == seq) {
      seat.sent.back().last = seq;
    } else {
      seat.sent.push_back({seq, seq});
    }
  }
}

void Seats::rename(const Mark& from, const Mark& to) {
  const auto seats = seats_.find(from);
  if (seats == seats_.end()) return;
  std::vector<Seat> moved = std::move(seats->second);
  seats_.erase(seats);
  seats_[to] = std::move(moved);
}

bool Seats::leave(const Mark& mark, std::uint32_t upstream) {
  const auto seats = seats_.find(mark);
  if (seats == seats_.end()) return false;
  const auto left = std::erase_if(
      seats->second, [upstream](const Seat& seat) { return seat.upstream == upstream; });
  if (seats->second.empty()) seats_.erase(seats);
  if (left == 0) return false;
  --counts_[upstream];
  return true;
}

std::vector<std::uint32_t> Seats::leave_all(const Mark& mark) {
  std::vector<std::uint32_t> upstreams = of(mark);
  for (const std::uint32_t upstream : upstreams) --counts_[upstream];
  seats_.erase(mark);
  return upstreams;
}

void Seats::forget(std::uint32_t upstream) {
  for (const Mark& mark : at(upstream)) leave(mark, upstream);
}

std::vector<std::uint32_t> Seats::tell_half_closed(const Mark& mark) {
  std::vector<std::uint32_t> upstreams;
  const auto seats = seats_.find(mark);
  if (seats == seats_.end()) return upstreams;
  for (Seat& seat : seats->second) {
    if (!std::exchange(seat.told_half_closed, true)) upstreams.push_back(seat.upstream);
  }
  return upstreams;
}

void Seats::half_close(const Mark& mark, std::uint32_t upstream) {
  const auto seats = seats_.find(mark);
  if (seats == seats_.end()) return;
  for (Seat& seat : seats->second) {
    if (seat.upstream == upstream) seat.half_closes = true;
  }
}

void Seats::owes(const Mark& mark, std::uint32_t upstream) {
  const auto seats = seats_.find(mark);
  if (seats == seats_.end()) return;
  for (Seat& seat : seats->second) {
    if (seat.upstream == upstream) seat.told_half_closed = seat.half_closes = false;
  }
}

bool Seats::all_half_close(const Mark& mark) const {
  const auto seats = seats_.find(mark);
  return seats == seats_.end() || std::all_of(seats->second.begin(), seats->second.end(),
                                              [](const Seat& seat) { return seat.half_closes; });
}

}  // namespace waymark::session
