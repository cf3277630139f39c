#include "wire/lifecycle.h"

#include <array>

#include "wire/fields.h"
#include "wire/writer.h"

namespace waymark::wire {
namespace {

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
  for (const std::string& feature : welcome.features) add_message(body, 2, feature);
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
    if (field.is_bytes(2)) welcome.features.push_back(field.bytes.to_string());
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
      "UNSPECIFIED",   "NO_SUCH_MARK",      "STALE_EPOCH",      "SLOW_CONSUMER", "CLOSED",
      "NOT_REACHABLE", "NOT_FRAMEABLE",     "ALREADY_ANSWERED", "NO_SUCH_NAME",  "NO_SUCH_GROUP",
      "NAME_TAKEN",    "TOO_MANY",          "TOO_LARGE",        "INVALID",       "NO_SUCH_UPSTREAM",
      "UPSTREAM_BUSY", "STALE_INCARNATION", "NOT_SUPPORTED"};
  const auto index = static_cast<std::size_t>(refusal);
  return kNames[index < kNames.size() ? index : 0];
}

Refusal refusal_of(std::uint32_t number) {
  return number < kRefusals ? static_cast<Refusal>(number) : Refusal::unspecified;
}

namespace {

bool read_tlv(const Bytes& entry, std::vector<Tlv>& tlvs) {
  Tlv& tlv = tlvs.emplace_back();
  return for_each_field(Cursor(entry), [&](const Field& field) {
    if (field.is_uint(1)) tlv.type = as_u32(field);
    if (field.is_bytes(2)) tlv.value = field.bytes.to_string();
  });
}

std::string encode(const Tls& tls) {
  std::string body;
  add_text(body, 1, tls.version);
  add_text(body, 2, tls.cipher);
  add_text(body, 3, tls.sni);
  add_text(body, 4, tls.client_subject);
  add_text(body, 5, tls.client_spki_sha256);
  for (const std::string& name : tls.client_names) add_message(body, 6, name);
  return body;
}

bool read_tls(const Bytes& body, std::optional<Tls>& to) {
  Tls& tls = to ? *to : to.emplace();
  return for_each_field(Cursor(body), [&](const Field& field) {
    if (field.is_bytes(1)) tls.version = field.bytes.to_string();
    if (field.is_bytes(2)) tls.cipher = field.bytes.to_string();
    if (field.is_bytes(3)) tls.sni = field.bytes.to_string();
    if (field.is_bytes(4)) tls.client_subject = field.bytes.to_string();
    if (field.is_bytes(5)) tls.client_spki_sha256 = field.bytes.to_string();
    if (field.is_bytes(6)) tls.client_names.push_back(field.bytes.to_string());
  });
}

}  // namespace

std::string encode(const Opened& opened) {
  std::string body;
  add_uint(body, 1, opened.incarnation);
  add_uint(body, 2, opened.epoch);
  add_uint(body, 3, static_cast<std::uint32_t>(opened.mark_source));
  add_uint(body, 4, static_cast<std::uint32_t>(opened.trust));
  add_text(body, 5, opened.key);
  add_text(body, 6, opened.peer);
  add_text(body, 7, opened.local);
  add_text(body, 8, opened.listener);
  add_attributes(body, 9, opened.attributes);
  add_uint(body, 10, opened.resumed ? 1 : 0);
  add_uint(body, 11, opened.last_acked_seq);
  for (const Tlv& tlv : opened.proxy_tlvs) {
    std::string one;
    add_uint(one, 1, tlv.type);
    add_text(one, 2, tlv.value);
    add_message(body, 12, one);
  }
  add_uint(body, 13, opened.next_seq);
  add_uint(body, 14, opened.returning ? 1 : 0);
  add_uint(body, 15, opened.away_ms);
  if (opened.tls) add_message(body, 20, encode(*opened.tls));
  return body;
}

bool decode(const Bytes& body, Opened& opened) {
  opened = Opened();
  bool sound = true;
  const bool read = for_each_field(Cursor(body), [&](const Field& field) {
    if (field.is_uint(1)) opened.incarnation = field.value;
    if (field.is_uint(2)) opened.epoch = as_u32(field);
    if (field.is_uint(3)) opened.mark_source = static_cast<MarkSource>(as_u32(field));
    if (field.is_uint(4)) opened.trust = static_cast<Trust>(as_u32(field));
    if (field.is_bytes(5)) opened.key = field.bytes.to_string();
    if (field.is_bytes(6)) opened.peer = field.bytes.to_string();
    if (field.is_bytes(7)) opened.local = field.bytes.to_string();
    if (field.is_bytes(8)) opened.listener = field.bytes.to_string();
    if (field.is_bytes(9)) sound = read_attribute(field.bytes, opened.attributes) && sound;
    if (field.is_uint(10)) opened.resumed = field.value != 0;
    if (field.is_uint(11)) opened.last_acked_seq = field.value;
    if (field.is_bytes(12)) sound = read_tlv(field.bytes, opened.proxy_tlvs) && sound;
    if (field.is_uint(13)) opened.next_seq = field.value;
    if (field.is_uint(14)) opened.returning = field.value != 0;
    if (field.is_uint(15)) opened.away_ms = field.value;
    if (field.is_bytes(20)) sound = read_tls(field.bytes, opened.tls) && sound;
  });
  return read && sound;
}

std::string encode(const Closed& closed) {
  std::string body;
  add_uint(body, 1, static_cast<std::uint32_t>(closed.reason));
  add_uint(body, 2, closed.last_seq);
  add_uint(body, 3, closed.unfinished_bytes);
  add_uint(body, 4, closed.written_bytes);
  add_uint(body, 5, closed.incarnation);
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
    if (field.is_uint(5)) closed.incarnation = field.value;
  });
}

