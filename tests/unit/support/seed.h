// The seed of tests that try something random.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <random>

namespace waymark {

// $WAYMARK_SEED, as tests/run.sh sets it, repeats a run; without it each tries something else.
inline std::uint64_t test_seed() {
  const char* wanted = std::getenv("WAYMARK_SEED");
  return wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : std::random_device()();
}

}  // namespace waymark
