// The target of a request, taken apart: "/v1/pools/a%20b?limit=5".
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace waymark::admin {

struct Target {
  std::vector<std::string> segments;  // decoded; the last is empty after a slash at the end
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in order
};

// Cut before decoding, so that no encoded character becomes a separator. InvalidArgument for a
// target that does not begin with a slash, a wrong percent encoding, an encoded slash or control
// character, and the segments "." and "..".
[[nodiscard]] absl::StatusOr<Target> parse_target(std::string_view text);

}  // namespace waymark::admin
