#include "lab/journal_reader.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/status.h"

namespace waymark::lab {
namespace {

template <typename Number>
bool read(std::string_view text, Number& out) {
  const char* const last = text.data() + text.size();
  const auto [end, fault] = std::from_chars(text.data(), last, out);
  return !text.empty() && fault == std::errc() && end == last;
}

// "12:34"; anything else is no name of a frame.
void read_key(std::string_view key, Delivery& delivery) {
  const std::size_t colon = key.find(':');
  std::uint32_t client = 0;
  std::uint64_t frame = 0;
  if (colon == std::string_view::npos || !read(key.substr(0, colon), client) ||
      !read(key.substr(colon + 1), frame)) {
    return;
  }
  delivery.client = client;
  delivery.frame = frame;
}

}  // namespace

// The words of a line, from left to right.
struct JournalReader::Line {
  std::string_view rest;

  std::string_view word() {
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    return word;
  }
};

absl::Status JournalReader::add(const std::string& upstream, std::string_view text) {
  given_.clear();
  for (std::size_t number = 1;; ++number) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return absl::OkStatus();
    Line line{text.substr(0, end)};
    if (!take(upstream, line)) {
      return error(absl::StatusCode::kInvalidArgument, "journal of {}, line {}: \"{}\" is no entry",
                   upstream, number, text.substr(0, end));
    }
    text.remove_prefix(end + 1);
  }
}

bool JournalReader::take(const std::string& upstream, Line line) {
  constexpr std::array<std::string_view, 4> kOfNoInterest = {"opened", "half_closed", "closed",
                                                             "undeliverable"};
  const std::string_view kind = line.word();
  if (kind == "start") {
    line.word();
    served_.processes.push_back({upstream, std::string(line.word())});
    given_.clear();
    return true;
  }
  if (served_.processes.empty() || served_.processes.back().upstream != upstream) return false;
  if (kind == "frame") return take_frame(line);
  if (kind == "answer") return take_answer(line);
  if (kind == "gap") return take_gap(line);
  return std::find(kOfNoInterest.begin(), kOfNoInterest.end(), kind) != kOfNoInterest.end();
}

// TIME MARK SEQ ATTEMPT EPOCH KEY
bool JournalReader::take_frame(Line& line) {
  Delivery delivery;
  delivery.process = static_cast<std::uint32_t>(served_.processes.size() - 1);
  if (!read(line.word(), delivery.at)) return false;
  const Line name = line;
  const std::string_view its_mark = line.word();
  if (!read(line.word(), delivery.seq) || !read(line.word(), delivery.attempt)) return false;
  const std::string_view frame = name.rest.substr(0, name.rest.size() - line.rest.size());
  if (!read(line.word(), delivery.epoch) || line.rest.empty()) return false;
  delivery.mark = mark(its_mark);
  read_key(line.word(), delivery);
  given_[std::string(frame)] = served_.deliveries.size();
  served_.deliveries.push_back(delivery);
  return true;
}

// TIME MARK SEQ ATTEMPT ACCEPTED
bool JournalReader::take_answer(Line& line) {
  Nanos at = 0;
  if (!read(line.word(), at)) return false;
  const std::size_t last = line.rest.rfind(' ');
  if (last == std::string_view::npos) return false;
  const auto given = given_.find(std::string(line.rest.substr(0, last + 1)));
  const std::string_view accepted = line.rest.substr(last + 1);
  if (given == given_.end() || (accepted != "0" && accepted != "1")) return false;
  served_.deliveries[given->second].answered |= accepted == "1";
  return true;
}

// TIME MARK SEQ
bool JournalReader::take_gap(Line& line) {
  Nanos at = 0;
  ReportedGap gap;
  if (!read(line.word(), at)) return false;
  gap.mark = mark(line.word());
  if (!read(line.word(), gap.seq)) return false;
  served_.gaps.push_back(gap);
  return true;
}

std::uint32_t JournalReader::mark(std::string_view text) {
  const auto next = static_cast<std::uint32_t>(served_.marks.size());
  const auto [known, is_new] = marks_.emplace(std::string(text), next);
  if (is_new) served_.marks.emplace_back(text);
  return known->second;
}

}  // namespace waymark::lab
