#include "lab/leftovers.h"

#include <algorithm>
#include <charconv>

namespace waymark::lab {
namespace {

std::uint64_t value_of(std::string_view line) {
  const std::size_t blank = line.rfind(' ');
  if (blank == std::string_view::npos) return 0;
  std::uint64_t value = 0;
  std::from_chars(line.data() + blank + 1, line.data() + line.size(), value);
  return value;
}

}  // namespace

ProxyBooks read_books(std::string_view metrics) {
  ProxyBooks books;
  while (!metrics.empty()) {
    const std::string_view line = metrics.substr(0, metrics.find('\n'));
    metrics.remove_prefix(std::min(metrics.size(), line.size() + 1));
    if (line.starts_with("waymark_link_outstanding_frames{") ||
        line.starts_with("waymark_frames_stranded{")) {
      books.held += value_of(line);
    } else if (line.starts_with("waymark_downstream_frames_total{") &&
               line.find("direction=\"up\"") != std::string_view::npos) {
      books.read += value_of(line);
    }
  }
  return books;
}

bool Leftovers::none(std::uint64_t sent) {
  std::uint64_t read = 0;
  bool all_answer = true;
  for (const std::string& telemetry : telemetry_) {
    const auto answer = http_.send({.url = "http://" + telemetry + "/metrics"});
    if (absl::IsDeadlineExceeded(answer.status())) return false;
    if (!answer.ok() || answer->status != 200) {
      all_answer = false;
      continue;
    }
    const ProxyBooks books = read_books(answer->body);
    if (books.held > 0) return false;
    read += books.read;
  }
  return read >= sent || !all_answer;
}

}  // namespace waymark::lab
