// Questions about connections, and actions on many or one of them, as other threads ask a worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "identity/identity.h"
#include "proxy/presence.h"
#include "waymark/mark.h"
#include "wire/attributes.h"

namespace waymark::proxy {

class Tap;

// All that is set must hold.
struct ConnectionFilter {
  enum class Activity : std::uint8_t { all, active, inactive };
  Activity activity = Activity::all;  // within PoolSettings::active_within
  std::optional<std::uint32_t> upstream;
  std::optional<std::size_t> listener;  // slots of the layout
  std::optional<std::size_t> pool;
  Members group = nullptr;  // those of this snapshot; null: any
};

struct ConnectionSnapshot {
  Mark mark;
  std::string peer;
  std::size_t listener = 0;  // slots of the layout
  std::size_t pool = 0;
  std::size_t worker = 0;
  std::optional<std::uint32_t> upstream;
  bool active = false;
  std::uint64_t open_for_ms = 0;
  std::optional<std::uint64_t> last_frame_ms_ago;
  std::uint64_t frames_up = 0;
  std::uint64_t frames_down = 0;
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
  std::size_t queued_bytes = 0;
  std::uint32_t epoch = 0;
  identity::Identity identity;  // the key only where it may be told
  std::uint64_t incarnation = 1;
  bool up_ended = false;
  bool paused = false;
  std::vector<std::string> names;  // these three only of a connection asked for by its mark
  std::vector<std::string> groups;
  wire::Attributes attributes;
};

struct SurveyAnswer {
  std::uint64_t matched = 0;  // connections the filter found
  std::uint64_t done = 0;     // that the action was carried out on
  std::uint64_t failed = 0;   // that did not take what was sent, or whose framing cannot carry it
  std::uint64_t skipped = 0;  // that ended before their turn
  std::vector<ConnectionSnapshot> connections;  // of a list, by mark
  // Of a list: others that matched come behind this mark; up to it none is left out.
  std::optional<Mark> more_after;
};

struct SurveyOrder {
  enum class Action : std::uint8_t { count, list, close, rotate, send, rebalance, tap };
  Action action = Action::count;
  std::optional<Mark> mark;  // this one alone, whatever the filter says
  ConnectionFilter filter;
  std::string payload;          // of send; of close: a last frame, may be empty
  std::uint64_t spread_ms = 0;  // of rotate: over this time
  Mark after;                   // of list: marks beyond this one
  std::size_t limit = 1000;     // of list
  std::shared_ptr<Tap> tap;     // of tap: gets the frames from now on
};

}  // namespace waymark::proxy
