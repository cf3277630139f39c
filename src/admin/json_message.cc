#include "admin/json_message.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>

#include "admin/json_writer.h"
#include "admin/string_map.h"

namespace waymark::admin {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

std::string found(const JsonValue& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "a list";
  if (value.is_string())
    return JsonValue(shortened(value.get_ref<const std::string&>(), 40)).dump();
  return value.dump();
}

std::string member_path(const std::string& parent, const std::string& name) {
  return parent.empty() ? shortened(name) : parent + "." + shortened(name);
}

std::uint64_t bound(const std::string& text, std::uint64_t otherwise) {
  std::uint64_t value = otherwise;
  if (!text.empty()) std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

class Reader {
 public:
  explicit Reader(ErrorDetails& errors) : errors_(errors) {}

  void read_message(const JsonValue& value, const std::string& path, Message& out) {
    if (!expect(value.is_object(), "an object", value, path)) return;
    const Descriptor& type = *out.GetDescriptor();
    for (const auto& [name, member] : value.items()) {
      if (const FieldDescriptor* field = type.FindFieldByName(name)) {
        read_field(member, member_path(path, name), *field, out);
      } else {
        add_error(errors_, member_path(path, name), "unknown field; allowed: " + names_of(type));
      }
    }
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor& field = *type.field(i);
      if (rule_of(field).required() && !value.contains(field.name())) {
        add_error(errors_, member_path(path, field.name()), "required");
      }
    }
  }

 private:
  static std::string names_of(const Descriptor& type) {
    std::vector<std::string> names;
    for (int i = 0; i < type.field_count(); ++i) names.push_back(type.field(i)->name());
    return fmt::format("{}", fmt::join(names, ", "));
  }

  bool expect(bool holds, std::string_view what, const JsonValue& value, const std::string& path) {
    if (!holds) {
      add_error(errors_, path, fmt::format("expected {}, found {}", what, found(value)));
    }
    return holds;
  }

  void read_field(const JsonValue& value, const std::string& path, const FieldDescriptor& field,
                  Message& out) {
    if (field.is_map()) {
      read_map(value, path, field, out);
    } else if (field.is_repeated()) {
      read_list(value, path, field, out);
    } else {
      read_single(value, path, field, out);
    }
  }

  void read_map(const JsonValue& value, const std::string& path, const FieldDescriptor& field,
                Message& out) {
    if (!expect(value.is_object(), "an object", value, path)) return;
    if (rule_of(field).required() && value.empty()) add_error(errors_, path, "may not be empty");
    for (const auto& [name, member] : value.items()) {
      if (!expect(member.is_string(), "a string", member, member_path(path, name))) continue;
      string_map_of(out)[name] = member.get<std::string>();
    }
  }

  void read_list(const JsonValue& value, const std::string& path, const FieldDescriptor& field,
                 Message& out) {
    if (!expect(value.is_array(), "a list", value, path)) return;
    for (std::size_t i = 0; i < value.size(); ++i) {
      const std::string at = fmt::format("{}[{}]", path, i);
      if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        read_message(value[i], at, *out.GetReflection()->AddMessage(&out, &field));
      } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_UINT64) {
        if (!number_fits(value[i], at, field, std::numeric_limits<std::uint64_t>::max())) continue;
        out.GetReflection()->AddUInt64(&out, &field, value[i].get<std::uint64_t>());
      } else if (expect(value[i].is_string(), "a string", value[i], at)) {
        out.GetReflection()->AddString(&out, &field, value[i].get<std::string>());
      }
    }
  }

  void read_single(const JsonValue& value, const std::string& path, const FieldDescriptor& field,
                   Message& out) {
    const Reflection& reflection = *out.GetReflection();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_BOOL:
        if (expect(value.is_boolean(), "true or false", value, path)) {
          reflection.SetBool(&out, &field, value.get<bool>());
        }
        return;
      case FieldDescriptor::CPPTYPE_UINT32:
        if (number_fits(value, path, field, std::numeric_limits<std::uint32_t>::max())) {
          reflection.SetUInt32(&out, &field, value.get<std::uint32_t>());
        }
        return;
      case FieldDescriptor::CPPTYPE_UINT64:
        if (number_fits(value, path, field, std::numeric_limits<std::uint64_t>::max())) {
          reflection.SetUInt64(&out, &field, value.get<std::uint64_t>());
        }
        return;
      case FieldDescriptor::CPPTYPE_DOUBLE:
        if (expect(value.is_number(), "a number", value, path)) {
          reflection.SetDouble(&out, &field, value.get<double>());
        }
        return;
      case FieldDescriptor::CPPTYPE_STRING:
        if (string_fits(value, path, field)) {
          reflection.SetString(&out, &field, value.get<std::string>());
        }
        return;
      case FieldDescriptor::CPPTYPE_MESSAGE:
        read_message(value, path, *reflection.MutableMessage(&out, &field));
        return;
      default:
        std::abort();  // a type the schema does not use; its test names the field
    }
  }

  bool number_fits(const JsonValue& value, const std::string& path, const FieldDescriptor& field,
                   std::uint64_t type_max) {
    if (!expect(value.is_number_integer(), "a whole number", value, path)) return false;
    const api::Rule& rule = rule_of(field);
    const std::uint64_t least = bound(rule.min(), 0);
    const std::uint64_t most = bound(rule.max(), type_max);
    // A literal with a minus is the only kind that is not unsigned here.
    const bool fits = value.is_number_unsigned() && value.get<std::uint64_t>() >= least &&
                      value.get<std::uint64_t>() <= most;
    if (!fits) {
      add_error(errors_, path, fmt::format("{} is not {} to {}", value.dump(), least, most));
    }
    return fits;
  }

  bool string_fits(const JsonValue& value, const std::string& path, const FieldDescriptor& field) {
    if (!expect(value.is_string(), "a string", value, path)) return false;
    const auto& text = value.get_ref<const std::string&>();
    const api::Rule& rule = rule_of(field);
    if (rule.words_size() != 0 &&
        std::find(rule.words().begin(), rule.words().end(), text) == rule.words().end()) {
      add_error(
          errors_, path,
          fmt::format("expected one of {}, found {}", fmt::join(rule.words(), ", "), found(value)));
      return false;
    }
    if (rule.required() && text.empty()) {
      add_error(errors_, path, "may not be empty");
      return false;
    }
    const std::uint64_t least = bound(rule.min(), 0);
    const std::uint64_t most = bound(rule.max(), std::numeric_limits<std::uint64_t>::max());
    if (text.size() < least || text.size() > most) {
      add_error(errors_, path,
                fmt::format("{} bytes long; allowed: {}", text.size(), range_of(rule)));
      return false;
    }
    return true;
  }

  ErrorDetails& errors_;
};

}  // namespace

const api::Rule& rule_of(const FieldDescriptor& field) {
  return field.options().GetExtension(api::rule);
}

std::string range_of(const api::Rule& rule) {
  if (!rule.min().empty() && !rule.max().empty()) {
    return fmt::format("{} to {}", rule.min(), rule.max());
  }
  if (!rule.min().empty()) return fmt::format("at least {}", rule.min());
  if (!rule.max().empty()) return fmt::format("at most {}", rule.max());
  return "";
}

std::string write_json(const Message& message) {
  std::string text;
  append_json(text, message);
  text += '\n';
  return text;
}

ErrorDetails read_json(std::string_view text, Message& out) {
  ErrorDetails errors;
  if (const std::optional<JsonValue> value = parse_json(text, errors)) {
    read_json_value(*value, out, errors);
  }
  return errors;
}

void read_json_value(const JsonValue& value, Message& out, ErrorDetails& errors) {
  Reader(errors).read_message(value, "", out);
}

}  // namespace waymark::admin
