// Carries out on a lab what a schedule says.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "lab/fault_schedule.h"
#include "lab/history.h"
#include "lab/supervisor.h"

namespace waymark::lab {

// One step at a time, on a thread that is not the supervisor's.
class FaultPlayer {
 public:
  using Values = std::vector<std::pair<std::string, std::string>>;

  // Gives the clients of all proxies to the upstreams whose turn it is.
  using Rebalance = std::function<absl::Status()>;

  // All of these outlive this. Asks the upstreams what they do before anything is wrong with them.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<FaultPlayer>> make(Supervisor& lab,
                                                                         Rebalance rebalance);

  // Returns when it is done. The error says what was in the way; the lab is as it was then.
  [[nodiscard]] absl::Status play(const FaultStep& step);

  // When upstreams were told to withhold answers, and to ack apart from them, so far.
  [[nodiscard]] const std::vector<Span>& withheld() const { return withheld_; }
  [[nodiscard]] const std::vector<Span>& apart() const { return apart_; }

 private:
  FaultPlayer(Supervisor& lab, Rebalance rebalance) : lab_(lab), rebalance_(std::move(rebalance)) {}

  [[nodiscard]] absl::Status change(const std::string& name, const Values& values);
  [[nodiscard]] absl::Status restore(const std::string& name);
  [[nodiscard]] absl::Status start(const std::string& name);
  [[nodiscard]] absl::Status start_crashed(const std::string& name);
  // Empty values ask; what the upstream does then.
  [[nodiscard]] absl::StatusOr<Values> tell(const std::string& name, const Values& values);
  void open_spans(const std::string& name, const Values& values);
  void close_spans(const std::string& name);

  Supervisor& lab_;
  const Rebalance rebalance_;
  std::map<std::string, Values> as_it_was_;
  std::vector<Span> withheld_;
  std::vector<Span> apart_;
};

}  // namespace waymark::lab
