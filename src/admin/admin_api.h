// What the admin listener asks of the rest of the program: the calls of docs/admin.md without HTTP.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "admin/stream_source.h"
#include "waymark/admin/v1/admin.pb.h"

namespace waymark::admin {

namespace api = ::waymark::admin::v1;

// Who asks, for the audit line.
struct Actor {
  std::string name;  // of the token, or "anonymous" where none is asked for
  std::string peer;  // "address:port"
  std::string role;  // of the token; who is asked for none has that of "admin"
};

struct ConnectionQuery {
  api::ConnectionFilter filter;
  std::string order = "mark";  // a word of the route's parameter
  bool descending = false;
  std::size_t limit = 1000;
  std::string page_token;  // where the page before ends
};

struct TapQuery {
  std::size_t max_bytes = 4096;  // shown of each frame
  std::uint64_t max_rate = 0;    // bytes shown a second (proxy::Tap); 0: no such limit
};

struct PresenceQuery {
  std::string pool;  // empty: of all
  std::size_t limit = 1000;
  std::string page_token;
};

struct StatsQuery {
  std::string upstream;     // its id; empty: the whole proxy
  bool by_minute = false;   // and not by the second
  std::uint64_t since = 0;  // Unix seconds; only steps after it
};

struct DeadLetterQuery {
  api::DeadLetterFilter filter;
  std::size_t limit = 1000;
  std::string page_token;  // the last id of the page before
};

// Called on the handler threads of the admin server, several at a time; each call answers within a
// few seconds. Errors carry what HTTP needs:
//
//   InvalidArgument 400   NotFound 404   AlreadyExists, FailedPrecondition 409
//   ResourceExhausted 507 (the disk)     Unavailable 503 (busy, ending, a worker that does not
//   answer)
class AdminApi {
 public:
  virtual ~AdminApi() = default;

  virtual absl::StatusOr<api::Info> info() = 0;
  virtual absl::StatusOr<api::Overview> overview() = 0;
  virtual absl::StatusOr<api::Stats> stats() = 0;
  // NotFound if none is kept of that upstream.
  virtual absl::StatusOr<api::StatsHistory> stats_history(const StatsQuery& query) = 0;
  virtual absl::StatusOr<api::ListenerList> listeners() = 0;
  virtual absl::StatusOr<api::PoolList> pools() = 0;
  virtual absl::StatusOr<api::Pool> pool(const std::string& name) = 0;

  // `pool` empty: of all.
  virtual absl::StatusOr<api::UpstreamList> upstreams(const std::string& pool) = 0;
  virtual absl::StatusOr<api::Upstream> upstream(const std::string& id) = 0;
  virtual absl::StatusOr<api::Upstream> add_upstream(const api::NewUpstream& upstream,
                                                     const Actor& actor) = 0;
  virtual absl::StatusOr<api::Upstream> change_upstream(const std::string& id,
                                                        const api::UpstreamChange& change,
                                                        const Actor& actor) = 0;
  virtual absl::StatusOr<api::Upstream> remove_upstream(const std::string& id,
                                                        const Actor& actor) = 0;

  // `second`: it is new, and not a renewal.
  virtual absl::StatusOr<std::pair<api::Registration, bool>> put_registration(
      const std::string& id, const api::NewRegistration& registration, const Actor& actor) = 0;
  virtual absl::StatusOr<api::Registration> delete_registration(const std::string& id,
                                                                const Actor& actor) = 0;

  virtual absl::StatusOr<api::ConnectionList> connections(const ConnectionQuery& query) = 0;
  virtual absl::StatusOr<api::Connection> connection(const std::string& mark) = 0;
  // `goodbye`: bytes of a last frame, may be empty.
  virtual absl::StatusOr<api::ActionDone> close_connection(const std::string& mark,
                                                           const std::string& reason,
                                                           const std::string& goodbye,
                                                           const Actor& actor) = 0;
  virtual absl::StatusOr<api::ActionDone> send_to_connection(const std::string& mark,
                                                             const std::string& payload,
                                                             const Actor& actor) = 0;
  // The frames from now on, as server-sent events.
  virtual absl::StatusOr<std::unique_ptr<StreamSource>> tap_connection(const std::string& mark,
                                                                       const TapQuery& query) = 0;
  virtual absl::StatusOr<api::ConnectionsActionDone> close_connections(
      const api::ConnectionsAction& action, const Actor& actor) = 0;
  virtual absl::StatusOr<api::ConnectionsActionDone> rebalance_connections(
      const api::ConnectionsAction& action, const Actor& actor) = 0;
  virtual absl::StatusOr<api::ConnectionsActionDone> rotate_connections(
      const api::ConnectionsRotation& rotation, const Actor& actor) = 0;
  // `payload`: what broadcast.payload or .text stands for.
  virtual absl::StatusOr<api::BroadcastDone> broadcast(const api::Broadcast& broadcast,
                                                       const std::string& payload,
                                                       const Actor& actor) = 0;

  virtual absl::StatusOr<api::NameList> names(const PresenceQuery& query) = 0;
  virtual absl::StatusOr<api::GroupList> groups(const PresenceQuery& query) = 0;
  // NotFound if nobody is in it.
  virtual absl::StatusOr<api::MemberList> group(const std::string& group,
                                                const PresenceQuery& query) = 0;

  virtual absl::StatusOr<api::DeadLetterList> dead_letters(const DeadLetterQuery& query) = 0;
  virtual absl::StatusOr<api::DeadLetterContent> dead_letter(const std::string& id) = 0;
  virtual absl::StatusOr<api::DeadLetterReplayed> replay_dead_letter(const std::string& id,
                                                                     const Actor& actor) = 0;
  virtual absl::StatusOr<api::DeadLettersActionDone> replay_dead_letters(
      const api::DeadLettersAction& action, const Actor& actor) = 0;
  virtual absl::StatusOr<api::DeadLetter> drop_dead_letter(const std::string& id,
                                                           const Actor& actor) = 0;
  virtual absl::StatusOr<api::DeadLettersActionDone> drop_dead_letters(
      const api::DeadLettersAction& action, const Actor& actor) = 0;

  virtual absl::StatusOr<api::ConfigDocument> config() = 0;
  virtual absl::StatusOr<api::ConfigDiff> config_diff() = 0;
  virtual absl::StatusOr<api::ConfigDiff> change_config(const api::ConfigChange& change,
                                                        const Actor& actor) = 0;
  virtual absl::StatusOr<api::ReloadDone> reload_config(const Actor& actor) = 0;
};

}  // namespace waymark::admin
