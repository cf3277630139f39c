#include "lab/traffic_frame.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>

namespace waymark::lab {
namespace {

constexpr std::string_view kWord = "load-";
constexpr std::string_view kUpperWord = "LOAD-";
constexpr std::size_t kTagDigits = 16;
constexpr std::size_t kTimeDigits = 12;
constexpr std::size_t kMark = kWord.size() + kTagDigits + 1 + kTimeDigits + 1;
constexpr std::uint64_t kMaxTime = (std::uint64_t{1} << (4 * kTimeDigits)) - 1;

std::optional<std::uint64_t> hexadecimal(std::string_view digits) {
  std::uint64_t number = 0;
  const char* const last = digits.data() + digits.size();
  const auto [end, fault] = std::from_chars(digits.data(), last, number, 16);
  return fault == std::errc() && end == last ? std::optional(number) : std::nullopt;
}

bool begins_mark(std::string_view text) {
  return text.starts_with(kWord) || text.starts_with(kUpperWord);
}

}  // namespace

void append_frame(std::string& out, std::uint64_t tag, std::uint64_t made_us, std::size_t size) {
  fmt::format_to(std::back_inserter(out), "{}{:016x}-{:012x}.", kWord, tag, made_us & kMaxTime);
  out.append(size - kMark - 1, 'x');
  out += '\n';
}

std::size_t AnswerReader::read(std::string_view bytes, std::uint64_t now_us, TrafficTally& tally) {
  const auto lines = static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), '\n'));
  tally.answered += lines;
  tail_ += bytes;
  const std::string_view text = tail_;
  for (std::size_t at = text.find_first_of("lL"); at != std::string_view::npos;
       at = text.find_first_of("lL", at + 1)) {
    if (text.size() - at < kMark) break;
    if (begins_mark(text.substr(at))) look_at(text.substr(at, kMark), now_us, tally);
  }
  // A whole mark does not fit into what is kept, so none is seen twice.
  tail_.erase(0, tail_.size() - std::min(tail_.size(), kMark - 1));
  return lines;
}

void AnswerReader::look_at(std::string_view mark, std::uint64_t now_us, TrafficTally& tally) const {
  const auto tag = hexadecimal(mark.substr(kWord.size(), kTagDigits));
  const auto made = hexadecimal(mark.substr(kWord.size() + kTagDigits + 1, kTimeDigits));
  if (!tag || !made || mark[kWord.size() + kTagDigits] != '-' || mark.back() != '.') return;
  if (*tag == tag_) {
    tally.answer_us.record((now_us - *made) & kMaxTime);
    return;
  }
  ++tally.wrong;
  if (tally.first_fault.empty()) {
    tally.first_fault = fmt::format("client {:016x} got \"{}\"", tag_, mark);
  }
}

}  // namespace waymark::lab
