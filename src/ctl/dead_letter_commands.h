// Commands about frames that were given up.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "ctl/context.h"

namespace waymark::ctl {

// All that is not empty must hold.
struct DeadLetterFilter {
  std::string pool;
  std::string mark;
  std::string reason;  // all, max_attempts, given_up

  [[nodiscard]] bool empty() const { return pool.empty() && mark.empty() && reason.empty(); }
};

// Follows the pages of the server until `limit` dead letters are there.
[[nodiscard]] absl::Status list_dead_letters(Context& context, const DeadLetterFilter& filter,
                                             std::uint64_t limit);
// With its payload.
[[nodiscard]] absl::Status show_dead_letter(Context& context, const std::string& id);

enum class DeadLetterAction : std::uint8_t { replay, drop };

[[nodiscard]] absl::Status act_on_dead_letter(Context& context, DeadLetterAction action,
                                              const std::string& id);

struct ManyDeadLetters {
  bool dry_run = false;
  bool yes = false;  // do not ask
};

// To all dead letters of the filter, which may not be empty. Asks how many of them it may be,
// unless told not to. FailedPrecondition if some are still there.
[[nodiscard]] absl::Status act_on_dead_letters(Context& context, DeadLetterAction action,
                                               const DeadLetterFilter& filter,
                                               const ManyDeadLetters& options);

}  // namespace waymark::ctl
