// Which of a pool's ready upstreams gets a connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "waymark/mark.h"

namespace waymark::route {

enum class Balance : std::uint8_t {
  round_robin,        // in turn, the turns of one spread among those of the others by weight
  least_connections,  // fewest connections for its weight; in turn among equals
  mark_hash,          // the same for the same mark, whatever proxy it is connected to
};

struct Member {
  std::size_t upstream = 0;  // an index of the owner's
  std::string_view address;  // what mark_hash knows it by, as configured; outlives the picker
  std::uint32_t weight = 1;  // 1 to 1000; only the ratios count
};

// A plain value: whether an upstream is ready is told from outside.
class Picker {
 public:
  explicit Picker(Balance balance) : balance_(balance) {}

  // Adds the member, or gives it another weight. Their order is that of their indices, however they
  // became ready.
  void set(const Member& member);
  void remove(std::size_t upstream);
  void set_balance(Balance balance) { balance_ = balance; }
  [[nodiscard]] bool empty() const { return members_.empty(); }

  // Calls `visit` for every member, in the order of their indices.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (const Ready& member : members_) visit(member.upstream);
  }

  using ConnectionsOf = absl::FunctionRef<std::size_t(std::size_t upstream)>;
  // The upstream for the connection of `mark`, whose turn is number `ticket`; nullopt if none is
  // ready. The tickets of a pool are drawn once for the whole process, so that the order of arrival
  // is the order of the turns whatever worker a connection lands on.
  [[nodiscard]] std::optional<std::size_t> pick(std::uint64_t ticket, const Mark& mark,
                                                ConnectionsOf connections) const;

 private:
  struct Ready {
    std::size_t upstream = 0;
    std::uint64_t key = 0;  // of its address
    std::uint32_t weight = 1;
  };

  static constexpr std::int64_t kMostTurns = 2048;  // about; one for each member at least

  // The turns of each in one period, in the ratio of the weights.
  [[nodiscard]] static std::vector<std::int64_t> shares_of(const std::vector<Ready>& members);
  void plan_turns() const;
  [[nodiscard]] const Ready& least_connected(std::uint64_t ticket, ConnectionsOf connections) const;
  [[nodiscard]] const Ready& home_of(const Mark& mark) const;

  Balance balance_;
  std::vector<Ready> members_;  // by index of upstream, ascending
  // One period of the round robin, places in members_; planned at the first pick after a change,
  // because changes come in rows.
  mutable std::vector<std::uint32_t> turns_;
};

}  // namespace waymark::route
