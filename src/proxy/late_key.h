// A client that was let in before its key was known, while later frames may still tell it.
#pragma once

#include <cstdint>

#include "proxy/incarnation.h"
#include "proxy/key_search.h"

namespace waymark::proxy {

struct LateKey {
  enum class Stage : std::uint8_t {
    search,   // frames are looked at as they are read
    quiet,    // found: not read until all events under its old mark are done
    former,   // and the connection that has the new one is being closed by its worker
    granted,  // and nobody has it
  };
  Stage stage = Stage::search;
  KeySearch key;
  std::uint64_t deadline_ms = 0;  // of Stage::former
  PendingMark pending;
};

}  // namespace waymark::proxy
