#include "admin/audit.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "admin/json_document.h"
#include "admin/string_map.h"

namespace waymark::admin {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::array<std::string_view, 4> kPayload = {"payload", "text", "goodbye", "goodbye_text"};
constexpr std::size_t kMostOfValue = 80;  // bytes

std::string names_in_map(const Message& message) {
  std::vector<std::string> names;
  for (const auto& entry : string_map_of(message)) names.push_back(entry.first);
  std::sort(names.begin(), names.end());
  return fmt::format("{}", fmt::join(names, ","));
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
  std::vector<std::string> parts;
  const auto& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.is_map()) {
      const std::string names = names_in_map(message);
      if (!names.empty()) parts.push_back(field.name() + "=" + names);
    } else if (!field.is_repeated() && message.GetReflection()->HasField(message, &field)) {
      parts.push_back(field.name() + "=" + value_of(message, field));
    }
  }
  const std::string text = fmt::format("{}", fmt::join(parts, " "));
  return shortened(text, 240);
}

}  // namespace waymark::admin
