// One message read twice, by protobuf and by src/wire, each reading as comparable text.
//
// Ours is what its reader found, written again by its writer: a value that either of them loses or
// bends shows. Only what our values cannot hold is taken out of protobuf's reading first.
#pragma once

#include <string>
#include <string_view>

#include "protobuf_reading.h"
#include "wire/command.h"
#include "wire/event.h"
#include "wire/lifecycle.h"

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

inline void forget_features(google::protobuf::Message& message, const std::string& handshake) {
  if (FieldOf field(message, handshake); field.present()) {
    FieldOf(field.message(), "features").clear();
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
        forget_features(theirs, "hello");
      }));
}

inline Readings read_welcome(std::string_view message, Pieces pieces) {
  static const ProtobufReading protobuf("FromUpstream", {"welcome"});
  Welcome welcome;
  std::optional<std::string> rewritten;
  if (decode_welcome_message(pieces, welcome)) rewritten = encode_welcome_message(welcome);
  return with_refused_if_missing(
      readings::compare(protobuf, message, rewritten, [](google::protobuf::Message& theirs) {
        FieldOf(theirs, "commands").clear();
        forget_features(theirs, "welcome");
      }));
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

inline Readings read_opened(std::string_view message, Pieces pieces) {
  static const ProtobufReading protobuf("Opened", {});
  return read_body<Opened>(protobuf, message, pieces, [](google::protobuf::Message& theirs) {
    for (const char* unread : {"key", "attributes", "last_acked_seq", "proxy_tlvs"}) {
      FieldOf(theirs, unread).clear();
    }
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

inline Readings read_undeliverable(std::string_view message, Pieces pieces) {
  static const ProtobufReading protobuf("Undeliverable", {});
  return read_body<Undeliverable>(protobuf, message, pieces, forget_unknown_reason<kRefusals>);
}

inline Readings read_ping(std::string_view message, Pieces pieces) {
  static const ProtobufReading protobuf("Ping", {});
  return read_body<Ping>(protobuf, message, pieces, [](google::protobuf::Message&) {});
}

}  // namespace waymark::wire
