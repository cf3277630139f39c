// How far a client is that is to end gently, and why (leaver.h).
#pragma once

#include <cstdint>

#include "waymark/close_reason.h"

namespace waymark::proxy {

struct Farewell {
  enum class Stage : std::uint8_t {
    scheduled,  // until due_ms it is served as any other
    finishing,  // read to the end of its frame, until due_ms at most
    finished,   // and no longer
    settling,   // waits for its answers, until due_ms at most
  };
  CloseReason reason = CloseReason::unspecified;
  Stage stage = Stage::scheduled;
  std::uint64_t due_ms = 0;
};

}  // namespace waymark::proxy
