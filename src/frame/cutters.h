// Where a frame ends, one cutter a framing. A cutter is called with the bytes held of the current
// frame, none of which ends it, and with the fresh ones, of which there is at least one.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "frame/delimiter_search.h"
#include "frame/fault.h"
#include "frame/frame_start.h"
#include "frame/framing.h"
#include "frame/length_header.h"

namespace waymark::frame {

struct Cut {
  Fault fault = Fault::none;
  std::size_t bad = 1;    // with a fault: bytes, from the first one on, that are not of a frame
  std::size_t taken = 0;  // fresh bytes that complete the frame; 0: all of them do not
  std::size_t header = 0;
  std::size_t trailer = 0;
  std::uint8_t ending = 0;
  const Framing* escaped = nullptr;  // the payload is unescaped as this one says
};

// Where the frame ends that has this framing; not for raw, which has no ends of its own.
[[nodiscard]] Cut cut_once(const Framing& framing, std::string_view held, std::string_view fresh);

// The cut before which `held` and `taken` bytes lie, the last `trailer` of them being the ending.
inline Cut cut_at(std::size_t held, std::size_t taken, std::size_t trailer, std::uint8_t ending,
                  const Framing& framing) {
  if (framing.keep_ending) trailer = 0;
  if (held + taken - trailer > framing.max_frame_bytes) {
    return {.fault = Fault::too_large, .bad = held + taken};
  }
  return {.taken = taken, .trailer = trailer, .ending = ending};
}

// Where an ending is looked for: a frame with its ending has at most `most` bytes.
inline std::string_view searched(std::size_t held, std::string_view fresh, std::size_t most) {
  return fresh.substr(0, most - std::min(held, most));
}

// No end in what was searched. More may come while there are less than `most` bytes.
inline Cut no_cut(std::size_t size, std::size_t most) {
  if (size < most) return {};
  return {.fault = Fault::too_large, .bad = most};
}

class LineCutter {
 public:
  explicit LineCutter(const Framing& framing)
      : framing_(framing), most_(framing.max_frame_bytes + (framing.keep_ending ? 0 : 2)) {}

  Cut operator()(std::string_view held, std::string_view fresh) const {
    const std::size_t lf = searched(held.size(), fresh, most_).find('\n');
    if (lf == std::string_view::npos) return no_cut(held.size() + fresh.size(), most_);
    const bool crlf = lf > 0 ? fresh[lf - 1] == '\r' : held.ends_with('\r');
    return cut_at(held.size(), lf + 1, crlf ? 2 : 1, crlf ? 1 : 0, framing_);
  }

 private:
  const Framing& framing_;
  std::size_t most_;  // bytes of a frame with its ending
};

class DelimiterCutter {
 public:
  explicit DelimiterCutter(const Framing& framing)
      : framing_(framing),
        search_(framing.delimiters),
        most_(framing.max_frame_bytes + (framing.keep_ending ? 0 : search_.longest())) {}

  Cut operator()(std::string_view held, std::string_view fresh) const {
    const auto match = search_.find(held, searched(held.size(), fresh, most_));
    if (!match) return no_cut(held.size() + fresh.size(), most_);
    const std::size_t trailer = framing_.delimiters[match->which].size();
    return cut_at(held.size(), match->end, trailer, match->which, framing_);
  }

 private:
  const Framing& framing_;
  DelimiterSearch search_;
  std::size_t most_;  // bytes of a frame with its ending
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

class StartStopCutter {
 public:
  explicit StartStopCutter(const Framing& framing)
      : framing_(framing), flags_(framing.flags), search_(std::span(&flags_.stop, 1)) {}

  Cut operator()(std::string_view held, std::string_view fresh) const {
    std::string_view start = flags_.start;
    const std::size_t known = std::min(start.size(), held.size());
    start.remove_prefix(known);
    if (!start.starts_with(fresh.substr(0, start.size()))) {
      return {.fault = Fault::malformed, .bad = next_start(held, fresh)};
    }
    if (fresh.size() <= start.size()) return {};
    held.remove_prefix(known);
    fresh.remove_prefix(start.size());

    const std::size_t most = most_between() + flags_.stop.size();
    const auto match = search_.find(held, searched(held.size(), fresh, most));
    if (!match) {
      Cut none = no_cut(held.size() + fresh.size(), most);
      none.bad += flags_.start.size();
      return none;
    }
    const std::size_t between = held.size() + match->end - flags_.stop.size();
    // Two flags in a row, where both are the same: the first one ended something.
    if (between == 0 && flags_.start == flags_.stop) {
      return {.fault = Fault::malformed, .bad = flags_.start.size()};
    }
    return {.taken = start.size() + match->end,
            .header = flags_.strip ? flags_.start.size() : 0,
            .trailer = flags_.strip ? flags_.stop.size() : 0,
            .escaped = flags_.escapes.empty() ? nullptr : &framing_};
  }

 private:
  // Bytes before the next one that may be the first of a frame.
  [[nodiscard]] std::size_t next_start(std::string_view held, std::string_view fresh) const {
    if (!held.empty()) return 1;
    return std::min(fresh.find(flags_.start.front(), 1), fresh.size());
  }
  // What lies between the flags of a frame that is small enough, perhaps.
  [[nodiscard]] std::size_t most_between() const {
    if (!flags_.strip) {
      return framing_.max_frame_bytes - flags_.start.size() - flags_.stop.size();
    }
    return flags_.escapes.empty() ? framing_.max_frame_bytes : 2 * framing_.max_frame_bytes;
  }

  const Framing& framing_;
  const StartStop& flags_;
  DelimiterSearch search_;
};

// Wants as many bytes of the start of a frame at once as tell its case: nothing is held of it that
// was not decided.
class ByStartCutter {
 public:
  explicit ByStartCutter(const Framing& framing) : cases_(framing.cases) {}

  Cut operator()(std::string_view held, std::string_view fresh) const {
    const Choice choice = choose_case(cases_, std::array{held, fresh});
    if (choice.kind == Choice::Kind::none) return {.fault = Fault::malformed};
    if (choice.kind == Choice::Kind::undecided) return {};
    Cut cut = cut_once(cases_[choice.place].framing, held, fresh);
    if (cut.taken != 0 && held.size() + cut.taken < Framing::kMostStartBytes &&
        choose_case(cases_, std::array{held, fresh.substr(0, cut.taken)}).kind !=
            Choice::Kind::decided) {
      return {.fault = Fault::malformed};  // it ends before its case is told
    }
    if (cut.fault == Fault::malformed) cut.bad = 1;  // a frame of another case may start there
    cut.ending = ending_in_case(choice.place, cut.ending);
    return cut;
  }

 private:
  const std::vector<Case>& cases_;
};

}  // namespace waymark::frame
