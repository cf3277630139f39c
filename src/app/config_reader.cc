#include "app/config_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "app/config_scalar.h"
#include "app/config_variables.h"
#include "base/status.h"

namespace waymark::app {
namespace {

// A key as a part of a path, safe to print whatever the file calls it.
std::string join(const std::string& path, const std::string& key) {
  constexpr std::size_t kMaxKey = 60;
  const bool plain = key.size() <= kMaxKey && std::all_of(key.begin(), key.end(), [](char c) {
                       return static_cast<unsigned char>(c) > 0x20 && c != 0x7f;
                     });
  const std::string part = plain ? key : quoted(key);
  return path.empty() ? part : path + "." + part;
}

std::string_view kind_name(YamlKind kind) {
  switch (kind) {
    case YamlKind::null:
      return "nothing";
    case YamlKind::scalar:
      return "a plain value";
    case YamlKind::list:
      return "a list";
    case YamlKind::mapping:
      return "a mapping";
  }
  return "";
}

// "a mapping is due, found a list"
std::string wrong_kind(std::string_view due, const YamlNode& node) {
  if (node.kind == YamlKind::null) {
    return fmt::format("{} is due, found nothing; leave the field out to get its default", due);
  }
  return fmt::format("{} is due, found {}", due, kind_name(node.kind));
}

YamlNode scalar_at(Place place, const std::string& text) {
  return {.kind = YamlKind::scalar, .place = place, .text = text};
}

YamlNode mapping_at(Place place) { return {.kind = YamlKind::mapping, .place = place}; }

bool is_word_of(const schema::Rule& rule, const std::string& text) {
  return std::find(rule.words().begin(), rule.words().end(), text) != rule.words().end();
}

// "; auto is allowed too", where a rule has words.
std::string words_hint(const schema::Rule& rule) {
  return rule.words().empty() ? ""
                              : fmt::format("; allowed too: {}", fmt::join(rule.words(), ", "));
}

}  // namespace

Place Places::find(std::string_view path) const {
  while (true) {
    const auto known = places_.find(std::string(path));
    if (known != places_.end()) return known->second;
    const std::size_t end = path.find_last_of(".[");
    if (path.empty()) return {};
    path = end == std::string_view::npos ? std::string_view() : path.substr(0, end);
  }
}

void ConfigReader::read(const YamlNode& root, schema::Config& out) {
  places_.set("", root.place);
  read_message(root, "", out);
}

void ConfigReader::read_message(const YamlNode& node, const std::string& path, Message& out) {
  const Descriptor& type = *out.GetDescriptor();
  if (is_choice(type)) return read_choice(node, path, out);
  if (node.kind == YamlKind::scalar && short_form_of(type)) return read_short_form(node, path, out);
  if (node.kind != YamlKind::mapping) {
    return report_.add(node.place, path, wrong_kind("a mapping", node));
  }
  read_mapping(node, path, out);
}

void ConfigReader::read_mapping(const YamlNode& node, const std::string& path, Message& out) {
  const Descriptor& type = *out.GetDescriptor();
  std::unordered_map<std::string_view, Place> seen;
  for (const YamlNode& child : node.children) {
    const std::string child_path = join(path, child.key);
    const auto [first, is_first] = seen.emplace(child.key, child.key_place);
    if (!is_first) {
      report_.add(child.key_place, child_path,
                  fmt::format("duplicate field, first given on line {}", first->second.line));
    } else if (const FieldDescriptor* field = type.FindFieldByName(child.key)) {
      read_field(child, child_path, out, *field);
    } else {
      report_.add(child.key_place, child_path,
                  "unknown field, " + allowed_list(field_names(type), child.key));
    }
  }
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (!seen.contains(field.name())) read_absent(node.place, join(path, field.name()), out, field);
  }
}

void ConfigReader::read_short_form(const YamlNode& node, const std::string& path, Message& out) {
  YamlNode value = scalar_at(node.place, node.text);
  value.key = short_form_of(*out.GetDescriptor())->name();
  value.key_place = node.place;
  YamlNode mapping = mapping_at(node.place);
  mapping.children.push_back(std::move(value));
  read_mapping(mapping, path, out);
}

void ConfigReader::read_choice(const YamlNode& node, const std::string& path, Message& out) {
  const Descriptor& type = *out.GetDescriptor();
  const std::vector<std::string> allowed = field_names(type);
  const bool is_mapping = node.kind == YamlKind::mapping;
  if (!is_mapping && node.kind != YamlKind::scalar) {
    return report_.add(node.place, path,
                       wrong_kind(fmt::format("one of {}", fmt::join(allowed, ", ")), node));
  }
  if (is_mapping && node.children.size() != 1) {
    return report_.add(node.place, path,
                       fmt::format("exactly one of {} is due, found {}", fmt::join(allowed, ", "),
                                   node.children.size()));
  }
  // The name alone, and the name with nothing behind it, take all defaults.
  YamlNode chosen = is_mapping ? node.children.front() : mapping_at(node.place);
  if (chosen.kind == YamlKind::null) chosen.kind = YamlKind::mapping;
  std::string name = chosen.key;
  if (!is_mapping) {
    absl::StatusOr<std::string> text = expand_variables(node.text, machine_);
    if (!text.ok()) return report_.add(node.place, path, std::string(message_of(text.status())));
    name = *std::move(text);
  }
  const FieldDescriptor* field = type.FindFieldByName(name);
  if (field == nullptr) {
    return report_.add(is_mapping ? chosen.key_place : node.place, path,
                       fmt::format("{} is unknown, {}", quoted(name), allowed_list(allowed, name)));
  }
  read_field(chosen, join(path, name), out, *field);
}

