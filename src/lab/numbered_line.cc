#include "lab/numbered_line.h"

#include <fmt/format.h>

#include <charconv>

namespace waymark::lab {
namespace {

constexpr std::uint64_t kMostLetters = 600;
constexpr std::uint64_t kLetters = 26;

}  // namespace

std::string numbered_line(std::uint32_t client, std::uint64_t frame) {
  std::uint64_t state = client * 1'000'003ULL + frame * 7'919;
  std::string line = fmt::format("{}:{} ", client, frame);
  for (std::uint64_t left = state % (kMostLetters + 1); left > 0; --left) {
    state = state * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
    line.push_back(static_cast<char>('a' + (state >> 33) % kLetters));
  }
  line.push_back('\n');
  return line;
}

std::optional<std::uint64_t> frame_of(std::uint32_t client, std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::uint64_t frame = 0;
  const auto [end, fault] =
      std::from_chars(line.data() + colon + 1, line.data() + line.size(), frame);
  if (fault != std::errc()) return std::nullopt;
  const std::string due = numbered_line(client, frame);
  return line == std::string_view(due).substr(0, due.size() - 1) ? std::optional(frame)
                                                                 : std::nullopt;
}

}  // namespace waymark::lab
