// Who is there, for all workers of the process: the names and the groups of connections. Every
// method may be called on any thread. Only what names a name or a group comes here, and the end of
// a connection that has one; no frame does.
//
// What is written about a mark is written by the worker that has the connection, while it lives, so
// that nothing stays behind when it ends.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/memory_budget.h"
#include "proxy/settings.h"
#include "proxy/snapshot.h"
#include "session/group_table.h"
#include "session/name_table.h"
#include "waymark/mark.h"

namespace waymark::proxy {

using Members = std::shared_ptr<const std::vector<session::Member>>;

// Which pools an answer is looked for in: one, or every one with one before the others.
struct PoolScope {
  std::uint32_t pool = 0;
  bool all = false;
};

// The members of a group that one worker has.
struct GroupPart {
  std::uint32_t pool = 0;  // of the group
  std::vector<Mark> here;
};

struct NameRow {
  std::uint32_t pool = 0;  // its slot
  std::string name;
  Mark mark;
};
struct GroupRow {
  std::uint32_t pool = 0;
  std::string group;
  std::size_t members = 0;
};
struct MemberRow {
  std::uint32_t pool = 0;
  Mark mark;
};

// One page of rows in their order. `more`: others come behind the last one.
template <typename Row>
struct PresencePage {
  std::vector<Row> rows;
  bool more = false;
};
// Which rows: of one pool or of all, behind a row of the page before.
struct PresenceQuery {
  std::optional<std::uint32_t> pool;
  std::optional<session::PoolKey> after;
  std::size_t limit = 1000;
};

class Presence {
 public:
  // `budget` outlives it, and is charged with what the tables take.
  Presence(const LimitSettings& limits, MemoryBudget& budget) : budget_(budget) {
    set_limits(limits);
  }
  Presence(const Presence&) = delete;
  Presence& operator=(const Presence&) = delete;

  // What is there beyond smaller limits stays.
  void set_limits(const LimitSettings& limits);
  [[nodiscard]] std::size_t max_name_bytes() const {
    return max_name_bytes_.load(std::memory_order_relaxed);
  }

  // --- the worker of the connection ---

  [[nodiscard]] session::NameTable::Bound bind(const session::PoolKey::View& name,
                                               const Mark& mark);
  void unbind(const session::PoolKey::View& name, const Mark& mark);
  // False: a limit is reached.
  [[nodiscard]] bool join(const session::PoolKey::View& group, const session::Member& member);
  void leave(const session::PoolKey::View& group, const Mark& mark);
  // The connection has ended.
  void release(const Mark& mark);
  // The connection has another mark now.
  void rename(const Mark& old, const Mark& mark);
  // The connection is of another pool now. It keeps its groups, and the names that are free there.
  void move(const Mark& mark, std::uint32_t pool);

  // --- any worker ---

  [[nodiscard]] std::optional<Mark> find(const PoolScope& scope, std::string_view name) const;
  // A snapshot of one worker's part; none if nobody at all is in such a group.
  [[nodiscard]] std::optional<GroupPart> members(const PoolScope& scope, std::string_view group,
                                                 std::size_t worker) const;

  // --- operators ---

  [[nodiscard]] PresenceCounts counts() const;
  [[nodiscard]] std::vector<std::string> names_of(const Mark& mark) const;
  [[nodiscard]] std::vector<std::string> groups_of(const Mark& mark) const;
  // Everyone in a group of this name, of one pool or of any; by mark, never null.
  [[nodiscard]] Members everyone_in(std::string_view group,
                                    std::optional<std::uint32_t> pool) const;
  // By pool, then name.
  [[nodiscard]] PresencePage<NameRow> names(const PresenceQuery& query) const;
  [[nodiscard]] PresencePage<GroupRow> groups(const PresenceQuery& query) const;
  // Of all groups of this name, by pool, then mark; `query.after` holds the bytes of a mark.
  [[nodiscard]] PresencePage<MemberRow> members_of(std::string_view group,
                                                   const PresenceQuery& query) const;

 private:
  class Change;

  MemoryBudget& budget_;
  std::atomic<std::size_t> max_name_bytes_{0};
  mutable std::mutex mutex_;
  session::NameTable::Limits name_limits_;  // guarded by mutex_, like all that follows
  session::GroupTable::Limits group_limits_;
  session::NameTable names_;
  session::GroupTable groups_;
};

}  // namespace waymark::proxy
