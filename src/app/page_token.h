// Where a page of a list ends, as text that its reader hands in again for the next one.
//
//   connections by mark      MARK                  by anything else   RANK.RANK.MARK
//   names, groups, members   SLOT OF POOL:TEXT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "proxy/survey_order.h"
#include "session/pool_key.h"

namespace waymark::app {

[[nodiscard]] std::string page_token_of(const proxy::ListPlace& place, proxy::ListKey key);
// nullopt for no token, and for one of a list by mark where this is by anything else or the other
// way round.
[[nodiscard]] std::optional<proxy::ListPlace> place_of(std::string_view token, proxy::ListKey key);

[[nodiscard]] std::string page_token_of(std::uint32_t pool, std::string_view text);
[[nodiscard]] std::optional<session::PoolKey> pool_key_of(std::string_view token);

// InvalidArgument: nobody here has made it.
[[nodiscard]] absl::Status foreign_token(const std::string& token);

}  // namespace waymark::app
