#include "proxy/presence.h"

#include <algorithm>
#include <utility>

namespace waymark::proxy {
namespace {

// Calls `visit(row)` for the rows of a table that a query asks for, until it has had enough.
template <typename Row, typename Table, typename Make>
PresencePage<Row> page_of(const Table& table, const PresenceQuery& query, Make&& make) {
  PresencePage<Row> page;
  auto at = table.begin();
  if (query.after) {
    at = table.upper_bound(*query.after);
  } else if (query.pool) {
    at = table.lower_bound(session::PoolKey::View{*query.pool, ""});
  }
  for (; at != table.end(); ++at) {
    if (query.pool && at->first.pool != *query.pool) break;
    if (page.rows.size() == query.limit) {
      page.more = true;
      break;
    }
    page.rows.push_back(make(*at));
  }
  return page;
}

// The first of `scope` that `look(pool)` finds something in, among the pools of a table.
template <typename Table, typename Look>
auto first_of(const Table& table, const PoolScope& scope, Look&& look) {
  auto found = look(scope.pool);
  if (found || !scope.all) return found;
  // From the first row of one pool to the first of the next.
  for (auto at = table.begin(); at != table.end();) {
    const std::uint32_t pool = at->first.pool;
    if (pool != scope.pool && (found = look(pool))) return found;
    at = table.lower_bound(session::PoolKey::View{pool + 1, ""});
  }
  return found;
}

}  // namespace

// Keeps the budget at what the tables take, over one change of them.
class Presence::Change {
 public:
  explicit Change(Presence& presence)
      : presence_(presence), lock_(presence.mutex_), before_(bytes()) {}
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;
  ~Change() {
    // By the difference alone: the whole would look, for a moment, like memory that is used.
    const std::size_t after = bytes();
    presence_.budget_.note_stored(before_, after);
    if (after > before_) presence_.budget_.add(after - before_);
    if (after < before_) presence_.budget_.remove(before_ - after);
  }

 private:
  [[nodiscard]] std::size_t bytes() const {
    return presence_.names_.bytes() + presence_.groups_.bytes();
  }

  Presence& presence_;
  std::lock_guard<std::mutex> lock_;
  const std::size_t before_;
};

void Presence::set_limits(const LimitSettings& limits) {
  std::lock_guard lock(mutex_);
  name_limits_ = {.names = limits.max_names, .of_one = limits.max_names_per_connection};
  group_limits_ = {.groups = limits.max_groups, .of_one = limits.max_groups_per_connection};
  max_name_bytes_ = limits.max_name_bytes;
}

session::NameTable::Bound Presence::bind(const session::PoolKey::View& name, const Mark& mark) {
  const Change change(*this);
  return names_.bind(name, mark, name_limits_);
}

void Presence::unbind(const session::PoolKey::View& name, const Mark& mark) {
  const Change change(*this);
  names_.unbind(name, mark);
}

bool Presence::join(const session::PoolKey::View& group, const session::Member& member) {
  const Change change(*this);
  return groups_.join(group, member, group_limits_);
}

void Presence::leave(const session::PoolKey::View& group, const Mark& mark) {
  const Change change(*this);
  groups_.leave(group, mark);
}

void Presence::release(const Mark& mark) {
  const Change change(*this);
  names_.release(mark);
  groups_.release(mark);
}

void Presence::rename(const Mark& old, const Mark& mark) {
  const Change change(*this);
  names_.rename(old, mark);
  groups_.rename(old, mark);
}

void Presence::move(const Mark& mark, std::uint32_t pool) {
  const Change change(*this);
  names_.move(mark, pool);
  groups_.move(mark, pool);
}

std::optional<Mark> Presence::find(const PoolScope& scope, std::string_view name) const {
  std::lock_guard lock(mutex_);
  return first_of(names_.all(), scope, [&](std::uint32_t pool) {
    return names_.find({pool, name});
  });
}

std::optional<GroupPart> Presence::members(const PoolScope& scope, std::string_view group,
                                           std::size_t worker) const {
  std::lock_guard lock(mutex_);
  return first_of(groups_.all(), scope, [&](std::uint32_t pool) -> std::optional<GroupPart> {
    const std::vector<session::Member>& members = groups_.members({pool, group});
    if (members.empty()) return std::nullopt;
    GroupPart part{.pool = pool, .here = {}};
    for (const session::Member& member : members) {
      if (member.worker == worker) part.here.push_back(member.mark);
    }
    return part;
  });
}

PresenceCounts Presence::counts() const {
  std::lock_guard lock(mutex_);
  return {.names = names_.size(), .groups = groups_.size(), .group_members = groups_.memberships()};
}

std::vector<std::string> Presence::names_of(const Mark& mark) const {
  std::lock_guard lock(mutex_);
  return names_.names_of(mark);
}

std::vector<std::string> Presence::groups_of(const Mark& mark) const {
  std::lock_guard lock(mutex_);
  return groups_.groups_of(mark);
}

Members Presence::everyone_in(std::string_view group, std::optional<std::uint32_t> pool) const {
  std::vector<session::Member> all;
  std::lock_guard lock(mutex_);
  const session::GroupTable::Groups& table = groups_.all();
  for (auto at = table.begin(); at != table.end();) {
    const std::uint32_t slot = at->first.pool;
    if (!pool || slot == *pool) {
      const std::vector<session::Member>& members = groups_.members({slot, group});
      all.insert(all.end(), members.begin(), members.end());
    }
    at = table.lower_bound(session::PoolKey::View{slot + 1, ""});
  }
  std::sort(all.begin(), all.end());
  return std::make_shared<const std::vector<session::Member>>(std::move(all));
}

PresencePage<NameRow> Presence::names(const PresenceQuery& query) const {
  std::lock_guard lock(mutex_);
  return page_of<NameRow>(names_.all(), query, [](const auto& entry) {
    return NameRow{entry.first.pool, entry.first.text, entry.second};
  });
}

PresencePage<GroupRow> Presence::groups(const PresenceQuery& query) const {
  std::lock_guard lock(mutex_);
  return page_of<GroupRow>(groups_.all(), query, [](const auto& entry) {
    return GroupRow{entry.first.pool, entry.first.text, entry.second.size()};
  });
}

PresencePage<MemberRow> Presence::members_of(std::string_view group,
                                             const PresenceQuery& query) const {
  std::lock_guard lock(mutex_);
  PresencePage<MemberRow> page;
  const session::GroupTable::Groups& table = groups_.all();
  for (auto at = table.begin(); at != table.end() && !page.more;) {
    const std::uint32_t pool = at->first.pool;
    const bool wanted =
        (!query.pool || pool == *query.pool) && (!query.after || pool >= query.after->pool);
    for (const session::Member& member : groups_.members({pool, group})) {
      const bool seen = query.after && pool == query.after->pool &&
                        member.mark.bytes() <= std::string_view(query.after->text);
      if (!wanted || seen) continue;
      if (page.rows.size() == query.limit) {
        page.more = true;
        break;
      }
      page.rows.push_back({pool, member.mark});
    }
    at = table.lower_bound(session::PoolKey::View{pool + 1, ""});
  }
  return page;
}

}  // namespace waymark::proxy