void ConfigReader::read_absent(Place place, const std::string& path, Message& out,
                               const FieldDescriptor& field) {
  const schema::Rule& rule = rule_of(field);
  if (rule.required()) {
    report_.add(place, path, "required, and missing");
  } else if (!rule.default_text().empty()) {
    read_value(scalar_at(place, rule.default_text()), path, out, field);
  } else if (field.message_type() != nullptr && !field.is_repeated() && !rule.optional()) {
    read_value(mapping_at(place), path, out, field);
  }
}

void ConfigReader::read_field(const YamlNode& node, const std::string& path, Message& out,
                              const FieldDescriptor& field) {
  places_.set(path, node.place);
  if (field.is_repeated()) return read_list(node, path, out, field);
  read_value(node, path, out, field);
}

void ConfigReader::read_list(const YamlNode& node, const std::string& path, Message& out,
                             const FieldDescriptor& field) {
  if (node.kind != YamlKind::list) return report_.add(node.place, path, wrong_kind("a list", node));
  if (node.children.empty() && rule_of(field).required()) {
    return report_.add(node.place, path, "at least one is due, found an empty list");
  }
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    const std::string child_path = fmt::format("{}[{}]", path, i);
    places_.set(child_path, node.children[i].place);
    read_value(node.children[i], child_path, out, field);
  }
}

void ConfigReader::read_value(const YamlNode& node, const std::string& path, Message& out,
                              const FieldDescriptor& field) {
  if (field.message_type() == nullptr) return read_scalar(node, path, out, field);
  const google::protobuf::Reflection& fields = *out.GetReflection();
  Message* message =
      field.is_repeated() ? fields.AddMessage(&out, &field) : fields.MutableMessage(&out, &field);
  read_message(node, path, *message);
}

void ConfigReader::read_scalar(const YamlNode& node, const std::string& path, Message& out,
                               const FieldDescriptor& field) {
  if (node.kind != YamlKind::scalar) {
    return report_.add(node.place, path, wrong_kind("a plain value", node));
  }
  const absl::StatusOr<std::string> text = expand_variables(node.text, machine_);
  if (!text.ok()) return report_.add(node.place, path, std::string(message_of(text.status())));
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT64:
      return read_number(*text, node.place, path, out, field);
    case FieldDescriptor::CPPTYPE_BOOL:
      return read_bool(*text, node.place, path, out, field);
    case FieldDescriptor::CPPTYPE_ENUM:
      return read_word(*text, node.place, path, out, field);
    default:
      return read_text(*text, node.place, path, out, field);
  }
}

void ConfigReader::read_number(const std::string& text, Place place, const std::string& path,
                               Message& out, const FieldDescriptor& field) {
  const schema::Rule& rule = rule_of(field);
  if (is_word_of(rule, text)) return out.GetReflection()->SetInt64(&out, &field, 0);
  const auto value = parse_number(rule.unit(), text, machine_);
  if (!value.ok()) {
    return report_.add(place, path, std::string(message_of(value.status())) + words_hint(rule));
  }
  const auto min = parse_number(rule.unit(), rule.min(), machine_);
  const auto max = parse_number(rule.unit(), rule.max(), machine_);
  if ((min.ok() && *value < *min) || (max.ok() && *value > *max)) {
    return report_.add(
        place, path,
        fmt::format("{} is out of range, allowed: {}{}", text, range_of(rule), words_hint(rule)));
  }
  out.GetReflection()->SetInt64(&out, &field, *value);
}

void ConfigReader::read_text(const std::string& text, Place place, const std::string& path,
                             Message& out, const FieldDescriptor& field) {
  const schema::Rule& rule = rule_of(field);
  const google::protobuf::Reflection& fields = *out.GetReflection();
  if (is_word_of(rule, text)) return fields.SetString(&out, &field, "");
  absl::StatusOr<std::string> value = parse_text(rule.unit(), text);
  if (!value.ok()) {
    return report_.add(place, path, std::string(message_of(value.status())) + words_hint(rule));
  }
  if (field.is_repeated()) return fields.AddString(&out, &field, *std::move(value));
  fields.SetString(&out, &field, *std::move(value));
}

void ConfigReader::read_word(const std::string& text, Place place, const std::string& path,
                             Message& out, const FieldDescriptor& field) {
  const EnumDescriptor& type = *field.enum_type();
  const EnumValueDescriptor* value = find_word(type, text);
  if (value == nullptr) {
    return report_.add(
        place, path,
        fmt::format("{} is unknown, {}", quoted(text), allowed_list(words_of(type), text)));
  }
  out.GetReflection()->SetEnum(&out, &field, value);
}

void ConfigReader::read_bool(const std::string& text, Place place, const std::string& path,
                             Message& out, const FieldDescriptor& field) {
  if (text != "true" && text != "false") {
    return report_.add(place, path,
                       fmt::format("{} is unknown, allowed: true, false", quoted(text)));
  }
  out.GetReflection()->SetBool(&out, &field, text == "true");
}

}  // namespace waymark::app
