#include "base/status.h"

#include <system_error>

namespace waymark {

absl::Status errno_error(int error_number, std::string_view what) {
  return absl::Status(absl::ErrnoToStatusCode(error_number),
                      fmt::format("{}: {}", what, std::generic_category().message(error_number)));
}

}  // namespace waymark
