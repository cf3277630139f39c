#include "session/work_queue.h"

#include <algorithm>
#include <utility>

namespace waymark::session {

void WorkQueue::push(const Mark& mark, QueuedFrame frame) {
  Line& line = lines_[mark];
  const auto at = std::upper_bound(
      line.frames.begin(), line.frames.end(), frame.seq,
      [](std::uint64_t seq, const QueuedFrame& queued) { return seq < queued.seq; });
  ++frames_;
  bytes_ += frame.payload.size();
  line.frames.insert(at, std::move(frame));
  await_turn(mark, line);
}

bool WorkQueue::waits(const Mark& mark) const {
  const auto line = lines_.find(mark);
  return line != lines_.end() && !line->second.frames.empty();
}

void WorkQueue::passed(const Mark& mark) {
  if (order_ == Order::one_at_a_time) lines_[mark].resting = true;
}

void WorkQueue::finished(const Mark& mark) {
  const auto line = lines_.find(mark);
  if (line == lines_.end() || !std::exchange(line->second.resting, false)) return;
  await_turn(mark, line->second);
  forget_if_over(mark);
}

void WorkQueue::await_turn(const Mark& mark, Line& line) {
  if (line.resting || line.in_turns || line.frames.empty()) return;
  line.in_turns = true;
  turns_.push_back(mark);
}

const Mark* WorkQueue::turn() {
  while (!turns_.empty()) {
    const auto line = lines_.find(turns_.front());
    if (line != lines_.end()) {
      if (!line->second.resting && !line->second.frames.empty()) return &turns_.front();
      line->second.in_turns = false;
    }
    turns_.pop_front();
  }
  return nullptr;
}

const QueuedFrame& WorkQueue::front() const {
  return lines_.find(turns_.front())->second.frames.front();
}

QueuedFrame WorkQueue::pop() {
  const Mark mark = turns_.front();
  QueuedFrame frame = take_front();
  passed(mark);
  Line& line = lines_[mark];
  await_turn(mark, line);
  forget_if_over(mark);
  return frame;
}

QueuedFrame WorkQueue::drop() {
  const Mark mark = turns_.front();
  QueuedFrame frame = take_front();
  await_turn(mark, lines_[mark]);
  forget_if_over(mark);
  return frame;
}

QueuedFrame WorkQueue::take_front() {
  Line& line = lines_.find(turns_.front())->second;
  turns_.pop_front();
  line.in_turns = false;
  QueuedFrame frame = std::move(line.frames.front());
  line.frames.pop_front();
  --frames_;
  bytes_ -= frame.payload.size();
  return frame;
}

std::deque<QueuedFrame> WorkQueue::take(const Mark& mark) {
  const auto line = lines_.find(mark);
  if (line == lines_.end()) return {};
  std::deque<QueuedFrame> frames = std::move(line->second.frames);
  for (const QueuedFrame& frame : frames) bytes_ -= frame.payload.size();
  frames_ -= frames.size();
  lines_.erase(line);
  std::erase(turns_, mark);
  return frames;
}

void WorkQueue::expire(std::uint64_t unix_ns, Visit visit) {
  const auto is_late = [unix_ns](const QueuedFrame& frame) { return frame.received_at < unix_ns; };
  for (const Mark& mark : marks()) {
    const auto line = lines_.find(mark);
    std::deque<QueuedFrame>& frames = line->second.frames;
    if (std::none_of(frames.begin(), frames.end(), is_late)) continue;
    const auto late = std::stable_partition(
        frames.begin(), frames.end(), [&](const QueuedFrame& frame) { return !is_late(frame); });
    for (auto frame = late; frame != frames.end(); ++frame) {
      --frames_;
      bytes_ -= frame->payload.size();
      visit(mark, *frame);
    }
    frames.erase(late, frames.end());
    if (frames.empty() && !line->second.resting) lines_.erase(line);
  }
  std::erase_if(turns_, [this](const Mark& mark) { return !lines_.contains(mark); });
}

void WorkQueue::forget_if_over(const Mark& mark) {
  const auto line = lines_.find(mark);
  if (!line->second.frames.empty() || line->second.resting) return;
  if (line->second.in_turns) std::erase(turns_, mark);
  lines_.erase(line);
}

std::vector<Mark> WorkQueue::marks() const {
  std::vector<Mark> marks;
  for (const auto& [mark, line] : lines_) {
    if (!line.frames.empty()) marks.push_back(mark);
  }
  return marks;
}

}  // namespace waymark::session
