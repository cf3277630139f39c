// A message cut into pieces, as gRPC hands it over.
#pragma once

#include <algorithm>
#include <memory>
#include <random>
#include <string_view>
#include <vector>

#include "wire/bytes.h"

namespace waymark::wire {

// Each piece is memory of its own, so that a sanitizer sees a read beyond its end. Empty pieces
// point nowhere.
class SplitMessage {
 public:
  // `next_size()` answers the bytes of the next piece; the last one is cut to what is left.
  template <typename NextSize>
  SplitMessage(std::string_view message, NextSize&& next_size) {
    while (!message.empty()) {
      const auto size = std::min<std::size_t>(next_size(), message.size());
      add(message.substr(0, size));
      message.remove_prefix(size);
    }
  }

  [[nodiscard]] Pieces pieces() const { return views_; }

 private:
  void add(std::string_view piece) {
    if (piece.empty()) return views_.emplace_back(), void();
    std::unique_ptr<char[]> copy(new char[piece.size()]);
    piece.copy(copy.get(), piece.size());
    views_.emplace_back(copy.get(), piece.size());
    owned_.push_back(std::move(copy));
  }

  std::vector<std::unique_ptr<char[]>> owned_;
  std::vector<std::string_view> views_;
};

inline SplitMessage in_one_piece(std::string_view message) {
  return SplitMessage(message, [&] { return message.size(); });
}

inline SplitMessage byte_by_byte(std::string_view message) {
  return SplitMessage(message, [] { return std::size_t{1}; });
}

// Pieces of 0 to a few bytes in one message, of any size in another.
inline SplitMessage split_at_random(std::string_view message, std::mt19937_64& random) {
  const std::size_t most = random() % 2 == 0 ? 3 : message.size() + 1;
  return SplitMessage(message, [&random, most] { return random() % (most + 1); });
}

}  // namespace waymark::wire
