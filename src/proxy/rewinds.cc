#include "proxy/rewinds.h"

#include <algorithm>
#include <utility>

namespace waymark::proxy {

void Rewinds::hold(const Mark& mark, std::size_t pool, link::LostBatch events,
                   std::uint64_t due_ms) {
  Held& held = held_[mark];
  held.pool = pool;
  held.events.insert(held.events.begin(), std::move(events));
  held.due_ms = std::max(held.due_ms, due_ms);
}

Rewinds::Held Rewinds::take(const Mark& mark) {
  const auto at = held_.find(mark);
  if (at == held_.end()) return {};
  Held held = std::move(at->second);
  held_.erase(at);
  return held;
}

std::optional<std::uint64_t> Rewinds::first_seq(const Mark& mark) const {
  const auto at = held_.find(mark);
  if (at == held_.end()) return std::nullopt;
  std::optional<std::uint64_t> first;
  for (const link::LostBatch& lost : at->second.events) {
    wire::for_each_event(lost.batch, [&first](const wire::Event& event) {
      if (!first && event.kind == wire::EventKind::payload) first = event.header.seq;
    });
  }
  return first;
}

bool Rewinds::is_due(const Mark& mark, std::uint64_t now_ms) const {
  const auto at = held_.find(mark);
  return at != held_.end() && at->second.due_ms <= now_ms;
}

std::vector<Mark> Rewinds::due(std::uint64_t now_ms) const {
  std::vector<Mark> marks;
  for (const auto& [mark, held] : held_) {
    if (held.due_ms <= now_ms) marks.push_back(mark);
  }
  return marks;
}

std::vector<Mark> Rewinds::marks() const {
  std::vector<Mark> marks;
  marks.reserve(held_.size());
  for (const auto& [mark, held] : held_) marks.push_back(mark);
  return marks;
}

Rewinds::Held* Rewinds::find(const Mark& mark) {
  const auto at = held_.find(mark);
  return at == held_.end() ? nullptr : &at->second;
}

std::size_t Rewinds::frames() const {
  std::size_t frames = 0;
  for (const auto& [mark, held] : held_) frames += link::frames_in(held.events);
  return frames;
}

std::size_t Rewinds::frames_of(std::size_t pool) const {
  std::size_t frames = 0;
  for (const auto& [mark, held] : held_) {
    if (held.pool == pool) frames += link::frames_in(held.events);
  }
  return frames;
}

}  // namespace waymark::proxy
