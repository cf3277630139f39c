// Server-sent events out of a byte stream cut anywhere (WHATWG HTML, "Parsing an event stream").
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace waymark::ctl {

struct SseEvent {
  std::string type;  // "message" if the server named none
  std::string data;  // its lines joined by line feeds
  std::string id;    // the last one seen, of this event or one before; empty if none
};

class SseSink {
 public:
  virtual ~SseSink() = default;
  virtual void on_event(const SseEvent& event) = 0;
  // A line that starts with a colon; `text` is what follows it. Heartbeats are such lines.
  virtual void on_comment(std::string_view text) = 0;
};

class SseParser {
 public:
  // The longest line and the most data of one event, in bytes.
  static constexpr std::size_t kMaxEvent = 32 * 1024 * 1024;

  // ResourceExhausted once an event exceeds kMaxEvent; nothing may be fed afterwards. An event is
  // told at the empty line that ends it: what a broken stream leaves unfinished is never told.
  [[nodiscard]] absl::Status feed(std::string_view bytes, SseSink& sink);

 private:
  [[nodiscard]] absl::Status take_line(std::string_view line, SseSink& sink);
  void finish_event(SseSink& sink);

  std::string line_;           // the unfinished last line
  bool first_line_ = true;     // a byte order mark may stand here
  bool after_return_ = false;  // a line feed would belong to the line end before
  bool has_data_ = false;
  SseEvent event_;
};

}  // namespace waymark::ctl
