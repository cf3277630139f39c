#include "admin/json_writer.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <iterator>
#include <map>
#include <string_view>

#include "admin/string_map.h"
#include "base/utf8.h"

namespace waymark::admin {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
    case '\\':
      out += '\\';
      out += c;
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
  }
}

void append_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && is_plain(text[plain])) ++plain;
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    std::size_t size = 1;
    if (static_cast<unsigned char>(text[0]) < 0x80) {
      append_escaped(out, text[0]);
    } else if (const CodePoint point = decode_utf8(text); point.size != 0) {
      size = point.size;
      out += text.substr(0, size);
    } else {
      out += "\xef\xbf\xbd";  // the replacement character
    }
    text.remove_prefix(size);
  }
  out += '"';
}

// To a thousandth; JSON has no word for what is not finite.
void append_number(std::string& out, double number) {
  constexpr double kPrecision = 1'000;
  const double rounded = std::round(number * kPrecision) / kPrecision;
  fmt::format_to(std::back_inserter(out), "{}", std::isfinite(rounded) ? rounded : 0.0);
}

void append_map(std::string& out, const Message& message) {
  const StringMap& map = string_map_of(message);
  char separator = '{';
  for (const auto& [key, value] :
       std::map<std::string_view, std::string_view>(map.begin(), map.end())) {
    out += separator;
    append_string(out, key);
    out += ':';
    append_string(out, value);
    separator = ',';
  }
  out += separator == '{' ? "{}" : "}";
}

void append_list(std::string& out, const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  std::string scratch;
  out += '[';
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    if (i != 0) out += ',';
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      append_json(out, reflection.GetRepeatedMessage(message, &field, i));
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_UINT64) {
      out += fmt::format_int(reflection.GetRepeatedUInt64(message, &field, i)).c_str();
    } else {
      append_string(out, reflection.GetRepeatedStringReference(message, &field, i, &scratch));
    }
  }
  out += ']';
}

void append_single(std::string& out, const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  std::string scratch;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      out += reflection.GetBool(message, &field) ? "true" : "false";
      return;
    case FieldDescriptor::CPPTYPE_UINT32:
      out += fmt::format_int(reflection.GetUInt32(message, &field)).c_str();
      return;
    case FieldDescriptor::CPPTYPE_UINT64:
      out += fmt::format_int(reflection.GetUInt64(message, &field)).c_str();
      return;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      append_number(out, reflection.GetDouble(message, &field));
      return;
    case FieldDescriptor::CPPTYPE_STRING:
      append_string(out, reflection.GetStringReference(message, &field, &scratch));
      return;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      append_json(out, reflection.GetMessage(message, &field));
      return;
    default:
      std::abort();  // a type the schema does not use; its test names the field
  }
}

}  // namespace

void append_json(std::string& out, const Message& message) {
  const Descriptor& type = *message.GetDescriptor();
  char separator = '{';
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const bool shown = field.is_repeated() || !field.has_presence() ||
                       message.GetReflection()->HasField(message, &field);
    if (!shown) continue;
    out += separator;
    separator = ',';
    out += '"';
    out += field.name();
    out += "\":";
    if (field.is_map()) {
      append_map(out, message);
    } else if (field.is_repeated()) {
      append_list(out, message, field);
    } else {
      append_single(out, message, field);
    }
  }
  out += separator == '{' ? "{}" : "}";
}

}  // namespace waymark::admin
