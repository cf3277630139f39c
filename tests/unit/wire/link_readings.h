// One message read twice, by protobuf and by src/wire, each reading as comparable text.
//
// Ours is what its reader found, written again by its writer: a value that either of them loses or
// bends shows. Only what our values cannot hold is taken out of protobuf's reading first.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "protobuf_reading.h"
#include "wire/command.h"
#include "wire/event.h"
#include "wire/lifecycle.h"
#include "wire/sideways.h"

namespace waymark::wire {

struct Readings {
  std::string ours;
  std::string protobufs;
  // As protobuf reads it with room for two more levels of nesting: our readers count the levels of
  // groups in a submessage from zero and so accept up to two more.
  std::string protobufs_deeper;

  [[nodiscard]] bool agree() const { return ours == protobufs || ours == protobufs_deeper; }
  [[nodiscard]] bool sound() const { return ours != "refused"; }
};

namespace readings {

inline bool is_sixteen_bytes(const std::string& bytes) { return bytes.size() == Mark::kSize; }

// `adapt(Message&)` turns protobuf's reading into what ours can hold.
template <typename Adapt>
Readings compare(const ProtobufReading& protobuf, std::string_view message,
                 const std::optional<std::string>& rewritten, Adapt&& adapt) {
  auto theirs = protobuf.read(message);
  auto theirs_deeper = protobuf.read(message, 102);
  if (theirs) adapt(*theirs);
  if (theirs_deeper) adapt(*theirs_deeper);
  const auto ours = rewritten ? protobuf.read(*rewritten) : nullptr;
  return {.ours = rewritten && !ours ? "unreadable" : text_of(ours.get()),
          .protobufs = text_of(theirs.get()),
          .protobufs_deeper = text_of(theirs_deeper.get())};
}

}  // namespace readings

// Commands of a FromUpstream.
inline Readings read_commands(std::string_view message, Pieces pieces) {
  static const ProtobufReading protobuf("FromUpstream", {"commands", "broadcast", "send", "pong"});
  std::optional<std::string> rewritten = "";
  CommandReader reader(pieces);
  Command command;
  ReadResult result = ReadResult::end;
  while ((result = reader.next(command)) == ReadResult::item) add_command(*rewritten, command);
  if (result == ReadResult::malformed) rewritten.reset();

  return readings::compare(protobuf, message, rewritten, [](google::protobuf::Message& theirs) {
    FieldOf(theirs, "welcome").clear();
    FieldOf(theirs, "commands").for_each([](google::protobuf::Message& entry) {
      FieldOf mark(entry, "mark");
      if (mark.present() && !readings::is_sixteen_bytes(mark.bytes())) {
        mark.set_bytes(std::string(Mark::kSize, '\0'));
      }
    });
  });
}

// Events of a ToUpstream. An event without a kind cannot be written: ours shows as a Drain that
// says "no kind", and so does protobuf's.
inline Readings read_events(std::string_view message, Pieces pieces) {
  static const ProtobufReading protobuf("ToUpstream", {"events"});
  static const std::string kNoKind = "no kind";
  std::optional<std::string> rewritten = "";
  EventReader reader(pieces);
  Event event;
  ReadResult result = ReadResult::end;
  while ((result = reader.next(event)) == ReadResult::item) {
    const bool has_kind = event.kind != EventKind::none;
    add_event(*rewritten, event.header, has_kind ? event.kind : EventKind::drain,
              has_kind ? event.body.to_string() : kNoKind);
  }
  if (result == ReadResult::malformed) rewritten.reset();

  return readings::compare(protobuf, message, rewritten, [](google::protobuf::Message& theirs) {
    FieldOf(theirs, "hello").clear();
    FieldOf(theirs, "events").for_each([](google::protobuf::Message& entry) {
      FieldOf mark(entry, "mark");
      const bool names_someone = readings::is_sixteen_bytes(mark.bytes()) &&
                                 mark.bytes() != std::string(Mark::kSize, '\0');
      if (!names_someone) mark.clear();
      const auto* kind = entry.GetDescriptor()->FindOneofByName("kind");
      if (!entry.GetReflection()->HasOneof(entry, kind)) {
        FieldOf(entry, "drain").set_bytes(kNoKind);
      }
    });
  });
}

// A handshake is refused where its message is missing, too: in a message of a live link.
inline Readings with_refused_if_missing(Readings readings) {
  for (std::string* reading : {&readings.protobufs, &readings.protobufs_deeper}) {
    if (reading->empty()) *reading = "refused";
  }
  return readings;
}

inline void forget_features(google::protobuf::Message& message) {
  if (FieldOf hello(message, "hello"); hello.present()) {
    FieldOf(hello.message(), "features").clear();
  }
}

inline Readings read_hello(std::string_view message, Pieces pieces) {
  static const ProtobufReading protobuf("ToUpstream", {"hello"});
  Hello hello;
  std::optional<std::string> rewritten;
  if (decode_hello_message(pieces, hello)) rewritten = encode_hello_message(hello);
  return with_refused_if_missing(
      readings::compare(protobuf, message, rewritten, [](google::protobuf::Message& theirs) {
        FieldOf(theirs, "events").clear();
        forget_features(theirs);
      }));
}

inline Readings read_welcome(std::string_view message, Pieces pieces) {
  static const ProtobufReading protobuf("FromUpstream", {"welcome"});
  Welcome welcome;
  std::optional<std::string> rewritten;
  if (decode_welcome_message(pieces, welcome)) rewritten = encode_welcome_message(welcome);
  return with_refused_if_missing(readings::compare(
      protobuf, message, rewritten,
      [](google::protobuf::Message& theirs) { FieldOf(theirs, "commands").clear(); }));
}

// The bodies of events.

template <typename Body, typename Adapt>
Readings read_body(const ProtobufReading& protobuf, std::string_view message, Pieces pieces,
                   Adapt&& adapt) {
  const std::string_view first = pieces.empty() ? std::string_view() : pieces.front();
  const Bytes bytes(first, pieces.empty() ? nullptr : pieces.data() + 1, message.size());
  Body body;
  std::optional<std::string> rewritten;
  if (decode(bytes, body)) rewritten = encode(body);
  return readings::compare(protobuf, message, rewritten, adapt);
}

// The entries of a map as both sides mean them: by key, of two with one key the last.
inline void canonical_map(google::protobuf::Message& message, const std::string& name) {
  std::map<std::string, std::string> entries;
  FieldOf field(message, name);
  field.for_each([&](google::protobuf::Message& entry) {
    entries[FieldOf(entry, "key").bytes()] = FieldOf(entry, "value").bytes();
  });
  field.clear();
  for (const auto& [key, value] : entries) {
    google::protobuf::Message& entry = field.add();
    FieldOf(entry, "key").set_bytes(key);
    FieldOf(entry, "value").set_bytes(value);
  }
}

inline Readings read_opened(std::string_view message, Pieces pieces) {
  static const ProtobufReading protobuf("Opened", {"attributes", "proxy_tlvs", "tls"});
  return read_body<Opened>(protobuf, message, pieces, [](google::protobuf::Message& theirs) {
    canonical_map(theirs, "attributes");
  });
}

inline Readings read_set_attributes(std::string_view message, Pieces pieces) {
  static const ProtobufReading protobuf("SetAttributes", {"attributes"});
  return read_body<SetAttributes>(protobuf, message, pieces, [](google::protobuf::Message& theirs) {
    canonical_map(theirs, "attributes");
  });
}

// An enum of a later version reads as unspecified.
template <std::size_t kKnown>
void forget_unknown_reason(google::protobuf::Message& theirs) {
  FieldOf reason(theirs, "reason");
  if (reason.enum_value() < 0 || reason.enum_value() >= static_cast<int>(kKnown)) reason.clear();
}

inline Readings read_closed(std::string_view message, Pieces pieces) {
  static const ProtobufReading protobuf("Closed", {});
  return read_body<Closed>(protobuf, message, pieces, forget_unknown_reason<kCloseReasons>);
}

// What is no mark reads as none.
inline Readings read_marked(std::string_view message, Pieces pieces) {
  static const ProtobufReading protobuf("Marked", {});
  return read_body<Marked>(protobuf, message, pieces, [](google::protobuf::Message& theirs) {
    FieldOf old_mark(theirs, "old_mark");
    const auto mark = Mark::from_bytes(old_mark.bytes());
    if (!mark || mark->is_nil()) old_mark.clear();
  });
}

inline Readings read_undeliverable(std::string_view message, Pieces pieces) {
  static const ProtobufReading protobuf("Undeliverable", {});
  return read_body<Undeliverable>(protobuf, message, pieces, forget_unknown_reason<kRefusals>);
}

inline Readings read_gap(std::string_view message, Pieces pieces) {
  static const ProtobufReading protobuf("Gap", {});
  return read_body<Gap>(protobuf, message, pieces, [](google::protobuf::Message&) {});
}

inline Readings read_ack(std::string_view message, Pieces pieces) {
  static const ProtobufReading protobuf("Ack", {});
  return read_body<Ack>(protobuf, message, pieces, [](google::protobuf::Message&) {});
}

inline Readings read_nack(std::string_view message, Pieces pieces) {
  static const ProtobufReading protobuf("Nack", {});
  return read_body<Nack>(protobuf, message, pieces, [](google::protobuf::Message&) {});
}

inline Readings read_ping(std::string_view message, Pieces pieces) {
  static const ProtobufReading protobuf("Ping", {});
  return read_body<Ping>(protobuf, message, pieces, [](google::protobuf::Message&) {});
}

// Join, Leave, Bind, Unbind and Lookup differ in the name of their field alone.
inline Readings read_naming(std::string_view message, Pieces pieces) {
  static const ProtobufReading protobuf("Bind", {});
  return read_body<Naming>(protobuf, message, pieces, [](google::protobuf::Message&) {});
}

inline Readings read_relay(std::string_view message, Pieces pieces) {
  static const ProtobufReading protobuf("Relay", {});
  return read_body<Relay>(protobuf, message, pieces, [](google::protobuf::Message&) {});
}

inline Readings read_relayed(std::string_view message, Pieces pieces) {
  static const ProtobufReading protobuf("Relayed", {});
  return read_body<Relayed>(protobuf, message, pieces, [](google::protobuf::Message&) {});
}

// Ours cannot hold a mark of another size, nor one that names nobody.
inline void forget_nobody(google::protobuf::Message& theirs, const std::string& field) {
  FieldOf mark(theirs, field);
  const bool somebody =
      readings::is_sixteen_bytes(mark.bytes()) && mark.bytes() != std::string(Mark::kSize, '\0');
  if (!somebody) mark.clear();
}

inline Readings read_lookup_result(std::string_view message, Pieces pieces) {
  static const ProtobufReading protobuf("LookupResult", {});
  return read_body<LookupResult>(protobuf, message, pieces, [](google::protobuf::Message& theirs) {
    forget_nobody(theirs, "mark");
  });
}

inline Readings read_upstream_changed(std::string_view message, Pieces pieces) {
  static const ProtobufReading protobuf("UpstreamChanged", {});
  return read_body<UpstreamChanged>(protobuf, message, pieces,
                                    [](google::protobuf::Message& theirs) {
                                      FieldOf state(theirs, "state");
                                      const int number = state.enum_value();
                                      if (number < 0 || number >= static_cast<int>(kUpstreamStates))
                                        state.clear();
                                    });
}

inline Readings read_refused(std::string_view message, Pieces pieces) {
  static const ProtobufReading protobuf("Refused", {});
  return read_body<Refused>(protobuf, message, pieces, [](google::protobuf::Message& theirs) {
    forget_unknown_reason<kRefusals>(theirs);
    forget_nobody(theirs, "holder");
    FieldOf action(theirs, "action");
    if (!action.enum_is_known()) action.clear();
  });
}

}  // namespace waymark::wire
