#include "ctl/sse_parser.h"

#include <algorithm>

#include "base/status.h"

namespace waymark::ctl {

using absl::StatusCode;

absl::Status SseParser::feed(std::string_view bytes, SseSink& sink) {
  while (!bytes.empty()) {
    if (after_return_) {
      after_return_ = false;
      if (bytes[0] == '\n') {
        bytes.remove_prefix(1);
        continue;
      }
    }
    const std::size_t end = std::min(bytes.find_first_of("\r\n"), bytes.size());
    if (line_.size() + end > kMaxEvent) {
      return error(StatusCode::kResourceExhausted, "a line of the event stream exceeds {} bytes",
                   kMaxEvent);
    }
    line_.append(bytes.substr(0, end));
    if (end == bytes.size()) return absl::OkStatus();
    after_return_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    const auto status = take_line(line_, sink);
    line_.clear();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status SseParser::take_line(std::string_view line, SseSink& sink) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (first_line_ && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  first_line_ = false;
  if (line.empty()) {
    finish_event(sink);
    return absl::OkStatus();
  }
  const std::size_t colon = line.find(':');
  if (colon == 0) {
    sink.on_comment(line.substr(1));
    return absl::OkStatus();
  }
  const std::string_view field = line.substr(0, colon);
  std::string_view value = colon == line.npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "event") {
    event_.type = value;
  } else if (field == "data") {
    if (event_.data.size() + value.size() + 1 > kMaxEvent) {
      return error(StatusCode::kResourceExhausted, "an event of the stream exceeds {} bytes",
                   kMaxEvent);
    }
    if (has_data_) event_.data += '\n';
    event_.data += value;
    has_data_ = true;
  } else if (field == "id" && value.find('\0') == value.npos) {
    event_.id = value;
  }
  return absl::OkStatus();
}

void SseParser::finish_event(SseSink& sink) {
  if (has_data_) {
    if (event_.type.empty()) event_.type = "message";
    sink.on_event(event_);
  }
  has_data_ = false;
  event_.type.clear();
  event_.data.clear();
}

}  // namespace waymark::ctl
