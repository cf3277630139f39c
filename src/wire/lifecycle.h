// The small messages of a link: its handshake, and the bodies of events that are not frames.
// encode() and decode() are twins; decode() answers false for bytes that are no such message.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "waymark/close_reason.h"
#include "waymark/mark.h"
#include "wire/attributes.h"
#include "wire/bytes.h"

namespace waymark::wire {

inline constexpr std::uint32_t kProtocolVersion = 1;
// What a gRPC peer accepts when it says nothing.
inline constexpr std::uint64_t kDefaultMaxMessage = 4 * 1024 * 1024;

// Of Welcome::features.
inline constexpr std::string_view kUpstreamChangedFeature = "upstream_changed";

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
  std::vector<std::string> features{};
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

enum class MarkSource : std::uint32_t {
  unspecified = 0,
  random = 1,
  tls_client_certificate = 2,
  proxy_tlv = 3,
  first_frame = 4,
  source_ip = 5,
  upstream = 6,
};
enum class Trust : std::uint32_t {
  unspecified = 0,
  none = 1,
  claimed = 2,
  vouched = 3,
  proven = 4
};

// Of a PROXY header.
struct Tlv {
  std::uint32_t type = 0;
  std::string value;
};

// Of a client's handshake.
struct Tls {
  std::string version;
  std::string cipher;
  std::string sni;
  std::string client_subject;
  std::string client_spki_sha256;  // hexadecimal
  std::vector<std::string> client_names;
};

struct Opened {
  std::uint64_t incarnation = 0;
  std::uint32_t epoch = 0;
  MarkSource mark_source = MarkSource::unspecified;
  Trust trust = Trust::unspecified;
  std::string key{};
  std::string peer;
  std::string local;
  std::string listener;
  Attributes attributes{};
  bool resumed = false;
  std::uint64_t last_acked_seq = 0;
  std::vector<Tlv> proxy_tlvs{};
  std::uint64_t next_seq = 0;
  bool returning = false;
  std::uint64_t away_ms = 0;
  std::optional<Tls> tls{};
};

struct Closed {
  CloseReason reason = CloseReason::unspecified;
  std::uint64_t last_seq = 0;
  std::uint64_t unfinished_bytes = 0;
  std::uint64_t written_bytes = 0;
  std::uint64_t incarnation = 0;
};

struct Marked {
  Mark old_mark{};
  MarkSource mark_source = MarkSource::unspecified;
  Trust trust = Trust::unspecified;
  std::string key{};
  std::uint64_t incarnation = 0;
  bool returning = false;
  std::uint64_t away_ms = 0;
};

enum class Refusal : std::uint32_t {
  unspecified = 0,
  no_such_mark = 1,
  stale_epoch = 2,
  slow_consumer = 3,
  closed = 4,
  not_reachable = 5,
  not_frameable = 6,
  already_answered = 7,
  no_such_name = 8,
  no_such_group = 9,
  name_taken = 10,
  too_many = 11,
  too_large = 12,
  invalid = 13,
  no_such_upstream = 14,
  upstream_busy = 15,
  stale_incarnation = 16,
  not_supported = 17,
};
inline constexpr std::size_t kRefusals = 18;

// Upper case, as the .proto spells it without its prefix.
[[nodiscard]] std::string_view name_of(Refusal refusal);
// The one of this number; unspecified if this version does not know it.
[[nodiscard]] Refusal refusal_of(std::uint32_t number);

struct Undeliverable {
  Refusal reason = Refusal::unspecified;
  std::uint64_t reply_to = 0;
  std::uint64_t receipt = 0;
  std::string target{};
};

struct Ping {
  std::uint64_t nonce = 0;
};

// The queue towards a client has grown over its soft limit, or is empty again.
struct Pressure {
  bool high = false;
  std::uint64_t queued_bytes = 0;
};

// A Send that was written to the client's socket.
struct Receipt {
  enum class Outcome : std::uint8_t { written = 1, counted = 2 };
  std::uint64_t receipt = 0;  // as the Send said
  Outcome outcome = Outcome::written;
  std::uint64_t attempted = 0;  // when counted
  std::uint64_t failed = 0;     // of those
};

// A frame that was given up.
struct Gap {
  std::uint64_t seq = 0;
  std::string reason;
};

// Every delivery up to and including `through` is done, and those of `also`.
struct Ack {
  std::uint64_t through = 0;  // 0: none
  std::vector<std::uint64_t> also;
};

// A delivery that could not be handled: to come again after a while, or to be given up.
struct Nack {
  std::uint64_t delivery = 0;
  std::uint64_t delay_ms = 0;
  bool give_up = false;
};

[[nodiscard]] std::string encode(const Opened& opened);
[[nodiscard]] std::string encode(const Closed& closed);
[[nodiscard]] std::string encode(const Marked& marked);
[[nodiscard]] std::string encode(const Undeliverable& undeliverable);
[[nodiscard]] std::string encode(const Ping& ping);
[[nodiscard]] std::string encode(const Pressure& pressure);
[[nodiscard]] std::string encode(const Receipt& receipt);
[[nodiscard]] std::string encode(const Gap& gap);
[[nodiscard]] std::string encode(const Ack& ack);
[[nodiscard]] std::string encode(const Nack& nack);

[[nodiscard]] bool decode(const Bytes& body, Opened& opened);
[[nodiscard]] bool decode(const Bytes& body, Closed& closed);
[[nodiscard]] bool decode(const Bytes& body, Marked& marked);
[[nodiscard]] bool decode(const Bytes& body, Undeliverable& undeliverable);
[[nodiscard]] bool decode(const Bytes& body, Ping& ping);
[[nodiscard]] bool decode(const Bytes& body, Pressure& pressure);
// False also for an outcome that is not WRITTEN.
[[nodiscard]] bool decode(const Bytes& body, Receipt& receipt);
[[nodiscard]] bool decode(const Bytes& body, Gap& gap);
[[nodiscard]] bool decode(const Bytes& body, Ack& ack);
[[nodiscard]] bool decode(const Bytes& body, Nack& nack);

}  // namespace waymark::wire
