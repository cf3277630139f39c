#include "app/tap_source.h"

#include <fmt/format.h>

#include <utility>

#include "admin/base64.h"
#include "admin/json_message.h"
#include "base/rfc3339.h"

namespace waymark::app {
namespace {

namespace api = admin::api;
using admin::event_text;
using admin::write_json;

std::string event_of(const proxy::TapFrame& frame) {
  api::TapFrame shown;
  shown.set_direction(frame.direction == proxy::TapFrame::Direction::up ? "up" : "down");
  shown.set_seq(frame.seq);
  shown.set_time(to_rfc3339(frame.at));
  shown.set_size(frame.size);
  shown.set_payload(admin::encode_base64(frame.bytes));
  shown.set_truncated(frame.bytes.size() < frame.size);
  return event_text("frame", write_json(shown));
}

std::string event_of(const proxy::TapDropped& dropped) {
  api::TapDropped shown;
  shown.set_count(dropped.frames);
  return event_text("dropped", write_json(shown));
}

std::string event_of(const proxy::TapEnd& end) {
  api::TapEnd shown;
  shown.set_reason(std::string(name_of(end.reason)));
  return event_text("end", write_json(shown));
}

}  // namespace

TapSource::TapSource(const api::TapBegin& begin, std::shared_ptr<proxy::Tap> tap, TapSlot slot)
    : slot_(std::move(slot)),
      tap_(std::move(tap)),
      begin_(event_text("begin", write_json(begin))) {}

std::string TapSource::gather(std::size_t enough) {
  std::string events = std::exchange(begin_, {});
  while (events.size() < enough) {
    const auto item = tap_->take();
    if (!item) break;
    over_ = std::holds_alternative<proxy::TapEnd>(*item);
    events += std::visit([](const auto& each) { return event_of(each); }, *item);
  }
  return events;
}

std::string TapSource::summary() const {
  const proxy::Tap::Counts counts = tap_->counts();
  return fmt::format("{} of {} frames shown", counts.taken, counts.seen);
}

}  // namespace waymark::app
