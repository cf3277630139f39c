#include "frame/framer.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "frame/cutters.h"
#include "frame/escapes.h"

namespace waymark::frame {

Fault Framer::feed(std::string_view bytes, Sink sink, std::uint64_t* skipped) {
  if (fault_ != Fault::none) return fault_;
  std::uint64_t unwanted = 0;
  Feed feed{bytes, sink, skipped != nullptr ? *skipped : unwanted, {}};
  switch (framing_->kind) {
    case Kind::raw:
      cut_raw(bytes, sink);
      break;
    case Kind::line:
      cut(LineCutter(*framing_), feed);
      break;
    case Kind::delimiter:
      cut(DelimiterCutter(*framing_), feed);
      break;
    case Kind::fixed:
      cut(FixedCutter(*framing_), feed);
      break;
    case Kind::length_prefix:
      cut(LengthCutter(*framing_), feed);
      break;
    case Kind::start_stop:
      cut(StartStopCutter(*framing_), feed);
      break;
    case Kind::by_start:
      if (held_ && held_->size() < Framing::kMostStartBytes) take_in_held(feed);
      cut(ByStartCutter(*framing_), feed);
      break;
  }
  return fault_;
}

void Framer::cut_raw(std::string_view bytes, Sink sink) {
  while (!bytes.empty()) {
    const std::size_t size = std::min(bytes.size(), framing_->max_frame_bytes);
    sink(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
}

template <typename Cutter>
void Framer::cut(const Cutter& cutter, Feed& feed) {
  while (!feed.bytes.empty()) {
    Cut next = cutter(held(), feed.bytes);
    if (next.fault == Fault::none && next.taken == 0) {
      if (!held_) held_ = std::make_unique<std::string>();
      held_->append(feed.bytes);
      return;
    }
    if (next.fault == Fault::none) {
      give(next, feed);
    }
    if (next.fault == Fault::none) continue;
    if (!framing_->resync) return refuse(next.fault, feed.bytes.size());
    if (held_) take_in_held(feed);
    feed.bytes.remove_prefix(next.bad);
    feed.skipped += next.bad;
  }
}

void Framer::give(Cut& next, Feed& feed) {
  std::string_view frame = feed.bytes.substr(0, next.taken);
  if (held_) frame = held_->append(frame);
  const std::size_t size = frame.size();
  frame.remove_prefix(next.header);
  frame.remove_suffix(next.trailer);
  std::string plain;
  if (next.escaped != nullptr) {
    const auto payload = unescape(next.escaped->flags, frame, plain);
    if (!payload) {
      next.fault = Fault::malformed;
    } else if (payload->size() > next.escaped->max_frame_bytes) {
      next.fault = Fault::too_large;
    }
    if (next.fault != Fault::none) {
      if (held_) held_->resize(size - next.taken);
      next.bad = size;
      return;
    }
    frame = *payload;
  }
  feed.bytes.remove_prefix(next.taken);
  last_ending_ = next.ending;
  feed.sink(frame);
  held_.reset();
}

// Where a frame begins is looked at again.
void Framer::take_in_held(Feed& feed) {
  feed.joined = std::move(*held_);
  feed.joined.append(feed.bytes);
  feed.bytes = feed.joined;
  held_.reset();
}

void Framer::refuse(Fault fault, std::size_t fed_bytes) {
  fault_ = fault;
  refused_bytes_ = static_cast<std::uint32_t>(held().size() + fed_bytes);
  held_.reset();
}

}  // namespace waymark::frame
