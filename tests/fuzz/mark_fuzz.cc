// A text is a mark exactly if it is, letters' case aside, what that mark writes.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "waymark/mark.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using waymark::Mark;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto mark = Mark::parse(text)) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
    if (mark->to_string() != lower) std::abort();
  }
  if (const auto mark = Mark::from_bytes(text)) {
    if (mark->bytes() != text || Mark::parse(mark->to_string()) != mark) std::abort();
  } else if (size == Mark::kSize) {
    std::abort();
  }
  return 0;
}
