// The small messages of a link: its handshake, and the bodies of events that are not frames.
// encode() and decode() are twins; decode() answers false for bytes that are no such message.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "waymark/close_reason.h"
#include "wire/bytes.h"

namespace waymark::wire {

inline constexpr std::uint32_t kProtocolVersion = 1;
// What a gRPC peer accepts when it says nothing.
inline constexpr std::uint64_t kDefaultMaxMessage = 4 * 1024 * 1024;

struct Hello {
  std::uint32_t protocol_min = kProtocolVersion;
  std::uint32_t protocol_max = kProtocolVersion;
  std::string proxy_id;
  std::string boot_id;  // 16 bytes
  std::uint32_t worker = 0;
  std::string pool;
  std::uint64_t max_message = 0;
};

struct Welcome {
  std::uint32_t protocol = kProtocolVersion;
  std::string upstream;
  bool acks = false;
  std::uint64_t window_bytes = 0;
  std::uint32_t window_events = 0;
  std::uint64_t max_message = 0;
};

// Whole messages: a ToUpstream holding hello, a FromUpstream holding welcome.
[[nodiscard]] std::string encode_hello_message(const Hello& hello);
[[nodiscard]] bool decode_hello_message(Pieces message, Hello& hello);
[[nodiscard]] std::string encode_welcome_message(const Welcome& welcome);
[[nodiscard]] bool decode_welcome_message(Pieces message, Welcome& welcome);

enum class MarkSource : std::uint32_t { unspecified = 0, random = 1 };
enum class Trust : std::uint32_t { unspecified = 0, none = 1 };

struct Opened {
  std::uint64_t incarnation = 0;
  std::uint32_t epoch = 0;
  MarkSource mark_source = MarkSource::unspecified;
  Trust trust = Trust::unspecified;
  std::string peer;
  std::string local;
  std::string listener;
  bool resumed = false;
  std::uint64_t next_seq = 0;
};

struct Closed {
  CloseReason reason = CloseReason::unspecified;
  std::uint64_t last_seq = 0;
  std::uint64_t unfinished_bytes = 0;
  std::uint64_t written_bytes = 0;
};

enum class Refusal : std::uint32_t {
  unspecified = 0,
  no_such_mark = 1,
  stale_epoch = 2,
  slow_consumer = 3,
  closed = 4,
  not_reachable = 5,
  not_frameable = 6,
};
inline constexpr std::size_t kRefusals = 7;

// Upper case, as the .proto spells it without its prefix.
[[nodiscard]] std::string_view name_of(Refusal refusal);

struct Undeliverable {
  Refusal reason = Refusal::unspecified;
  std::uint64_t reply_to = 0;
  std::uint64_t receipt = 0;
};

struct Ping {
  std::uint64_t nonce = 0;
};

[[nodiscard]] std::string encode(const Opened& opened);
[[nodiscard]] std::string encode(const Closed& closed);
[[nodiscard]] std::string encode(const Undeliverable& undeliverable);
[[nodiscard]] std::string encode(const Ping& ping);

[[nodiscard]] bool decode(const Bytes& body, Opened& opened);
[[nodiscard]] bool decode(const Bytes& body, Closed& closed);
[[nodiscard]] bool decode(const Bytes& body, Undeliverable& undeliverable);
[[nodiscard]] bool decode(const Bytes& body, Ping& ping);

}  // namespace waymark::wire
