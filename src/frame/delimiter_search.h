// Where a frame ends, when byte strings end frames.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace waymark::frame {

// The delimiter that ends first wins, and the longest of those that end together: what is found
// depends on the bytes alone, not on how many had arrived. Made anew for each read, which costs
// less than keeping one a connection.
class DelimiterSearch {
 public:
  struct Match {
    std::size_t end;     // one past the delimiter, counted in `fresh`
    std::uint8_t which;  // its place in the list
  };

  // `delimiters` are those of a valid Framing and outlive the search.
  explicit DelimiterSearch(std::span<const std::string> delimiters);

  // The first match that ends in `fresh`. It may begin in `held`, the bytes before, where none
  // ends.
  [[nodiscard]] std::optional<Match> find(std::string_view held, std::string_view fresh) const;

  [[nodiscard]] std::size_t longest() const { return longest_; }

 private:
  [[nodiscard]] std::size_t next_candidate(std::string_view fresh, std::size_t from) const;
  [[nodiscard]] std::optional<std::uint8_t> longest_at_end(std::string_view held,
                                                           std::string_view fresh) const;

  std::span<const std::string> delimiters_;
  std::bitset<256> last_bytes_;  // the bytes that end a delimiter
  std::size_t longest_ = 0;
};

}  // namespace waymark::frame
