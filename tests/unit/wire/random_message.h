// Random messages of any generated class, and the same ones written as other encoders may.
#pragma once

#include <google/protobuf/message.h>
#include <google/protobuf/unknown_field_set.h>

#include <random>
#include <string>

#include "waymark/mark.h"
#include "wire/writer.h"

namespace waymark::wire {

class RandomMessage {
 public:
  explicit RandomMessage(std::mt19937_64& random) : random_(random) {}

  // Sets fields of `message` at random, one member of every oneof at most.
  void fill(google::protobuf::Message& message) {
    const auto* type = message.GetDescriptor();
    for (int i = 0; i < type->field_count(); ++i) {
      const auto* field = type->field(i);
      if (field->real_containing_oneof() == nullptr && chance(60)) fill_field(message, field);
    }
    for (int i = 0; i < type->real_oneof_decl_count(); ++i) {
      const auto* oneof = type->oneof_decl(i);
      if (chance(95)) fill_field(message, oneof->field(below(oneof->field_count())));
    }
  }

  // `encoded`, a message of `type`, in an encoding that is legal but unusual: padded varints,
  // unknown fields and groups between the known ones, fields given twice, submessages in two parts.
  std::string rewrite(const std::string& encoded, const google::protobuf::Descriptor* type) {
    google::protobuf::UnknownFieldSet fields;
    fields.ParseFromString(encoded);
    std::string out;
    for (int i = 0; i < fields.field_count(); ++i) {
      if (chance(10)) add_unknown_field(out, 3);
      const auto& field = fields.field(i);
      const auto* known = type->FindFieldByNumber(field.number());
      const bool is_message =
          known != nullptr && known->type() == google::protobuf::FieldDescriptor::TYPE_MESSAGE;
      if (chance(8)) add_same_oneof_member(out, known);
      add_field(out, field, is_message ? known->message_type() : nullptr);
    }
    if (chance(10)) add_unknown_field(out, 3);
    return out;
  }

  // A few bytes of `encoded` changed, added or taken away.
  std::string damage(std::string encoded) {
    for (int i = below(4); i >= 0 && !encoded.empty(); --i) {
      const std::size_t at = random_() % encoded.size();
      switch (below(4)) {
        case 0:
          encoded[at] = static_cast<char>(random_());
          break;
        case 1:
          encoded[at] = static_cast<char>(encoded[at] ^ (1 << below(8)));
          break;
        case 2:
          encoded.erase(at, 1 + random_() % 3);
          break;
        default:
          encoded.insert(at, 1 + random_() % 3, static_cast<char>(random_()));
      }
    }
    return encoded;
  }

 private:
  using Field = google::protobuf::FieldDescriptor;

  // protobuf's headers give maps further members under ThreadSanitizer, of which Debian's library,
  // built without, knows nothing.
#if defined(__SANITIZE_THREAD__)
  static constexpr bool kMapsDifferInLayout = true;
#else
  static constexpr bool kMapsDifferInLayout = false;
#endif

  [[nodiscard]] int below(int bound) {
    return static_cast<int>(random_() % static_cast<unsigned>(bound));
  }
  [[nodiscard]] bool chance(int percent) { return below(100) < percent; }

  // Zero, small, large, and all sizes between.
  [[nodiscard]] std::uint64_t number() { return chance(10) ? 0 : random_() >> below(64); }

  [[nodiscard]] std::string text(int most) {
    std::string out(static_cast<std::size_t>(below(most + 1)), '\0');
    for (char& c : out) c = static_cast<char>('a' + below(26));
    return out;
  }

