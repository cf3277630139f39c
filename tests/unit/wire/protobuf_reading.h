// What protobuf itself makes of a message, to hold our codec against.
//
// Our readers leave some submessages unread and hand out text without checking its UTF-8. So the
// yardstick is link.proto with exactly those fields declared as `bytes`, and no map but lists of
// entries, whose doubles a test takes out itself (canonical_map): protobuf's parser over
// that schema must accept the same messages as ours and find the same values in them.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/io/coded_stream.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "waymark/link/v1/link.pb.h"

namespace waymark::wire {

class ProtobufReading {
 public:
  // Reads `message` of package waymark.link.v1, going into the submessage fields named in `entered`
  // and taking all others as bytes.
  ProtobufReading(const std::string& message, const std::set<std::string>& entered) {
    google::protobuf::FileDescriptorProto file;
    link::v1::Event::descriptor()->file()->CopyTo(&file);
    for (auto& type : *file.mutable_message_type()) {
      // Entries of maps are bytes like all the rest, or messages in a list.
      for (auto& entry : *type.mutable_nested_type()) {
        entry.clear_options();
        for (auto& field : *entry.mutable_field()) field.set_type(field.TYPE_BYTES);
      }
      for (auto& field : *type.mutable_field()) {
        const bool left_unread =
            field.type() == field.TYPE_MESSAGE && !entered.contains(field.name());
        if (left_unread || field.type() == field.TYPE_STRING) {
          field.set_type(field.TYPE_BYTES);
          field.clear_type_name();
        }
      }
    }
    const auto* built = pool_.BuildFile(file);
    prototype_ = messages_.GetPrototype(built->FindMessageTypeByName(message));
  }

  using Message = google::protobuf::Message;

  // The message without unknown fields; null if it is refused. Submessages and groups may nest
  // `depth` deep.
  [[nodiscard]] std::unique_ptr<Message> read(std::string_view bytes, int depth = 100) const {
    std::unique_ptr<Message> message(prototype_->New());
    google::protobuf::io::CodedInputStream input(
        reinterpret_cast<const std::uint8_t*>(bytes.data()), static_cast<int>(bytes.size()));
    input.SetRecursionLimit(depth);
    if (!message->ParseFromCodedStream(&input) || !input.ConsumedEntireMessage()) return nullptr;
    message->DiscardUnknownFields();
    return message;
  }

 private:
  google::protobuf::DescriptorPool pool_;
  google::protobuf::DynamicMessageFactory messages_;
  const Message* prototype_ = nullptr;
};

// A message as text, "refused" if there is none.
inline std::string text_of(const google::protobuf::Message* message) {
  return message ? message->ShortDebugString() : "refused";
}

// A field of a message by its name, whatever class the message is of.
class FieldOf {
 public:
  FieldOf(google::protobuf::Message& message, const std::string& name)
      : message_(message), field_(message.GetDescriptor()->FindFieldByName(name)) {}

  [[nodiscard]] bool present() const { return reflection().HasField(message_, field_); }
  void clear() { reflection().ClearField(&message_, field_); }
  [[nodiscard]] std::string bytes() const { return reflection().GetString(message_, field_); }
  void set_bytes(const std::string& bytes) { reflection().SetString(&message_, field_, bytes); }
  [[nodiscard]] int enum_value() const { return reflection().GetEnumValue(message_, field_); }
  [[nodiscard]] bool enum_is_known() const {
    return field_->enum_type()->FindValueByNumber(enum_value()) != nullptr;
  }
  // Another entry of a repeated field.
  [[nodiscard]] google::protobuf::Message& add() {
    return *reflection().AddMessage(&message_, field_);
  }
  [[nodiscard]] google::protobuf::Message& message() {
    return *reflection().MutableMessage(&message_, field_);
  }
  // Calls `visit(Message&)` for each entry of a repeated field.
  template <typename Visit>
  void for_each(Visit&& visit) {
    for (int i = 0; i < reflection().FieldSize(message_, field_); ++i) {
      visit(*reflection().MutableRepeatedMessage(&message_, field_, i));
    }
  }

 private:
  [[nodiscard]] const google::protobuf::Reflection& reflection() const {
    return *message_.GetReflection();
  }

  google::protobuf::Message& message_;
  const google::protobuf::FieldDescriptor* field_;
};

}  // namespace waymark::wire
