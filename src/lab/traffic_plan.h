// What clients the lab is loaded with, and when: pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"

namespace waymark::lab {

struct TrafficPlan {
  using Millis = std::chrono::milliseconds;

  enum class Shape {
    steady,  // all clients, at one rate
    ramp,    // they come one by one over the whole time; the rate grows with them
    storm,   // all connect at once, speak at once, leave, and come again
    churn,   // each stays a short while, and another comes
    slow,    // as steady, but every fourth reads in bursts, with long pauses
  };

  static constexpr std::size_t kMaxClients = 5'000;   // one thread looks at each 100 times a second
  static constexpr double kMaxRate = 20'000;          // what that thread does beside the proxies
  static constexpr std::size_t kMinSize = 40;         // the mark of a frame
  static constexpr std::size_t kMaxSize = 64 * 1024;  // what a listener takes as it comes

  static constexpr Millis kRound{5'000};      // of a storm
  static constexpr Millis kStay{2'000};       // of the clients in it
  static constexpr Millis kMeanStay{1'500};   // of churn: half of it to one and a half
  static constexpr Millis kReadPause{4'000};  // of a slow reader, less than down.soft_timeout
  static constexpr Millis kRampTime{60'000};  // without an end

  Shape shape = Shape::steady;
  std::size_t clients = 10;
  double rate = 100;               // frames a second, over all clients
  std::size_t size = 64;           // bytes of a frame, with the end of its line
  std::optional<Millis> duration;  // without it there is no end

  // How many clients there are to be, so long after the start.
  [[nodiscard]] std::size_t clients_at(Millis elapsed) const;
  // Frames a second then; a storm has none but the bursts.
  [[nodiscard]] double rate_at(Millis elapsed) const;
  // Frames a client sends as soon as it is connected.
  [[nodiscard]] std::size_t burst() const;
  [[nodiscard]] bool reads_slowly(std::size_t client) const {
    return shape == Shape::slow && client % 4 == 0;
  }
};

[[nodiscard]] std::string_view name_of(TrafficPlan::Shape shape);

// InvalidArgument says what is allowed, of these all.
[[nodiscard]] absl::StatusOr<TrafficPlan::Shape> parse_shape(std::string_view text);
[[nodiscard]] absl::StatusOr<TrafficPlan::Millis> parse_duration(std::string_view text);  // 1s-24h
[[nodiscard]] absl::StatusOr<std::size_t> parse_frame_size(std::string_view text);

}  // namespace waymark::lab
