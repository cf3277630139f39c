#include "app/event_feed.h"

#include "admin/json_message.h"
#include "base/rfc3339.h"
#include "waymark/close_reason.h"

namespace waymark::app {

void EventFeed::upstream(const api::Upstream& upstream, std::string_view what) {
  ring_.push("upstream_" + std::string(what), admin::write_json(upstream));
}

void EventFeed::connection_ended(const proxy::ConnectionSummary& summary) {
  std::uint64_t untold = 0;
  {
    std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (now - second_ >= std::chrono::seconds(1)) {
      second_ = now;
      told_ = 0;
    }
    if (++told_ > kConnectionsASecond) {
      ++untold_;
      return;
    }
    untold = std::exchange(untold_, 0);
  }
  api::ConnectionEnd end;
  end.set_mark(summary.mark.to_string());
  end.set_peer(std::string(summary.peer));
  end.set_listener(std::string(summary.listener));
  end.set_upstream(std::string(summary.upstream));
  end.set_frames_up(summary.frames_up);
  end.set_frames_down(summary.frames_down);
  end.set_reason(std::string(name_of(summary.reason)));
  end.set_untold(untold);
  ring_.push("connection_ended", admin::write_json(end));
}

void EventFeed::config_reloaded(std::size_t changes) {
  api::ConfigReloaded reloaded;
  reloaded.set_at(to_rfc3339(std::chrono::system_clock::now()));
  reloaded.set_changes(changes);
  ring_.push("config_reloaded", admin::write_json(reloaded));
}

void EventFeed::warning(std::string_view message) {
  api::Warning warning;
  warning.set_at(to_rfc3339(std::chrono::system_clock::now()));
  warning.set_message(std::string(message));
  ring_.push("warning", admin::write_json(warning));
}

}  // namespace waymark::app
