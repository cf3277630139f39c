// Whether a chaos run has kept the delivery guarantee: what upstreams were given and clients were
// answered, against what was sent. Pure.
//
// The guarantee (docs/faults.md): a frame that the proxy has read is given to an upstream at least
// once, in the order of its connection, under its client's own mark; what is given again says so.
// Clients are not disconnected. Whatever an upstream was told to withhold or to repeat is counted,
// and held against nobody.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lab/history.h"

namespace waymark::lab {

enum class Rule : std::uint8_t {
  lost,       // sent, given to no upstream, and no report of that
  no_answer,  // an answer is due, and has not come
  unflagged,  // given again as new
  doubled,    // answered again without a reason
  order,      // after a younger frame; before its Opened; under an epoch of another upstream
  crossed,    // under another mark, client or number; or nobody has sent it
  dropped,    // the connection ended before its client did
};

[[nodiscard]] std::string_view name_of(Rule rule);

struct Breach {
  Rule rule = Rule::lost;
  std::uint32_t client = 0;
  std::uint64_t frame = 0;  // 0: all of the connection
  std::string text;         // "client 7, frame 93: was given to no upstream"
};

struct Findings {
  std::uint64_t sent = 0;
  std::uint64_t given = 0;           // frames, each once
  std::uint64_t again = 0;           // deliveries beyond, which said so
  std::uint64_t answered = 0;        // frames, each once
  std::uint64_t withheld = 0;        // frames without an answer, as the upstream was told
  std::uint64_t answered_again = 0;  // answers beyond, of upstreams that ack apart from answers
  std::uint64_t given_up = 0;        // frames whose loss the proxy has reported
  std::uint64_t unknown = 0;         // frames of a connection that ended, read by nobody knows whom
  Nanos longest_wait = 0;            // of a client between two answers
  std::vector<Breach> breaches;      // by rule

  [[nodiscard]] bool held() const { return breaches.empty(); }
};

[[nodiscard]] Findings check(const History& history);

}  // namespace waymark::lab