  [[nodiscard]] std::string bytes(const Field* field) {
    const bool mark = field->name() == "mark" && chance(90);
    std::string out(mark ? Mark::kSize : static_cast<std::size_t>(chance(3) ? 70'000 : below(300)),
                    '\0');
    for (char& c : out) c = static_cast<char>(random_());
    return out;
  }

  void fill_field(google::protobuf::Message& message, const Field* field) {
    const auto* reflection = message.GetReflection();
    if (field->is_map() && kMapsDifferInLayout) return;
    if (field->is_repeated()) {
      for (int i = below(4); i > 0; --i) add_entry(message, field);
      return;
    }
    switch (field->type()) {
      case Field::TYPE_BOOL:
        return reflection->SetBool(&message, field, chance(50));
      case Field::TYPE_UINT32:
        return reflection->SetUInt32(&message, field, static_cast<std::uint32_t>(number()));
      case Field::TYPE_UINT64:
      case Field::TYPE_FIXED64:
        return reflection->SetUInt64(&message, field, number());
      case Field::TYPE_ENUM:
        return reflection->SetEnumValue(&message, field,
                                        chance(80) ? below(20) : static_cast<int>(random_()));
      case Field::TYPE_STRING:
        return reflection->SetString(&message, field, text(30));
      case Field::TYPE_BYTES:
        return reflection->SetString(&message, field, bytes(field));
      case Field::TYPE_MESSAGE:
        return fill(*reflection->MutableMessage(&message, field));
      default:
        throw std::logic_error("link.proto has a field of a type this test does not fill");
    }
  }

  void add_entry(google::protobuf::Message& message, const Field* field) {
    const auto* reflection = message.GetReflection();
    switch (field->type()) {
      case Field::TYPE_STRING:
        return reflection->AddString(&message, field, text(10));
      case Field::TYPE_FIXED64:
        return reflection->AddUInt64(&message, field, number());
      case Field::TYPE_MESSAGE:
        return fill(*reflection->AddMessage(&message, field));
      default:
        throw std::logic_error("link.proto has a list of a type this test does not fill");
    }
  }

  // Up to `most` bytes, the least number that hold the value at most times.
  void add_padded(std::string& out, std::uint64_t value, std::size_t most) {
    const std::size_t least = varint_size(value);
    const std::size_t size =
        chance(85) || most < least ? least : least + random_() % (most - least + 1);
    for (std::size_t i = 0; i < size; ++i) {
      const auto low = static_cast<std::uint8_t>((i < 10 ? value >> (7 * i) : 0) & 0x7f);
      out.push_back(static_cast<char>(i + 1 < size ? low | 0x80 : low));
    }
  }
  void add_tag(std::string& out, int field, WireType type) {
    add_padded(out, tag(static_cast<std::uint32_t>(field), type), 5);
  }
  void add_bytes(std::string& out, int field, const std::string& body) {
    add_tag(out, field, WireType::bytes);
    add_padded(out, body.size(), 5);
    out += body;
  }

  void add_field(std::string& out, const google::protobuf::UnknownField& field,
                 const google::protobuf::Descriptor* submessage) {
    switch (field.type()) {
      case google::protobuf::UnknownField::TYPE_VARINT:
        add_tag(out, field.number(), WireType::varint);
        return add_padded(out, field.varint(), 10);
      case google::protobuf::UnknownField::TYPE_FIXED64:
        add_tag(out, field.number(), WireType::fixed64);
        out.append(8, '\0');
        put_fixed64(out.data() + out.size() - 8, field.fixed64());
        return;
      case google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED:
        return add_bytes(
            out, field.number(),
            submessage ? rewrite(field.length_delimited(), submessage) : field.length_delimited());
      default:
        throw std::logic_error("a generated class wrote a group or a fixed32");
    }
  }

  // Before a member of a oneof another one, or the same submessage with other values: protobuf
  // keeps the last and merges the latter.
  void add_same_oneof_member(std::string& out, const Field* member) {
    if (member == nullptr || member->containing_oneof() == nullptr) return;
    const auto* oneof = member->containing_oneof();
    const Field* other = chance(50) ? member : oneof->field(below(oneof->field_count()));
    if (other->type() == Field::TYPE_MESSAGE) {
      const auto* factory = google::protobuf::MessageFactory::generated_factory();
      std::unique_ptr<google::protobuf::Message> message(
          const_cast<google::protobuf::MessageFactory*>(factory)
              ->GetPrototype(other->message_type())
              ->New());
      fill(*message);
      return add_bytes(out, other->number(), message->SerializeAsString());
    }
    add_bytes(out, other->number(), text(20));
  }

  void add_unknown_field(std::string& out, int depth) {
    // Numbers nobody uses, or known ones with a wire type that is not theirs.
    const int field = chance(70) ? 100 + below(1 << 20) : 1 + below(24);
    switch (below(depth > 0 ? 5 : 4)) {
      case 0:
        if (field < 100) return;
        add_tag(out, field, WireType::varint);
        return add_padded(out, random_(), 10);
      case 1:
        if (field < 100) return;
        return add_bytes(out, field, text(40));
      case 2:
        if (field < 100) return;
        add_tag(out, field, WireType::fixed64);
        out.append(8, 'x');
        return;
      case 3:
        add_tag(out, field, WireType::fixed32);
        out.append(4, 'x');
        return;
      default:
        add_tag(out, field, WireType::group);
        for (int i = below(4); i > 0; --i) add_unknown_field(out, depth - 1);
        add_tag(out, field, WireType::end_group);
    }
  }

  std::mt19937_64& random_;
};

}  // namespace waymark::wire
