#include "wire/sideways.h"

#include "wire/fields.h"
#include "wire/writer.h"

namespace waymark::wire {
namespace {

std::string encode_text_and_payload(std::string_view text, const Bytes& payload) {
  std::string body;
  add_text(body, 1, text);
  if (!payload.empty()) {
    add_varint(body, tag(2, WireType::bytes));
    add_varint(body, payload.size());
    payload.append_to(body);
  }
  return body;
}

Mark mark_of(const Bytes& bytes) {
  if (bytes.size() != Mark::kSize) return {};
  return Mark::from_bytes(bytes.to_string()).value_or(Mark());
}

void add_mark(std::string& body, std::uint32_t field, const Mark& mark) {
  if (!mark.is_nil()) add_message(body, field, mark.bytes());
}

ActionKind action_of(const Field& field) {
  const std::uint32_t number = as_u32(field);
  const bool refusable =
      number == 7 || number == 8 || (number >= 16 && number <= 22) || number == 24;
  return refusable ? static_cast<ActionKind>(number) : ActionKind::none;
}

}  // namespace

std::string encode(const Naming& naming) {
  std::string body;
  add_text(body, 1, naming.text.to_string());
  return body;
}

bool decode(const Bytes& body, Naming& naming) {
  naming = Naming();
  return for_each_field(Cursor(body), [&](const Field& field) {
    if (field.is_bytes(1)) naming.text = field.bytes;
  });
}

std::string encode(const Relay& relay) {
  return encode_text_and_payload(relay.to.to_string(), relay.payload);
}

bool decode(const Bytes& body, Relay& relay) {
  relay = Relay();
  return for_each_field(Cursor(body), [&](const Field& field) {
    if (field.is_bytes(1)) relay.to = field.bytes;
    if (field.is_bytes(2)) relay.payload = field.bytes;
  });
}

std::string encode(const Relayed& relayed) {
  return encode_text_and_payload(relayed.from, relayed.payload);
}

bool decode(const Bytes& body, Relayed& relayed) {
  relayed = Relayed();
  return for_each_field(Cursor(body), [&](const Field& field) {
    if (field.is_bytes(1)) relayed.from = field.bytes.to_string();
    if (field.is_bytes(2)) relayed.payload = field.bytes;
  });
}

std::string encode(const LookupResult& result) {
  std::string body;
  add_text(body, 1, result.name);
  add_mark(body, 2, result.mark);
  return body;
}

bool decode(const Bytes& body, LookupResult& result) {
  result = LookupResult();
  return for_each_field(Cursor(body), [&](const Field& field) {
    if (field.is_bytes(1)) result.name = field.bytes.to_string();
    if (field.is_bytes(2)) result.mark = mark_of(field.bytes);
  });
}

std::string encode(const UpstreamChanged& changed) {
  std::string body;
  add_text(body, 1, changed.upstream);
  add_uint(body, 2, static_cast<std::uint32_t>(changed.state));
  return body;
}

bool decode(const Bytes& body, UpstreamChanged& changed) {
  changed = UpstreamChanged();
  return for_each_field(Cursor(body), [&](const Field& field) {
    if (field.is_bytes(1)) changed.upstream = field.bytes.to_string();
    if (field.is_uint(2)) {
      const std::uint32_t state = as_u32(field);
      changed.state =
          state < kUpstreamStates ? static_cast<UpstreamState>(state) : UpstreamState::unspecified;
    }
  });
}

std::string encode(const Refused& refused) {
  std::string body;
  add_uint(body, 1, static_cast<std::uint32_t>(refused.reason));
  add_uint(body, 2, static_cast<std::uint32_t>(refused.action));
  add_text(body, 3, refused.subject);
  add_text(body, 4, refused.target);
  add_mark(body, 5, refused.holder);
  return body;
}

bool decode(const Bytes& body, Refused& refused) {
  refused = Refused();
  return for_each_field(Cursor(body), [&](const Field& field) {
    if (field.is_uint(1)) refused.reason = refusal_of(as_u32(field));
    if (field.is_uint(2)) refused.action = action_of(field);
    if (field.is_bytes(3)) refused.subject = field.bytes.to_string();
    if (field.is_bytes(4)) refused.target = field.bytes.to_string();
    if (field.is_bytes(5)) refused.holder = mark_of(field.bytes);
  });
}

}  // namespace waymark::wire
