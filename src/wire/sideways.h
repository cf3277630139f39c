// The bodies of commands about names, groups and other upstreams, and of the events that answer
// them. encode() and decode() are twins, as in lifecycle.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "waymark/mark.h"
#include "wire/bytes.h"
#include "wire/command.h"
#include "wire/lifecycle.h"

namespace waymark::wire {

// --- of commands; their texts are views, valid while the message is ---

// Join, Leave, Bind, Unbind, Lookup and SetMark say no more than one text.
struct Naming {
  Bytes text;
};

struct Relay {
  Bytes to;  // empty: all others
  Bytes payload;
};

[[nodiscard]] std::string encode(const Naming& naming);
[[nodiscard]] std::string encode(const Relay& relay);
[[nodiscard]] bool decode(const Bytes& body, Naming& naming);
[[nodiscard]] bool decode(const Bytes& body, Relay& relay);

// --- of events ---

struct Relayed {
  std::string from;
  Bytes payload;  // a view
};

struct LookupResult {
  std::string name;
  Mark mark;  // nil: nobody
};

enum class UpstreamState : std::uint32_t { unspecified = 0, ready = 1, leaving = 2, lost = 3 };
inline constexpr std::size_t kUpstreamStates = 4;

struct UpstreamChanged {
  std::string upstream;
  UpstreamState state = UpstreamState::unspecified;
};

// A command other than Send that was not carried out.
struct Refused {
  Refusal reason = Refusal::unspecified;
  ActionKind action = ActionKind::none;  // also: one this version does not know
  std::string subject;                   // what it was about
  std::string target;                    // the name or group it went to, if it is one
  Mark holder;                           // name_taken: who has it
};

[[nodiscard]] std::string encode(const Relayed& relayed);
[[nodiscard]] std::string encode(const LookupResult& result);
[[nodiscard]] std::string encode(const UpstreamChanged& changed);
[[nodiscard]] std::string encode(const Refused& refused);
[[nodiscard]] bool decode(const Bytes& body, Relayed& relayed);
[[nodiscard]] bool decode(const Bytes& body, LookupResult& result);
[[nodiscard]] bool decode(const Bytes& body, UpstreamChanged& changed);
[[nodiscard]] bool decode(const Bytes& body, Refused& refused);

}  // namespace waymark::wire
