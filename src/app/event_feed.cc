#include "app/event_feed.h"

#include <fmt/format.h>

#include <chrono>
#include <string>

#include "admin/json_message.h"
#include "base/rfc3339.h"
#include "waymark/close_reason.h"

namespace waymark::app {
namespace {

// The resource with its time before its own members, of which it has some.
std::string dated(std::string_view resource) {
  return fmt::format(R"({{"at":"{}",{})", to_rfc3339(std::chrono::system_clock::now()),
                     resource.substr(1));
}

}  // namespace

std::uint64_t first_event_id() {
  using std::chrono::microseconds;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<microseconds>(now).count());
}

void EventFeed::upstream(const api::Upstream& upstream, std::string_view what) {
  ring_.push("upstream_" + std::string(what), dated(admin::write_json(upstream)));
}

void EventFeed::connection_ended(const proxy::ConnectionSummary& summary) {
  const auto untold = connections_.admit();
  if (!untold) return;
  api::ConnectionEnd end;
  end.set_mark(summary.mark.to_string());
  end.set_peer(std::string(summary.peer));
  end.set_listener(std::string(summary.listener));
  end.set_upstream(std::string(summary.upstream));
  end.set_frames_up(summary.frames_up);
  end.set_frames_down(summary.frames_down);
  end.set_reason(std::string(name_of(summary.reason)));
  end.set_untold(*untold);
  ring_.push("connection_ended", dated(admin::write_json(end)));
}

void EventFeed::dead_letter_added(const store::StoredDeadLetter& letter) {
  const auto untold = dead_letters_.admit();
  if (!untold) return;
  api::DeadLetterAdded added;
  added.set_id(std::to_string(letter.id));
  added.set_mark(letter.mark.to_string());
  added.set_seq(letter.seq);
  added.set_pool(letter.pool);
  added.set_upstream(letter.upstream);
  added.set_reason(letter.reason);
  added.set_untold(*untold);
  ring_.push("dead_letter_added", dated(admin::write_json(added)));
}

void EventFeed::dead_letters_gone(std::string_view what, std::uint64_t count,
                                  std::string_view reason) {
  api::DeadLettersGone gone;
  gone.set_at(to_rfc3339(std::chrono::system_clock::now()));
  gone.set_count(count);
  gone.set_reason(std::string(reason));
  ring_.push("dead_letters_" + std::string(what), admin::write_json(gone));
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
