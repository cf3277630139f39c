// What a client is until its identity is known (entrance.h).
#pragma once

#include <cstdint>

#include "proxy/incarnation.h"

namespace waymark::proxy {

struct Arriving {
  enum class Stage : std::uint8_t {
    identity,  // a key is looked for in its first frames
    former,    // the connection that has its mark is being closed by its worker
    queue,     // frames of the connection that had its mark still wait in its pool's queue
  };
  Stage stage = Stage::identity;
  std::uint64_t ticket = 0;       // its turn in its pool's round robin
  std::uint64_t deadline_ms = 0;  // it goes on at the latest then, but for Stage::queue
  PendingMark pending;
};

}  // namespace waymark::proxy
