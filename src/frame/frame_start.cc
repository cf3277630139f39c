#include "frame/frame_start.h"

#include <array>

namespace waymark::frame {

Choice choose_case(const std::vector<Case>& cases, std::span<const std::string_view> pieces) {
  std::array<char, Framing::kMostStartBytes> first;
  std::size_t size = 0;
  for (std::string_view piece : pieces)
    size += piece.copy(first.data() + size, first.size() - size);
  const std::string_view seen(first.data(), size);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const std::string_view wanted = cases[i].starts_with;
    if (seen.starts_with(wanted)) return {Choice::Kind::decided, i};
    if (wanted.starts_with(seen)) return {Choice::Kind::undecided};
  }
  return {};
}

}  // namespace waymark::frame
