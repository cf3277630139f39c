// A client that was let in before its key was known, while later frames may still tell it; or whose
// upstream has told another.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/container/flat_hash_map.h"
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
  // Of Stage::quiet, by upstream that does not ack: the batch that holds the last of its events.
  absl::flat_hash_map<std::uint32_t, std::uint32_t> last_batches{};
  PendingMark pending{};

  // The client's next frame.
  void look_at(std::string_view frame) {
    if (stage == Stage::search) key->search.frame(frame);
  }
};

}  // namespace waymark::proxy
