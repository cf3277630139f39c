#include "load/conversation.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace waymark::load {
namespace {

// More than this without a header of our own, and the hunt is hopeless.
constexpr std::size_t kMaxHunted = 4 * 1024 * 1024;

}  // namespace

void Conversation::enqueue(Time since) {
  if (awaited() == since_.size()) {
    std::vector<Time> grown(std::max<std::size_t>(1, since_.size() * 2));
    for (std::uint32_t frame = oldest_; frame != next_; ++frame) {
      grown[frame & (grown.size() - 1)] = this->since(frame);
    }
    since_ = std::move(grown);
  }
  this->since(next_++) = since;
}

std::size_t Conversation::copy_unsent(char* out, std::size_t capacity) const {
  std::size_t copied = 0;
  std::size_t offset = sent_offset_;
  for (std::uint32_t frame = sending_; frame != next_ && copied < capacity; ++frame) {
    copied += payloads_->image(connection_, frame).copy(offset, out + copied, capacity - copied);
    offset = 0;
  }
  return copied;
}

void Conversation::mark_sent(std::size_t bytes, Tally& tally) {
  while (bytes > 0) {
    const std::size_t left = payloads_->wire_size(connection_, sending_) - sent_offset_;
    if (bytes < left) {
      sent_offset_ += bytes;
      return;
    }
    bytes -= left;
    sent_offset_ = 0;
    ++sending_;
    tally.sent.add();
  }
}

void Conversation::receive(std::string_view bytes, Time now, Tally& tally) {
  tally.bytes.add(bytes.size());
  std::string resumed;  // owns `bytes` after a hunt
  while (!bytes.empty() && !broken_) {
    if (hunting_) {
      hunted_.append(bytes);
      if (!find_header(tally)) return;
      resumed = std::exchange(hunted_, {});
      bytes = std::string_view(resumed).substr(hunt_from_);
      continue;
    }
    const FrameImage image = payloads_->image(connection_, reading_);
    const std::size_t due = std::min(bytes.size(), image.size() - read_offset_);
    const std::size_t matched =
        reading_ < begun() ? image.match(read_offset_, bytes.substr(0, due)) : 0;
    if (matched < due) {
      start_hunt(image, matched, tally);
      continue;
    }
    read_offset_ += due;
    bytes.remove_prefix(due);
    if (read_offset_ == image.size()) complete(now, tally);
  }
}

void Conversation::complete(Time now, Tally& tally) {
  if (reading_ == oldest_) {
    tally.received.add();
    if (tally.recording) {
      const auto taken = std::max(Clock::duration::zero(), now - since(oldest_));
      tally.latency.record(static_cast<std::uint64_t>(std::chrono::nanoseconds(taken).count()));
    }
    ++oldest_;
  } else if (given_up_.erase(reading_) > 0) {
    tally.late.add();
  } else {
    tally.duplicates.add();
    tally.note_fault(fmt::format("connection {}: frame {} came twice", connection_, reading_));
  }
  reading_ = oldest_;
  read_offset_ = 0;
}

void Conversation::give_up_before(std::uint32_t frame, Tally& tally) {
  if (frame == oldest_) return;
  tally.lost.add(frame - oldest_);
  tally.note_fault(fmt::format("connection {}: no answer to {} frames from {} on", connection_,
                               frame - oldest_, oldest_));
  while (oldest_ != frame) given_up_.insert(oldest_++);
}

void Conversation::expire(Time before, Tally& tally) {
  std::uint32_t frame = oldest_;
  while (frame != sending_ && since(frame) < before) ++frame;
  if (frame == oldest_) return;
  give_up_before(frame, tally);
  if (!payloads_->has_headers()) {
    broken_ = true;  // a late answer could not be told from the next one
  } else if (!hunting_ && read_offset_ == 0) {
    reading_ = oldest_;
  }
}

void Conversation::finish(Tally& tally) {
  if (hunting_) break_off(tally);
  give_up_before(begun(), tally);
  sending_ = next_ = oldest_;
  sent_offset_ = 0;
}

