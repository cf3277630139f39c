// Bytes that may lie in several pieces of memory, as a received gRPC message does.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace waymark::wire {

using Pieces = std::span<const std::string_view>;

// A run of bytes inside `Pieces`; a view, valid while they are.
class Bytes {
 public:
  Bytes() = default;
  explicit Bytes(std::string_view one_piece) : head_(one_piece), size_(one_piece.size()) {}

  // `head` is what the first piece holds, at most `size`; `rest` are the pieces after it.
  Bytes(std::string_view head, const std::string_view* rest, std::size_t size)
      : head_(head.substr(0, std::min(head.size(), size))), rest_(rest), size_(size) {}

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

  // True when everything lies in one piece, which head() then is.
  [[nodiscard]] bool contiguous() const { return head_.size() == size_; }
  [[nodiscard]] std::string_view head() const { return head_; }
  // The pieces after head(); only meaningful when not contiguous.
  [[nodiscard]] const std::string_view* rest() const { return rest_; }

  // Calls `visit(std::string_view)` for each piece that is not empty, in order.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    std::size_t left = size_ - head_.size();
    if (!head_.empty()) visit(head_);
    for (const std::string_view* piece = rest_; left > 0; ++piece) {
      const std::string_view part = piece->substr(0, std::min(piece->size(), left));
      if (!part.empty()) visit(part);
      left -= part.size();
    }
  }

  void append_to(std::string& out) const {
    for_each([&](std::string_view part) { out.append(part); });
  }
  [[nodiscard]] std::string to_string() const {
    std::string out;
    out.reserve(size_);
    append_to(out);
    return out;
  }

 private:
  std::string_view head_;
  const std::string_view* rest_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace waymark::wire
