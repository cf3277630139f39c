// The calls of the admin API about dead letters.
#pragma once

#include <chrono>
#include <string>

#include "admin/admin_api.h"
#include "app/dead_letters.h"
#include "proxy/proxy.h"

namespace waymark::app {

class DeadLetterCalls {
 public:
  // Both outlive it.
  DeadLetterCalls(DeadLetters& letters, proxy::Proxy& proxy) : letters_(letters), proxy_(proxy) {}

  [[nodiscard]] absl::StatusOr<admin::api::DeadLetterList> list(
      const admin::DeadLetterQuery& query) const;
  [[nodiscard]] absl::StatusOr<admin::api::DeadLetterContent> show(const std::string& id) const;

  // What an upstream has got is erased; the rest stays. If it cannot be erased it stays although it
  // was delivered, so that it may be delivered twice.
  [[nodiscard]] absl::StatusOr<admin::api::DeadLetterReplayed> replay(const std::string& id);
  [[nodiscard]] absl::StatusOr<admin::api::DeadLettersActionDone> replay_many(
      const admin::api::DeadLettersAction& action);

  [[nodiscard]] absl::StatusOr<admin::api::DeadLetter> drop(const std::string& id);
  [[nodiscard]] absl::StatusOr<admin::api::DeadLettersActionDone> drop_many(
      const admin::api::DeadLettersAction& action);

 private:
  using Clock = std::chrono::steady_clock;
  // The address of the upstream that has got it. Waits for room on a link.
  [[nodiscard]] absl::StatusOr<std::string> give(const store::StoredDeadLetter& letter,
                                                 Clock::time_point until);

  DeadLetters& letters_;
  proxy::Proxy& proxy_;
};

}  // namespace waymark::app
