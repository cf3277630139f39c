#include "frame/framer.h"

#include <algorithm>
#include <array>

#include "frame/delimiter_search.h"
#include "frame/length_header.h"

namespace waymark::frame {
namespace {

// Where the current frame ends. A cutter is called with the bytes held of it, none of which ends
// it, and with the fresh ones.
struct Cut {
  Fault fault = Fault::none;
  std::size_t taken = 0;  // fresh bytes that complete the frame; 0: all of them do not
  std::size_t header = 0;
  std::size_t trailer = 0;
  std::uint8_t ending = 0;
};

// The cut before which `held` and `taken` bytes lie, the last `trailer` of them being the ending.
Cut cut_at(std::size_t held, std::size_t taken, std::size_t trailer, std::uint8_t ending,
           std::size_t max_payload) {
  if (held + taken - trailer > max_payload) return {.fault = Fault::too_large};
  return {.taken = taken, .trailer = trailer, .ending = ending};
}

// No end in `size` bytes. They may go on while the payload they start can still be small enough,
// should the longest ending be about to come whole.
Cut no_cut(std::size_t size, std::size_t longest_ending, std::size_t max_payload) {
  return {.fault = size < max_payload + longest_ending ? Fault::none : Fault::too_large};
}

class LineCutter {
 public:
  explicit LineCutter(const Framing& framing) : max_(framing.max_frame_bytes) {}

  Cut operator()(std::string_view held, std::string_view fresh) const {
    const std::size_t lf = fresh.find('\n');
    if (lf == std::string_view::npos) return no_cut(held.size() + fresh.size(), 2, max_);
    const bool crlf = lf > 0 ? fresh[lf - 1] == '\r' : held.ends_with('\r');
    return cut_at(held.size(), lf + 1, crlf ? 2 : 1, crlf ? 1 : 0, max_);
  }

 private:
  std::size_t max_;
};

class DelimiterCutter {
 public:
  explicit DelimiterCutter(const Framing& framing)
      : framing_(framing), search_(framing.delimiters) {}

  Cut operator()(std::string_view held, std::string_view fresh) const {
    const std::size_t max = framing_.max_frame_bytes;
    const auto match = search_.find(held, fresh);
    if (!match) return no_cut(held.size() + fresh.size(), search_.longest(), max);
    const std::size_t trailer = framing_.delimiters[match->which].size();
    return cut_at(held.size(), match->end, trailer, match->which, max);
  }

 private:
  const Framing& framing_;
  DelimiterSearch search_;
};

class FixedCutter {
 public:
  explicit FixedCutter(const Framing& framing) : size_(framing.fixed_bytes) {}

  Cut operator()(std::string_view held, std::string_view fresh) const {
    const std::size_t missing = size_ - held.size();
    return {.taken = missing <= fresh.size() ? missing : 0};
  }

 private:
  std::size_t size_;
};

class LengthCutter {
 public:
  explicit LengthCutter(const Framing& framing) : framing_(framing) {}

  Cut operator()(std::string_view held, std::string_view fresh) const {
    const LengthHeader header = read_length_header(framing_, std::array{held, fresh});
    if (header.fault != Fault::none) return {.fault = header.fault};
    if (header.header_bytes == 0 || header.frame_bytes > held.size() + fresh.size()) return {};
    return {.taken = header.frame_bytes - held.size(),
            .header = framing_.length.strip ? header.header_bytes : 0};
  }

 private:
  const Framing& framing_;
};

}  // namespace

Fault Framer::feed(std::string_view bytes, Sink sink) {
  if (fault_ != Fault::none) return fault_;
  switch (framing_->kind) {
    case Kind::raw:
      cut_raw(bytes, sink);
      break;
    case Kind::line:
      cut(LineCutter(*framing_), bytes, sink);
      break;
    case Kind::delimiter:
      cut(DelimiterCutter(*framing_), bytes, sink);
      break;
    case Kind::fixed:
      cut(FixedCutter(*framing_), bytes, sink);
      break;
    case Kind::length_prefix:
      cut(LengthCutter(*framing_), bytes, sink);
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
void Framer::cut(const Cutter& cutter, std::string_view bytes, Sink sink) {
  while (!bytes.empty()) {
    const Cut next = cutter(held(), bytes);
    if (next.fault != Fault::none) return refuse(next.fault, bytes.size());
    if (next.taken == 0) {
      if (!held_) held_ = std::make_unique<std::string>();
      held_->append(bytes);
      return;
    }
    std::string_view frame = bytes.substr(0, next.taken);
    bytes.remove_prefix(next.taken);
    if (held_) frame = held_->append(frame);
    frame.remove_prefix(next.header);
    frame.remove_suffix(next.trailer);
    last_ending_ = next.ending;
    sink(frame);
    held_.reset();
  }
}

void Framer::refuse(Fault fault, std::size_t fed_bytes) {
  fault_ = fault;
  refused_bytes_ = static_cast<std::uint32_t>(held().size() + fed_bytes);
  held_.reset();
}

}  // namespace waymark::frame
