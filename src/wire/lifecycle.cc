#include "wire/lifecycle.h"

#include <array>

#include "wire/cursor.h"
#include "wire/writer.h"

namespace waymark::wire {
namespace {

constexpr std::uint32_t kVarint = static_cast<std::uint32_t>(WireType::varint);
constexpr std::uint32_t kFixed64 = static_cast<std::uint32_t>(WireType::fixed64);
constexpr std::uint32_t kBytes = static_cast<std::uint32_t>(WireType::bytes);

// One field as it was read: a number or a run of bytes, depending on its wire type.
struct Field {
  std::uint32_t number = 0;
  std::uint32_t type = 0;
  std::uint64_t value = 0;
  Bytes bytes;

  [[nodiscard]] bool is_uint(std::uint32_t field) const {
    return number == field && type == kVarint;
  }
  [[nodiscard]] bool is_fixed(std::uint32_t field) const {
    return number == field && type == kFixed64;
  }
  [[nodiscard]] bool is_bytes(std::uint32_t field) const {
    return number == field && type == kBytes;
  }
};

template <typename Visit>
bool for_each_field(Cursor cursor, Visit&& visit) {
  while (!cursor.at_end()) {
    std::uint32_t field_tag = 0;
    if (!cursor.read_tag(field_tag)) return false;
    Field field{field_tag >> 3, field_tag & 7, 0, {}};
    bool read = false;
    switch (field.type) {
      case kVarint:
        read = cursor.read_varint(field.value);
        break;
      case kFixed64:
        read = cursor.read_fixed64(field.value);
        break;
      case kBytes:
        read = cursor.read_bytes(field.bytes);
        break;
      default:
        read = cursor.skip(field_tag);
        break;
    }
    if (!read) return false;
    visit(field);
  }
  return true;
}

// Finds submessage `number` of a message; `present` tells whether there was one.
template <typename Visit>
bool for_each_field_of(Pieces message, std::uint32_t number, bool& present, Visit&& visit) {
  bool sound = true;
  present = false;
  const bool outer = for_each_field(Cursor(message), [&](const Field& field) {
    if (!field.is_bytes(number)) return;
    present = true;
    sound = sound && for_each_field(Cursor(field.bytes), visit);
  });
  return outer && sound;
}

// Numbers of 32 bits, enums among them, keep the low bits of what was sent.
std::uint32_t as_u32(const Field& field) { return static_cast<std::uint32_t>(field.value); }

}  // namespace

std::string encode_hello_message(const Hello& hello) {
  std::string body;
  add_uint(body, 1, hello.protocol_min);
  add_uint(body, 2, hello.protocol_max);
  add_text(body, 4, hello.proxy_id);
  add_text(body, 5, hello.boot_id);
  add_uint(body, 6, hello.worker);
  add_text(body, 7, hello.pool);
  add_uint(body, 8, hello.max_message);
  std::string message;
  add_message(message, 2, body);
  return message;
}

bool decode_hello_message(Pieces message, Hello& hello) {
  hello = Hello{.protocol_min = 0, .protocol_max = 0};
  bool present = false;
  const bool sound = for_each_field_of(message, 2, present, [&](const Field& field) {
    if (field.is_uint(1)) hello.protocol_min = as_u32(field);
    if (field.is_uint(2)) hello.protocol_max = as_u32(field);
    if (field.is_bytes(4)) hello.proxy_id = field.bytes.to_string();
    if (field.is_bytes(5)) hello.boot_id = field.bytes.to_string();
    if (field.is_uint(6)) hello.worker = as_u32(field);
    if (field.is_bytes(7)) hello.pool = field.bytes.to_string();
    if (field.is_uint(8)) hello.max_message = field.value;
  });
  return sound && present;
}

std::string encode_welcome_message(const Welcome& welcome) {
  std::string body;
  add_uint(body, 1, welcome.protocol);
  add_text(body, 3, welcome.upstream);
  add_uint(body, 4, welcome.acks ? 1 : 0);
  add_uint(body, 5, welcome.window_bytes);
  add_uint(body, 6, welcome.window_events);
  add_uint(body, 7, welcome.max_message);
  std::string message;
  add_message(message, 2, body);
  return message;
}

bool decode_welcome_message(Pieces message, Welcome& welcome) {
  welcome = Welcome{.protocol = 0};
  bool present = false;
  const bool sound = for_each_field_of(message, 2, present, [&](const Field& field) {
    if (field.is_uint(1)) welcome.protocol = as_u32(field);
    if (field.is_bytes(3)) welcome.upstream = field.bytes.to_string();
    if (field.is_uint(4)) welcome.acks = field.value != 0;
    if (field.is_uint(5)) welcome.window_bytes = field.value;
    if (field.is_uint(6)) welcome.window_events = as_u32(field);
    if (field.is_uint(7)) welcome.max_message = field.value;
  });
  return sound && present;
}

std::string_view name_of(Refusal refusal) {
  static constexpr std::array<std::string_view, kRefusals> kNames = {
      "UNSPECIFIED", "NO_SUCH_MARK",  "STALE_EPOCH",  "SLOW_CONSUMER",
      "CLOSED",      "NOT_REACHABLE", "NOT_FRAMEABLE"};
  const auto index = static_cast<std::size_t>(refusal);
  return kNames[index < kNames.size() ? index : 0];
}

std::string encode(const Opened& opened) {
  std::string body;
  add_uint(body, 1, opened.incarnation);
  add_uint(body, 2, opened.epoch);
  add_uint(body, 3, static_cast<std::uint32_t>(opened.mark_source));
  add_uint(body, 4, static_cast<std::uint32_t>(opened.trust));
  add_text(body, 6, opened.peer);
  add_text(body, 7, opened.local);
  add_text(body, 8, opened.listener);
  add_uint(body, 10, opened.resumed ? 1 : 0);
  add_uint(body, 13, opened.next_seq);
  return body;
}

bool decode(const Bytes& body, Opened& opened) {
  opened = Opened();
  return for_each_field(Cursor(body), [&](const Field& field) {
    if (field.is_uint(1)) opened.incarnation = field.value;
    if (field.is_uint(2)) opened.epoch = as_u32(field);
    if (field.is_uint(3)) opened.mark_source = static_cast<MarkSource>(as_u32(field));
    if (field.is_uint(4)) opened.trust = static_cast<Trust>(as_u32(field));
    if (field.is_bytes(6)) opened.peer = field.bytes.to_string();
    if (field.is_bytes(7)) opened.local = field.bytes.to_string();
    if (field.is_bytes(8)) opened.listener = field.bytes.to_string();
    if (field.is_uint(10)) opened.resumed = field.value != 0;
    if (field.is_uint(13)) opened.next_seq = field.value;
  });
}

std::string encode(const Closed& closed) {
  std::string body;
  add_uint(body, 1, static_cast<std::uint32_t>(closed.reason));
  add_uint(body, 2, closed.last_seq);
  add_uint(body, 3, closed.unfinished_bytes);
  add_uint(body, 4, closed.written_bytes);
  return body;
}

bool decode(const Bytes& body, Closed& closed) {
  closed = Closed();
  return for_each_field(Cursor(body), [&](const Field& field) {
    if (field.is_uint(1)) {
      const std::uint32_t reason = as_u32(field);
      closed.reason =
          reason < kCloseReasons ? static_cast<CloseReason>(reason) : CloseReason::unspecified;
    }
    if (field.is_uint(2)) closed.last_seq = field.value;
    if (field.is_uint(3)) closed.unfinished_bytes = field.value;
    if (field.is_uint(4)) closed.written_bytes = field.value;
  });
}

std::string encode(const Undeliverable& undeliverable) {
  std::string body;
  add_uint(body, 1, static_cast<std::uint32_t>(undeliverable.reason));
  add_fixed64(body, 2, undeliverable.reply_to);
  add_uint(body, 3, undeliverable.receipt);
  return body;
}

bool decode(const Bytes& body, Undeliverable& undeliverable) {
  undeliverable = Undeliverable();
  return for_each_field(Cursor(body), [&](const Field& field) {
    if (field.is_uint(1)) {
      const std::uint32_t reason = as_u32(field);
      undeliverable.reason =
          reason < kRefusals ? static_cast<Refusal>(reason) : Refusal::unspecified;
    }
    if (field.is_fixed(2)) undeliverable.reply_to = field.value;
    if (field.is_uint(3)) undeliverable.receipt = field.value;
  });
}

std::string encode(const Ping& ping) {
  std::string body;
  add_uint(body, 1, ping.nonce);
  return body;
}

bool decode(const Bytes& body, Ping& ping) {
  ping = Ping();
  return for_each_field(Cursor(body), [&](const Field& field) {
    if (field.is_uint(1)) ping.nonce = field.value;
  });
}

}  // namespace waymark::wire
