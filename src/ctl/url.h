// Where the admin API is, and the paths of its calls.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace waymark::ctl {

// "http://host:port" and an optional path before the API's own, without a slash at the end, out of
// "http://host:port", "https://host/behind/this" or "host:port". InvalidArgument for anything else.
[[nodiscard]] absl::StatusOr<std::string> parse_base_url(std::string_view text);

// Percent-encodes all but the unreserved characters of RFC 3986.
[[nodiscard]] std::string url_encoded(std::string_view text);

// "?a=1&b=2" of the parameters that are not empty; "" if there is none.
[[nodiscard]] std::string query_string(
    const std::vector<std::pair<std::string_view, std::string>>& parameters);

}  // namespace waymark::ctl
