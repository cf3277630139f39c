// `waymark-lab chaos`: a lab of its own, clients that never stop, random faults, and the verdict.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "ctl/output.h"
#include "lab/up.h"

namespace waymark::lab {

struct ChaosOptions {
  static constexpr std::chrono::minutes kLongest{30};  // the history of a run is in memory
  static constexpr std::size_t kMostClients = 200;
  static constexpr std::size_t kMostFrames = 1'000'000;  // of a run

  UpOptions up;  // its plan has two upstreams at least
  std::chrono::milliseconds length{60'000};
  std::uint64_t seed = 0;
  std::size_t clients = 24;
  std::string journals;  // directory for what both ends write down; empty: gone with the lab
};

// "90s"; InvalidArgument unless it is from a second to kLongest.
[[nodiscard]] absl::StatusOr<std::chrono::milliseconds> parse_chaos_length(std::string_view text);

// The faults there will be, a line each. InvalidArgument for a plan that chaos cannot be made of,
// as below.
[[nodiscard]] absl::StatusOr<std::string> chaos_schedule(const ChaosOptions& options);

// Prints the faults as they come, and the verdict. OK if the guarantee has held; FailedPrecondition
// if not, or if there is no verdict. As run_lab(): before there is a second thread.
[[nodiscard]] absl::Status run_chaos(const ChaosOptions& options, ctl::Output& out);

}  // namespace waymark::lab
