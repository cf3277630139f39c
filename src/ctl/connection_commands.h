// `waymarkctl connections ...` and `waymarkctl broadcast`.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "ctl/context.h"
#include "ctl/payload.h"

namespace waymark::ctl {

// What is empty does not count.
struct ConnectionFilter {
  std::string state;     // all, active, inactive
  std::string upstream;  // id or address
  std::string listener;
  std::string pool;
  std::string group;
  std::string peer;  // address, with or without port, or a network

  [[nodiscard]] bool empty() const {
    return state.empty() && upstream.empty() && listener.empty() && pool.empty() && group.empty() &&
           peer.empty();
  }
};

// Follows the pages of the server until `limit` connections are there.
[[nodiscard]] absl::Status list_connections(Context& context, const ConnectionFilter& filter,
                                            std::uint64_t limit);
[[nodiscard]] absl::Status show_connection(Context& context, const std::string& mark);
// `goodbye`: a last frame; none if empty.
[[nodiscard]] absl::Status close_connection(Context& context, const std::string& mark,
                                            const std::string& reason, const std::string& goodbye);
[[nodiscard]] absl::Status send_to_connection(Context& context, const std::string& mark,
                                              const PayloadSource& source);

enum class ManyAction : std::uint8_t { close, rebalance, rotate };

struct ManyOptions {
  bool dry_run = false;
  bool yes = false;                  // do not ask
  std::uint32_t spread_seconds = 0;  // of rotate
};

// To all connections of the filter, which may not be empty. Asks how many of them it may be, unless
// told not to.
[[nodiscard]] absl::Status act_on_many(Context& context, ManyAction action,
                                       const ConnectionFilter& filter, const ManyOptions& options);

struct BroadcastOptions {
  std::string to;     // all, active, inactive
  std::string pool;   // empty: clients of all pools
  std::string group;  // empty: whatever they are in
  ManyOptions how;
};
[[nodiscard]] absl::Status broadcast(Context& context, const BroadcastOptions& options,
                                     const PayloadSource& source);

}  // namespace waymark::ctl
