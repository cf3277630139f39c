// `waymarkctl upstreams ...`
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ctl/context.h"

namespace waymark::ctl {

struct NewUpstream {
  std::string address;
  std::string pool;  // empty: the only one
  std::optional<std::uint32_t> weight;
  std::string protocol;  // empty: auto
  bool insecure = false;
  std::vector<std::pair<std::string, std::string>> metadata;
};

// The member of UpstreamList that `name` is the id of, or, if only one has it, the address of.
// NotFound lists those there are; InvalidArgument lists those that share the address.
[[nodiscard]] absl::StatusOr<Json> pick_upstream(const Json& list, const std::string& name);

// `pool` empty: of all pools.
[[nodiscard]] absl::Status list_upstreams(Context& context, const std::string& pool);
// `name` here and below: an id, or an address that one upstream has.
[[nodiscard]] absl::Status show_upstream(Context& context, const std::string& name);
[[nodiscard]] absl::Status add_upstream(Context& context, const NewUpstream& upstream);
[[nodiscard]] absl::Status remove_upstream(Context& context, const std::string& name);
// `admin_state`: ready, drain or maintenance.
[[nodiscard]] absl::Status set_admin_state(Context& context, const std::string& name,
                                           const std::string& admin_state);
[[nodiscard]] absl::Status set_weight(Context& context, const std::string& name,
                                      std::uint32_t weight);

}  // namespace waymark::ctl
