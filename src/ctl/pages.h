// A list that the server hands out page by page.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "ctl/context.h"

namespace waymark::ctl {

struct PagedList {
  std::string path;
  std::string name;  // of the list in an answer
  std::vector<std::pair<std::string_view, std::string>> parameters;
};

// One answer of all pages up to `limit` entries: the first as it came if it is the only one.
[[nodiscard]] absl::StatusOr<Answer> all_pages(Api& api, const PagedList& list,
                                               std::uint64_t limit);

// Says on stderr that there is more than was shown, if there is.
void remark_on_more(Context& context, const Answer& answer, std::string_view name);

}  // namespace waymark::ctl
