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

#include "absl/numeric/int128.h"
#include "identity/identity.h"
#include "net/cidr.h"
#include "proxy/presence.h"
#include "waymark/mark.h"
#include "wire/attributes.h"

namespace waymark::proxy {

class Tap;

struct PeerFilter {
  net::Cidr block;
  std::uint16_t port = 0;  // 0: any
};

// All that is set must hold.
struct ConnectionFilter {
  enum class Activity : std::uint8_t { all, active, inactive };
  Activity activity = Activity::all;  // within PoolSettings::active_within
  std::optional<std::uint32_t> upstream;
  std::optional<std::size_t> listener;  // slots of the layout
  std::optional<std::size_t> pool;
  Members group = nullptr;  // those of this snapshot; null: any
  std::optional<PeerFilter> peer;
};

// Where a connection stands in a list. Connections of the same rank are in order of their marks.
struct ListPlace {
  absl::uint128 rank = 0;
  Mark mark;

  friend bool operator<(const ListPlace& a, const ListPlace& b) {
    return a.rank != b.rank ? a.rank < b.rank : a.mark < b.mark;
  }
};

// What its rank in a list comes from.
enum class ListKey : std::uint8_t {
  mark,      // all have the same rank
  peer,      // IPv4 with its port, then IPv6
  listener,  // in configured order
  upstream,  // as they were added, after connections that have none
  state,     // active, then inactive
  opened,
  last_frame,
  frames_up,
  frames_down,
  bytes_up,
  bytes_down,
  queued,
  outstanding,
};

// What was sent to an upstream and is not done there yet.
struct LedgerLine {
  std::uint64_t delivery = 0;
  std::uint64_t seq = 0;  // 0: it is no frame
  std::uint32_t attempts = 1;
  std::size_t bytes = 0;          // as it was encoded
  std::uint64_t received_at = 0;  // Unix nanoseconds; 0: unknown
};
struct LedgerSnapshot {
  static constexpr std::size_t kMostLines = 100;

  bool acks = false;              // its upstream does
  std::uint64_t last_acked = 0;   // seq; of the frames up to it none comes again
  std::vector<LedgerLine> lines;  // the oldest ones; empty with an upstream that does not ack
};

struct ConnectionSnapshot {
  Mark mark;
  absl::uint128 rank = 0;
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
  std::size_t outstanding_bytes = 0;   // on their way to its upstream
  std::size_t outstanding_events = 0;  // of those, that its upstream has to ack
  std::uint32_t epoch = 0;
  identity::Identity identity;  // the key only where it may be told
  std::uint64_t incarnation = 1;
  bool up_ended = false;
  bool paused = false;
  // These four only of a connection asked for by its mark.
  LedgerSnapshot ledger;
  std::vector<std::string> names;
  std::vector<std::string> groups;
  wire::Attributes attributes;
};

struct SurveyAnswer {
  std::uint64_t matched = 0;  // connections the filter found
  std::uint64_t done = 0;     // that the action was carried out on
  std::uint64_t failed = 0;   // that did not take what was sent, or whose framing cannot carry it
  std::uint64_t skipped = 0;  // that ended before their turn
  std::vector<ConnectionSnapshot> connections;  // of a list, in its order
  // Of a list: others that matched come behind this place; up to it none is left out.
  std::optional<ListPlace> more_after;
};

struct SurveyOrder {
  static constexpr std::size_t kMostRanked = 1'000;

  enum class Action : std::uint8_t { count, list, close, rotate, send, rebalance, tap };
  Action action = Action::count;
  std::optional<Mark> mark;  // this one alone, whatever the filter says
  ConnectionFilter filter;
  std::string payload;             // of send; of close: a last frame, may be empty
  std::uint64_t spread_ms = 0;     // of rotate: over this time
  ListKey key = ListKey::mark;     // of list
  bool descending = false;         // of list: the greatest first; not by mark
  std::optional<ListPlace> after;  // of list: those behind this place
  std::size_t limit = 1000;        // of list; kMostRanked at most where the key is not the mark
  std::shared_ptr<Tap> tap;        // of tap: gets the frames from now on
};

}  // namespace waymark::proxy
