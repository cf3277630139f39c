// A client that was let in before its key was known, while later frames may still tell it; or whose
// upstream has told another.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "proxy/incarnation.h"
#include "proxy/key_search.h"

namespace waymark::proxy {

struct LateKey {
  enum class Stage : std::uint8_t {
    search,   // frames are looked at as they are read
    quiet,    // known: not read until all events under its old mark are done
    former,   // and the connection that has the new one is being closed by its worker
    granted,  // and nobody has it
  };
  Stage stage = Stage::search;
  std::optional<KeySearch> key;   // of Stage::search
  identity::Identity found{};     // behind it
  std::uint64_t deadline_ms = 0;  // of Stage::former
  PendingMark pending{};

  // The client's next frame.
  void look_at(std::string_view frame) {
    if (stage == Stage::search) key->search.frame(frame);
  }
};

}  // namespace waymark::proxy
