#include "app/config_text.h"

#include <fmt/format.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "app/config_scalar.h"

namespace waymark::app {
namespace {

using google::protobuf::Message;
using google::protobuf::Reflection;

std::string word_of(const EnumDescriptor& type, const EnumValueDescriptor& value) {
  // words_of() leaves UNSPECIFIED out, which is the first.
  const std::vector<std::string> words = words_of(type);
  const int index = value.index() - 1;
  return index < 0 ? "" : words[static_cast<std::size_t>(index)];
}

// A single-quoted scalar says what it holds, whatever that looks like.
std::string quoted_yaml(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    out += c;
    if (c == '\'') out += c;
  }
  return out + "'";
}

class Values {
 public:
  explicit Values(const Message& message) : message_(message) {}

  [[nodiscard]] int size(const FieldDescriptor& field) const {
    const Reflection& fields = *message_.GetReflection();
    return field.is_repeated() ? fields.FieldSize(message_, &field) : 1;
  }
  [[nodiscard]] const Message& message(const FieldDescriptor& field, int i) const {
    const Reflection& fields = *message_.GetReflection();
    return field.is_repeated() ? fields.GetRepeatedMessage(message_, &field, i)
                               : fields.GetMessage(message_, &field);
  }
  // As the file would say it, without quotes.
  [[nodiscard]] std::string text(const FieldDescriptor& field, int i) const {
    const Reflection& fields = *message_.GetReflection();
    const schema::Rule& rule = rule_of(field);
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT64: {
        const std::int64_t value = fields.GetInt64(message_, &field);
        const bool is_word = value == 0 && !rule.words().empty();
        return is_word ? rule.words(0) : format_number(rule.unit(), value);
      }
      case FieldDescriptor::CPPTYPE_BOOL:
        return fields.GetBool(message_, &field) ? "true" : "false";
      case FieldDescriptor::CPPTYPE_ENUM:
        return word_of(*field.enum_type(), *fields.GetEnum(message_, &field));
      default:
        break;
    }
    const std::string value = field.is_repeated() ? fields.GetRepeatedString(message_, &field, i)
                                                  : fields.GetString(message_, &field);
    if (value.empty() && !rule.words().empty()) return rule.words(0);
    return format_text(rule.unit(), value);
  }
  // Whether the file could leave it out only because there is no value for it.
  [[nodiscard]] bool is_absent(const FieldDescriptor& field) const {
    if (field.is_repeated()) return size(field) == 0;
    if (field.containing_oneof() != nullptr || rule_of(field).optional()) {
      return !message_.GetReflection()->HasField(message_, &field);
    }
    return field.cpp_type() == FieldDescriptor::CPPTYPE_STRING && text(field, 0).empty();
  }

 private:
  const Message& message_;
};

// What an element of a list goes by: its name; its address, and the metadata that tell two of one
// address apart; or its number.
std::string key_of(const Message& element, int i) {
  const Values values(element);
  const auto field = [&](const char* name) {
    return element.GetDescriptor()->FindFieldByName(name);
  };
  if (const FieldDescriptor* name = field("name")) return values.text(*name, 0);
  const FieldDescriptor* address = field("address");
  if (address == nullptr) return std::to_string(i);
  std::string key = values.text(*address, 0);
  if (const FieldDescriptor* metadata = field("metadata")) {
    for (int m = 0; m < values.size(*metadata); ++m) key += " " + values.text(*metadata, m);
  }
  return key;
}

void flatten(const Message& message, const std::string& path, FlatConfig& out) {
  const Values values(message);
  for (int f = 0; f < message.GetDescriptor()->field_count(); ++f) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(f);
    if (values.is_absent(field)) continue;
    for (int i = 0; i < values.size(field); ++i) {
      std::string here = path.empty() ? field.name() : path + "." + field.name();
      if (field.message_type() != nullptr) {
        const Message& child = values.message(field, i);
        if (field.is_repeated()) here += fmt::format("[{}]", key_of(child, i));
        flatten(child, here, out);
      } else {
        if (field.is_repeated()) here += fmt::format("[{}]", i);
        out.emplace_back(std::move(here), values.text(field, i));
      }
    }
  }
}

class YamlWriter {
 public:
  explicit YamlWriter(FlatConfig* instead) : instead_(instead) {}

  void write(const Message& message, const std::string& path, const std::string& indent,
             bool in_list) {
    const Values values(message);
    std::string lead = in_list ? indent.substr(2) + "- " : indent;
    for (int f = 0; f < message.GetDescriptor()->field_count(); ++f) {
      const FieldDescriptor& field = *message.GetDescriptor()->field(f);
      const std::string here = path.empty() ? field.name() : path + "." + field.name();
      const bool one_value = field.message_type() == nullptr && !field.is_repeated();
      const std::optional<std::string> other = one_value ? instead_of(here) : std::nullopt;
      if (!other && values.is_absent(field)) continue;
      out_ += std::exchange(lead, indent) + field.name() + ":";
      if (one_value) {
        out_ += " " + quoted_yaml(other ? *other : values.text(field, 0)) + "\n";
      } else if (field.message_type() == nullptr) {
        write_list(values, field, here);
      } else {
        write_messages(values, field, here, indent);
      }
    }
  }
  std::string finish() && { return std::move(out_); }

 private:
  void write_list(const Values& values, const FieldDescriptor& field, const std::string& path) {
    for (int i = 0; i < values.size(field); ++i) {
      const std::optional<std::string> other = instead_of(fmt::format("{}[{}]", path, i));
      out_ += (i == 0 ? " [" : ", ") + quoted_yaml(other ? *other : values.text(field, i));
    }
    out_ += "]\n";
  }
  void write_messages(const Values& values, const FieldDescriptor& field, const std::string& path,
                      const std::string& indent) {
    const bool list = field.is_repeated();
    out_ += "\n";
    for (int i = 0; i < values.size(field); ++i) {
      const Message& child = values.message(field, i);
      write(child, list ? fmt::format("{}[{}]", path, key_of(child, i)) : path,
            indent + (list ? "    " : "  "), list);
    }
  }

  std::optional<std::string> instead_of(const std::string& path) {
    if (instead_ == nullptr) return std::nullopt;
    const auto at = std::find_if(instead_->begin(), instead_->end(),
                                 [&](const auto& setting) { return setting.first == path; });
    if (at == instead_->end()) return std::nullopt;
    std::string value = std::move(at->second);
    instead_->erase(at);
    return value;
  }

  FlatConfig* instead_;
  std::string out_;
};

}  // namespace

std::string write_yaml(const schema::Config& config, FlatConfig* instead) {
  YamlWriter writer(instead);
  writer.write(config, "", "", false);
  return std::move(writer).finish();
}

FlatConfig flatten(const schema::Config& config) {
  FlatConfig out;
  flatten(config, "", out);
  return out;
}

}  // namespace waymark::app
