#include "ctl/confirm.h"

#include "base/status.h"
#include "ctl/terminal.h"

namespace waymark::ctl {

absl::Status confirm(Context& context, std::string_view question) {
  if (!can_ask()) {
    return error(absl::StatusCode::kInvalidArgument,
                 "{} Nobody can be asked without a terminal: --yes says so in advance", question);
  }
  if (ask(context.err, question)) return absl::OkStatus();
  return error(absl::StatusCode::kAborted, "nothing was done");
}

}  // namespace waymark::ctl
