// A frame that is given up: no upstream could handle it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "waymark/mark.h"

namespace waymark::proxy {

struct DeadLetter {
  enum class Reason : std::uint8_t {
    max_attempts,  // delivered so often without being handled
    given_up,      // an upstream said that it never will be
  };

  Mark mark;
  std::uint64_t seq = 0;
  std::string pool;
  std::string listener;
  std::string upstream;           // name of the one that had it last; may be empty
  std::uint32_t attempts = 0;     // deliveries so far
  std::uint64_t received_at = 0;  // Unix nanoseconds
  Reason reason = Reason::max_attempts;
  std::string payload;
};

inline constexpr std::size_t kDeadLetterReasons = 2;

// "max_attempts".
[[nodiscard]] constexpr std::string_view name_of(DeadLetter::Reason reason) {
  return reason == DeadLetter::Reason::max_attempts ? "max_attempts" : "given_up";
}

}  // namespace waymark::proxy
