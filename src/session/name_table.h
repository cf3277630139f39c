// Unique names of connections: name -> mark, and mark -> its names. A name is of one pool; two
// pools may each have an "alice".
//
// Pure, and bounded by the limits that each call is given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "session/pool_key.h"
#include "waymark/mark.h"

namespace waymark::session {

class NameTable {
 public:
  struct Limits {
    std::size_t names = 100'000;  // of all connections
    std::size_t of_one = 16;      // of one connection
  };

  enum class Outcome : std::uint8_t { done, taken, too_many };
  struct Bound {
    Outcome outcome = Outcome::done;
    Mark holder;  // who has the name now; nil when nobody has
  };

  // `mark` has the name from now on. Done too if it had it before.
  Bound bind(const PoolKey::View& key, const Mark& mark, const Limits& limits);
  // Nothing happens unless `mark` has the name.
  void unbind(const PoolKey::View& key, const Mark& mark);
  // `mark` has no names any more. False: it had none.
  bool release(const Mark& mark);
  // Who had the mark `old` has `mark` now, which has no names.
  void rename(const Mark& old, const Mark& mark);
  // `mark` is of another pool now. Names that somebody has there are lost to it.
  void move(const Mark& mark, std::uint32_t pool);

  [[nodiscard]] std::optional<Mark> find(const PoolKey::View& key) const;
  [[nodiscard]] std::vector<std::string> names_of(const Mark& mark) const;

  [[nodiscard]] std::size_t size() const { return marks_.size(); }
  // About what the table takes.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

  using Names = std::map<PoolKey, Mark, PoolKey::Order>;
  // By pool, then name.
  [[nodiscard]] const Names& all() const { return marks_; }

 private:
  using Entry = Names::const_iterator;

  void forget(Entry entry);

  Names marks_;
  absl::flat_hash_map<Mark, std::vector<Entry>> names_;
  std::size_t bytes_ = 0;
};

}  // namespace waymark::session
