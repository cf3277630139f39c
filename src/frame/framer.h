// Cuts what a client sends into frames. Its twin is egress.h.
//
//   feed("GET a\r\nGE")  ->  sink("GET a")        held: "GE"
//   feed("T b\r\n")      ->  sink("GET b")        held: nothing, no memory
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "frame/fault.h"
#include "frame/framing.h"

namespace waymark::frame {

struct Cut;

// The framer of one connection. Any split of the same bytes gives the same frames and the same
// fault (except raw, where the split is the framing). Frames that lie wholly in the bytes fed are
// not copied; only the tail of an unfinished one is, at most max_frame_bytes and a header or ending
// of it; twice that where escapes are. No byte is searched twice, but for what
// resync has left out.
class Framer {
 public:
  using Sink = absl::FunctionRef<void(std::string_view frame)>;

  // `framing` is valid and outlives the framer.
  explicit Framer(const Framing& framing) : framing_(&framing) {}

  [[nodiscard]] const Framing& framing() const { return *framing_; }

  // Gives the payload of each frame that `bytes` complete to `sink`, valid during that call, which
  // must not touch this framer. On a fault the frames before it were given, and nothing is accepted
  // any more: later calls return the same fault. With Framing::resync there are no faults: bytes
  // that are not of a frame are left out, and their number is added to `skipped`.
  [[nodiscard]] Fault feed(std::string_view bytes, Sink sink, std::uint64_t* skipped = nullptr);

  // Bytes fed since the last frame ended. After a fault: those of the refused frame, and what came
  // behind it in the same feed.
  [[nodiscard]] std::size_t unfinished_bytes() const { return held().size() + refused_bytes_; }
  [[nodiscard]] bool unfinished() const { return unfinished_bytes() != 0; }

  // The ending of the latest frame: its place in Framing::delimiters; for lines 0 is LF and 1 is
  // CRLF. 0 before the first frame.
  [[nodiscard]] std::uint8_t last_ending() const { return last_ending_; }

 private:
  // What one call of feed() has left to do.
  struct Feed {
    std::string_view bytes;
    Sink sink;
    std::uint64_t& skipped;
    std::string joined;  // what `bytes` look at, once held bytes came before them
  };

  void cut_raw(std::string_view bytes, Sink sink);
  template <typename Cutter>
  void cut(const Cutter& cutter, Feed& feed);
  void give(Cut& next, Feed& feed);
  void take_in_held(Feed& feed);
  void refuse(Fault fault, std::size_t fed_bytes);

  [[nodiscard]] std::string_view held() const { return held_ ? *held_ : std::string_view(); }

  const Framing* framing_;
  std::unique_ptr<std::string> held_;  // the unfinished frame; made when there is one
  std::uint32_t refused_bytes_ = 0;
  std::uint8_t last_ending_ = 0;
  Fault fault_ = Fault::none;
};

static_assert(sizeof(Framer) <= 24, "one per client: idle ones must cost little");

}  // namespace waymark::frame
