// What a client is until its identity is known (entrance.h).
#pragma once

#include <cstddef>
#include <cstdint>

#include "proxy/incarnation.h"
#include "proxy/key_search.h"

namespace waymark::proxy {

struct Arriving {
  enum class Stage : std::uint8_t {
    identity,   // its pool is looked for in its first bytes, a key in its first frames
    former,     // the connection that has its mark is being closed by its worker
    leftovers,  // what the connection that had its mark has sent is not done yet
  };
  Stage stage = Stage::identity;
  std::uint64_t ticket = 0;       // its turn in its pool's round robin
  std::uint64_t deadline_ms = 0;  // of the stage
  KeySearch key;
  std::size_t looked_at = 0;  // bytes of it, all of whole frames
  bool routed = false;        // its pool is known
  PendingMark pending;
};

}  // namespace waymark::proxy
