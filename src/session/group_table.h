// Groups of connections: group -> members, and mark -> its groups. A group is of one pool, and is
// there as long as somebody is in it.
//
// Pure, and bounded by the limits that each call is given.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "session/pool_key.h"
#include "waymark/mark.h"

namespace waymark::session {

struct Member {
  Mark mark;
  std::uint32_t worker = 0;  // where the connection lives

  friend auto operator<=>(const Member&, const Member&) = default;
};

class GroupTable {
 public:
  struct Limits {
    std::size_t groups = 10'000;  // of all connections
    std::size_t of_one = 64;      // of one connection
  };

  // False: a limit is reached. True too if it was in the group before.
  [[nodiscard]] bool join(const PoolKey::View& key, const Member& member, const Limits& limits);
  // Nothing happens unless `mark` is in the group.
  void leave(const PoolKey::View& key, const Mark& mark);
  // `mark` is in no group any more. False: it was in none.
  bool release(const Mark& mark);
  // Who had the mark `old` has `mark` now, which is in no group.
  void rename(const Mark& old, const Mark& mark);
  // `mark` is of another pool now, and in groups of the same names there.
  void move(const Mark& mark, std::uint32_t pool);

  // By mark, each once; empty if there is no such group. A reference until the next change.
  [[nodiscard]] const std::vector<Member>& members(const PoolKey::View& key) const;
  [[nodiscard]] std::vector<std::string> groups_of(const Mark& mark) const;

  [[nodiscard]] std::size_t size() const { return groups_.size(); }
  [[nodiscard]] std::size_t memberships() const { return memberships_; }
  // About what the table takes.
  [[nodiscard]] std::size_t bytes() const;

  using Groups = std::map<PoolKey, std::vector<Member>, PoolKey::Order>;
  // By pool, then name.
  [[nodiscard]] const Groups& all() const { return groups_; }

 private:
  using Entry = Groups::iterator;

  void remove(Entry entry, const Mark& mark);

  Groups groups_;
  absl::flat_hash_map<Mark, std::vector<Entry>> groups_of_;
  std::size_t memberships_ = 0;
  std::size_t text_bytes_ = 0;  // of the names of groups
};

}  // namespace waymark::session
