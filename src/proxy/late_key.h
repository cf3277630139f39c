// A client that was let in before its key was known, while later frames may still tell it.
#pragma once

#include <cstdint>
#include <memory>

#include "identity/search.h"
#include "proxy/incarnation.h"
#include "proxy/settings.h"

namespace waymark::proxy {

struct LateKey {
  enum class Stage : std::uint8_t {
    search,  // frames are looked at as they are read
    quiet,   // found: not read until all events under its old mark are done
    former,  // as Arriving::Stage::former
  };
  Stage stage = Stage::search;
  identity::Search search;
  std::shared_ptr<const ListenerSettings> rules{};  // which `search` refers to, over reloads
  std::uint64_t deadline_ms = 0;                    // of Stage::former
  PendingMark pending;
};

}  // namespace waymark::proxy
