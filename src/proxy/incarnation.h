// Of a client whose mark was derived from a key: which of the connections with this mark it is.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "identity/identity.h"
#include "waymark/mark.h"

namespace waymark::proxy {

struct Incarnation {
  identity::Identity identity;
  std::uint64_t number = 0;
  bool returning = false;
  std::uint64_t away_ms = 0;
  // Unix time from which on events of this mark are of this connection, not of one before it.
  std::uint64_t since_ns = 0;
  // What it was known by before on the same connection, and which of the connections with that
  // mark it was.
  struct Alias {
    Mark mark;
    std::uint64_t number = 1;
  };
  std::vector<Alias> aliases{};
};

// A mark that a client has been given, and is not known by yet.
struct PendingMark {
  Mark mark;
  std::unique_ptr<Incarnation> incarnation;  // null: there is none
};

}  // namespace waymark::proxy
