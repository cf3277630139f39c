// A stream of server-sent events (WHATWG HTML), handed out in pieces of any size.
//
//   id: 7
//   event: upstream_ready
//   data: {"id":"..."}
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "admin/stream_source.h"

namespace waymark::admin {

// `type` is a word, `json` one line.
[[nodiscard]] std::string event_text(std::string_view type, std::string_view json,
                                     std::optional<std::uint64_t> id = std::nullopt);

class EventSource : public StreamSource {
 public:
  [[nodiscard]] std::string next(std::size_t most) final;

 protected:
  // Whole events, as event_text() makes them: at least `enough` bytes if there are so many.
  [[nodiscard]] virtual std::string gather(std::size_t enough) = 0;

 private:
  std::string begun_;  // gathered and not handed out yet
};

}  // namespace waymark::admin
