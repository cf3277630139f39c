#include "admin/audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "admin/json_document.h"

namespace waymark::admin {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::array<std::string_view, 4> kPayload = {"payload", "text", "goodbye", "goodbye_text"};
constexpr std::size_t kMostOfValue = 80;  // bytes

std::string names_in_map(const Message& message, const FieldDescriptor& field) {
  std::vector<std::string> names;
  for (int i = 0; i < message.GetReflection()->FieldSize(message, &field); ++i) {
    const Message& entry = message.GetReflection()->GetRepeatedMessage(message, &field, i);
    names.push_back(entry.GetReflection()->GetString(entry, field.message_type()->map_key()));
  }
  std::sort(names.begin(), names.end());
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ",") + name;
  return text;
}

std::string value_of(const Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(message, &field) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_UINT32:
      return std::to_string(reflection.GetUInt32(message, &field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return std::to_string(reflection.GetUInt64(message, &field));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return "{" + summary_of(reflection.GetMessage(message, &field)) + "}";
    default: {
      const std::string text = reflection.GetString(message, &field);
      const bool payload =
          std::find(kPayload.begin(), kPayload.end(), field.name()) != kPayload.end();
      return payload ? fmt::format("({} bytes)", text.size()) : shortened(text, kMostOfValue);
    }
  }
}

}  // namespace

std::string summary_of(const Message& message) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  std::string text;
  for (const FieldDescriptor* field : fields) {
    if (!text.empty()) text += ' ';
    text += field->name() + "=" +
            (field->is_map() ? names_in_map(message, *field) : value_of(message, *field));
  }
  return shortened(text, 240);
}

}  // namespace waymark::admin