// Bytes [0, read_offset_) of `image` came, and `matched` more; then others.
void Conversation::start_hunt(const FrameImage& image, std::size_t matched, Tally& tally) {
  if (!payloads_->has_headers()) {
    break_off(tally);
    return;
  }
  hunting_ = true;
  hunted_.resize(read_offset_);
  (void)image.copy(0, hunted_.data(), read_offset_);
  // A header that matched is the one of the frame that broke; the next is another's.
  const std::size_t behind_header = image.prefix_size() + Header::kSize;
  hunt_from_ = read_offset_ + matched >= behind_header ? behind_header : 0;
}

// Looks for a header of this connection in hunted_ and goes on from there: then it is at
// hunt_from_, and the hunt is over.
bool Conversation::find_header(Tally& tally) {
  const auto digits = payloads_->digits_of(connection_);
  const std::string_view pattern(digits.data(), digits.size());
  for (;; ++hunt_from_) {
    hunt_from_ = hunted_.find(pattern, hunt_from_);
    if (hunt_from_ == std::string::npos) {
      // The end of what came may be the pattern's start.
      hunt_from_ = hunted_.size() - std::min(hunted_.size(), pattern.size() - 1);
      break;
    }
    if (hunted_.size() - hunt_from_ < Header::kSize) break;
    const auto header = payloads_->read_header(std::string_view(hunted_).substr(hunt_from_));
    if (!header || header->connection != connection_ || header->frame >= begun()) continue;
    resume({header->frame, payloads_->image(connection_, header->frame).prefix_size()}, tally);
    return true;
  }
  if (hunted_.size() > kMaxHunted) break_off(tally);
  return false;
}

void Conversation::resume(Place place, Tally& tally) {
  const std::string_view skipped = std::string_view(hunted_).substr(0, hunt_from_);
  if (!is_gap(skipped, place)) {
    tally.mismatched.add();
    tally.note_fault(fmt::format("connection {}: {} unknown bytes before frame {}", connection_,
                                 skipped.size(), place.frame));
  }
  if (place.frame > oldest_) give_up_before(place.frame, tally);
  hunting_ = false;
  reading_ = place.frame;
  read_offset_ = place.offset;
}

// Whether `skipped`, which came where frame reading_ was due and before `resumed`, holds nothing
// but sent bytes with one gap between them. Framed streams have gaps between frames only.
bool Conversation::is_gap(std::string_view skipped, Place resumed) const {
  const std::size_t after = match_backward(skipped, resumed);
  if (payloads_->is_framed()) return skipped.size() == resumed.offset && after == skipped.size();
  return match_forward(skipped) + after >= skipped.size();
}

// How many of `bytes`, from the first one on, are the sent stream from frame reading_ on.
std::size_t Conversation::match_forward(std::string_view bytes) const {
  std::size_t matched = 0;
  for (std::uint32_t frame = reading_; frame != begun() && matched < bytes.size(); ++frame) {
    const FrameImage image = payloads_->image(connection_, frame);
    const std::size_t equal = image.match(0, bytes.substr(matched));
    matched += equal;
    if (equal < image.size()) break;
  }
  return matched;
}

// How many of `bytes`, from the last one on, are the sent stream right before `end`.
std::size_t Conversation::match_backward(std::string_view bytes, Place end) const {
  std::size_t matched = 0;
  std::string expected;
  for (;;) {
    expected.resize(end.offset);
    (void)payloads_->image(connection_, end.frame).copy(0, expected.data(), end.offset);
    const std::string_view left = bytes.substr(0, bytes.size() - matched);
    const auto differs =
        std::mismatch(left.rbegin(), left.rend(), expected.rbegin(), expected.rend());
    const auto equal = static_cast<std::size_t>(differs.first - left.rbegin());
    matched += equal;
    if (equal < expected.size() || matched == bytes.size() || end.frame == 0) return matched;
    --end.frame;
    end.offset = payloads_->wire_size(connection_, end.frame);
  }
}

void Conversation::break_off(Tally& tally) {
  tally.mismatched.add();
  tally.note_fault(
      fmt::format("connection {}: other bytes than sent, frame {} was due", connection_, reading_));
  hunting_ = false;
  broken_ = true;
  hunted_ = {};
}

}  // namespace waymark::load