std::string encode(const Marked& marked) {
  std::string body;
  if (!marked.old_mark.is_nil()) add_message(body, 1, marked.old_mark.bytes());
  add_uint(body, 2, static_cast<std::uint32_t>(marked.mark_source));
  add_uint(body, 3, static_cast<std::uint32_t>(marked.trust));
  add_text(body, 4, marked.key);
  add_uint(body, 5, marked.incarnation);
  add_uint(body, 6, marked.returning ? 1 : 0);
  add_uint(body, 7, marked.away_ms);
  return body;
}

bool decode(const Bytes& body, Marked& marked) {
  marked = Marked();
  return for_each_field(Cursor(body), [&](const Field& field) {
    if (field.is_bytes(1)) {
      marked.old_mark = Mark::from_bytes(field.bytes.to_string()).value_or(Mark());
    }
    if (field.is_uint(2)) marked.mark_source = static_cast<MarkSource>(as_u32(field));
    if (field.is_uint(3)) marked.trust = static_cast<Trust>(as_u32(field));
    if (field.is_bytes(4)) marked.key = field.bytes.to_string();
    if (field.is_uint(5)) marked.incarnation = field.value;
    if (field.is_uint(6)) marked.returning = field.value != 0;
    if (field.is_uint(7)) marked.away_ms = field.value;
  });
}

std::string encode(const Undeliverable& undeliverable) {
  std::string body;
  add_uint(body, 1, static_cast<std::uint32_t>(undeliverable.reason));
  add_fixed64(body, 2, undeliverable.reply_to);
  add_uint(body, 3, undeliverable.receipt);
  add_text(body, 4, undeliverable.target);
  return body;
}

bool decode(const Bytes& body, Undeliverable& undeliverable) {
  undeliverable = Undeliverable();
  return for_each_field(Cursor(body), [&](const Field& field) {
    if (field.is_uint(1)) undeliverable.reason = refusal_of(as_u32(field));
    if (field.is_fixed(2)) undeliverable.reply_to = field.value;
    if (field.is_uint(3)) undeliverable.receipt = field.value;
    if (field.is_bytes(4)) undeliverable.target = field.bytes.to_string();
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

std::string encode(const Pressure& pressure) {
  std::string body;
  add_uint(body, 1, pressure.high ? 1 : 0);
  add_uint(body, 2, pressure.queued_bytes);
  return body;
}

bool decode(const Bytes& body, Pressure& pressure) {
  pressure = Pressure();
  return for_each_field(Cursor(body), [&](const Field& field) {
    if (field.is_uint(1)) pressure.high = field.value != 0;
    if (field.is_uint(2)) pressure.queued_bytes = field.value;
  });
}

std::string encode(const Receipt& receipt) {
  std::string body;
  add_uint(body, 1, receipt.receipt);
  add_uint(body, 2, static_cast<std::uint32_t>(receipt.outcome));
  add_uint(body, 3, receipt.attempted);
  add_uint(body, 4, receipt.failed);
  return body;
}

bool decode(const Bytes& body, Receipt& receipt) {
  receipt = Receipt();
  std::uint32_t outcome = 0;
  const bool sound = for_each_field(Cursor(body), [&](const Field& field) {
    if (field.is_uint(1)) receipt.receipt = field.value;
    if (field.is_uint(2)) outcome = as_u32(field);
    if (field.is_uint(3)) receipt.attempted = field.value;
    if (field.is_uint(4)) receipt.failed = field.value;
  });
  if (!sound || outcome < 1 || outcome > 2) return false;
  receipt.outcome = static_cast<Receipt::Outcome>(outcome);
  return true;
}

std::string encode(const Gap& gap) {
  std::string body;
  add_uint(body, 1, gap.seq);
  add_text(body, 2, gap.reason);
  return body;
}

bool decode(const Bytes& body, Gap& gap) {
  gap = Gap();
  return for_each_field(Cursor(body), [&](const Field& field) {
    if (field.is_uint(1)) gap.seq = field.value;
    if (field.is_bytes(2)) gap.reason = field.bytes.to_string();
  });
}

std::string encode(const Ack& ack) {
  std::string body;
  add_fixed64(body, 1, ack.through);
  if (ack.also.empty()) return body;
  std::string packed(8 * ack.also.size(), '\0');
  char* out = packed.data();
  for (const std::uint64_t delivery : ack.also) out = put_fixed64(out, delivery);
  add_message(body, 2, packed);
  return body;
}

bool decode(const Bytes& body, Ack& ack) {
  ack = Ack();
  bool whole_numbers = true;
  const bool sound = for_each_field(Cursor(body), [&](const Field& field) {
    if (field.is_fixed(1)) ack.through = field.value;
    if (field.is_fixed(2)) ack.also.push_back(field.value);
    if (!field.is_bytes(2)) return;
    whole_numbers = whole_numbers && field.bytes.size() % 8 == 0;
    Cursor packed(field.bytes);
    std::uint64_t delivery = 0;
    while (whole_numbers && !packed.at_end() && packed.read_fixed64(delivery)) {
      ack.also.push_back(delivery);
    }
  });
  return sound && whole_numbers;
}

std::string encode(const Nack& nack) {
  std::string body;
  add_fixed64(body, 1, nack.delivery);
  add_uint(body, 2, nack.delay_ms);
  add_uint(body, 3, nack.give_up ? 1 : 0);
  return body;
}

bool decode(const Bytes& body, Nack& nack) {
  nack = Nack();
  return for_each_field(Cursor(body), [&](const Field& field) {
    if (field.is_fixed(1)) nack.delivery = field.value;
    if (field.is_uint(2)) nack.delay_ms = field.value;
    if (field.is_uint(3)) nack.give_up = field.value != 0;
  });
}

}  // namespace waymark::wire
