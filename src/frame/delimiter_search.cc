#include "frame/delimiter_search.h"

#include <algorithm>

namespace waymark::frame {
namespace {

std::size_t index_of(char byte) { return static_cast<unsigned char>(byte); }

bool ends_with(std::string_view held, std::string_view fresh, std::string_view delimiter) {
  if (delimiter.size() <= fresh.size()) return fresh.ends_with(delimiter);
  const std::size_t in_held = delimiter.size() - fresh.size();
  return delimiter.ends_with(fresh) && held.ends_with(delimiter.substr(0, in_held));
}

}  // namespace

DelimiterSearch::DelimiterSearch(std::span<const std::string> delimiters)
    : delimiters_(delimiters) {
  for (const std::string& delimiter : delimiters) {
    last_bytes_.set(index_of(delimiter.back()));
    longest_ = std::max(longest_, delimiter.size());
  }
}

std::optional<DelimiterSearch::Match> DelimiterSearch::find(std::string_view held,
                                                            std::string_view fresh) const {
  for (std::size_t at = next_candidate(fresh, 0); at < fresh.size();
       at = next_candidate(fresh, at + 1)) {
    if (const auto which = longest_at_end(held, fresh.substr(0, at + 1))) {
      return Match{.end = at + 1, .which = *which};
    }
  }
  return std::nullopt;
}

// The place of the next byte that ends a delimiter, or fresh.size(). One such byte is left to
// memchr.
std::size_t DelimiterSearch::next_candidate(std::string_view fresh, std::size_t from) const {
  if (last_bytes_.count() == 1) {
    return std::min(fresh.find(delimiters_.front().back(), from), fresh.size());
  }
  while (from < fresh.size() && !last_bytes_.test(index_of(fresh[from]))) ++from;
  return from;
}

std::optional<std::uint8_t> DelimiterSearch::longest_at_end(std::string_view held,
                                                            std::string_view fresh) const {
  std::optional<std::uint8_t> longest;
  for (std::size_t i = 0; i < delimiters_.size(); ++i) {
    const bool longer = !longest || delimiters_[i].size() > delimiters_[*longest].size();
    if (longer && ends_with(held, fresh, delimiters_[i])) longest = static_cast<std::uint8_t>(i);
  }
  return longest;
}

}  // namespace waymark::frame
