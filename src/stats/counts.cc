#include "stats/counts.h"

namespace waymark::stats {
namespace {

std::uint64_t gain(std::uint64_t now, std::uint64_t before) {
  return now < before ? now : now - before;
}

}  // namespace

void Counts::add(const Counts& other) {
  frames += other.frames;
  delivered += other.delivered;
  answers += other.answers;
  failed_answers += other.failed_answers;
  timed_out += other.timed_out;
  dead_lettered += other.dead_lettered;
  answer_times.add(other.answer_times);
  up.add(other.up);
  down.add(other.down);
}

Counts Counts::since(const Counts& before) const {
  return {.frames = gain(frames, before.frames),
          .delivered = gain(delivered, before.delivered),
          .answers = gain(answers, before.answers),
          .failed_answers = gain(failed_answers, before.failed_answers),
          .timed_out = gain(timed_out, before.timed_out),
          .dead_lettered = gain(dead_lettered, before.dead_lettered),
          .answer_times = answer_times.since(before.answer_times),
          .up = up.since(before.up),
          .down = down.since(before.down)};
}

}  // namespace waymark::stats
