// What requests say of connections, as a survey takes it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "proxy/layout.h"
#include "proxy/settings.h"
#include "proxy/survey_order.h"
#include "waymark/admin/v1/admin.pb.h"

namespace waymark::app {

namespace api = ::waymark::admin::v1;

// `word` is one of the route's parameter.
[[nodiscard]] proxy::ListKey list_key_of(std::string_view word);

// "192.0.2.1", "192.0.2.1:5000", "[2001:db8::1]:5000" or "192.0.2.0/24"; nullopt for anything else.
[[nodiscard]] std::optional<proxy::PeerFilter> peer_filter_of(const std::string& text);

// What the names in a filter stand for. The functions are called only for a filter that has such a
// name.
struct FilterNames {
  const proxy::Layout& layout;
  const proxy::Settings& settings;
  // The index of the upstream with this id or address.
  std::function<absl::StatusOr<std::uint32_t>(const std::string& upstream)> upstream;
  std::function<proxy::Members(std::string_view group, std::optional<std::uint32_t> pool)> group;
};

// InvalidArgument names the field with `path` before it, such as "filter.".
[[nodiscard]] absl::StatusOr<proxy::ConnectionFilter> filter_of(const api::ConnectionFilter& asked,
                                                                const std::string& path,
                                                                const FilterNames& names);

// Nothing is set, not even the state.
[[nodiscard]] bool is_empty(const api::ConnectionFilter& filter);

}  // namespace waymark::app
