// A fuzzer's input: a message, and how it is cut into pieces.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "../unit/wire/link_readings.h"
#include "../unit/wire/split_message.h"

namespace waymark::wire {

// The first byte tells how many of the next ones are sizes of pieces, which repeat over the message
// that follows.
class WireInput {
 public:
  WireInput(const std::uint8_t* data, std::size_t size)
      : message_(reinterpret_cast<const char*>(data), size) {
    if (message_.empty()) return;
    sizes_ = message_.substr(1, static_cast<std::uint8_t>(message_[0]) % 8);
    message_.remove_prefix(1 + sizes_.size());
  }

  [[nodiscard]] std::string_view message() const { return message_; }

  // Pieces of no size at all would never come to an end, so every round of sizes ends with one
  // byte.
  [[nodiscard]] SplitMessage split() const {
    if (sizes_.empty()) return in_one_piece(message_);
    return SplitMessage(message_, [this, next = std::size_t{0}]() mutable {
      if (next == sizes_.size()) return next = 0, std::size_t{1};
      return static_cast<std::size_t>(static_cast<std::uint8_t>(sizes_[next++]));
    });
  }

  // Both readings must agree; otherwise they are printed and the process ends.
  using Reader = Readings (*)(std::string_view message, Pieces pieces);
  void require_agreement(Reader read) const {
    const SplitMessage pieces = split();
    const Readings readings = read(message_, pieces.pieces());
    if (readings.agree()) return;
    std::fprintf(stderr, "ours:       %s\nprotobuf's: %s\n", readings.ours.c_str(),
                 readings.protobufs.c_str());
    std::abort();
  }

 private:
  std::string_view sizes_;
  std::string_view message_;
};

}  // namespace waymark::wire
