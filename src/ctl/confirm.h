// Asking before something is done to many.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "ctl/context.h"

namespace waymark::ctl {

// Puts `question` on the terminal; Aborted if the answer is no. Without a terminal nobody can be
// asked: InvalidArgument, which says what would be done (`question`) and names --yes.
[[nodiscard]] absl::Status confirm(Context& context, std::string_view question);

}  // namespace waymark::ctl
