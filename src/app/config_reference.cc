#include "app/config_reference.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "app/config_scalar.h"
#include "app/config_schema.h"

namespace waymark::app {
namespace {

std::string code(std::string_view text) { return fmt::format("`{}`", text); }

std::string codes(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + code(word);
  return text;
}

std::string message_type(const Descriptor& type) {
  if (is_choice(type)) return "choice";
  const FieldDescriptor* short_form = short_form_of(type);
  if (short_form == nullptr) return "mapping";
  return fmt::format("{} or mapping", name_of(rule_of(*short_form).unit()));
}

std::string element_type(const FieldDescriptor& field) {
  if (field.message_type() != nullptr) return message_type(*field.message_type());
  if (field.enum_type() != nullptr) return "word";
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL) return "boolean";
  return std::string(name_of(rule_of(field).unit()));
}

std::string type_of(const FieldDescriptor& field) {
  return field.is_repeated() ? fmt::format("list ({})", element_type(field)) : element_type(field);
}

std::string default_of(const schema::Rule& rule) {
  if (rule.required()) return "required";
  return rule.default_text().empty() ? "" : code(rule.default_text());
}

std::string allowed_of(const FieldDescriptor& field) {
  if (field.enum_type() != nullptr) return codes(words_of(*field.enum_type()));
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL) return codes({"true", "false"});
  if (field.message_type() != nullptr) {
    return is_choice(*field.message_type()) ? codes(field_names(*field.message_type())) : "";
  }
  const schema::Rule& rule = rule_of(field);
  std::string text = codes({rule.words().begin(), rule.words().end()});
  if (const std::string range = range_of(rule); !range.empty()) {
    text += (text.empty() ? "" : ", ") + range;
  }
  return text;
}

std::string path_of(const std::string& parent, const FieldDescriptor& field) {
  return (parent.empty() ? "" : parent + ".") + field.name() +
         (field.is_repeated() && field.message_type() != nullptr ? "[]" : "");
}

void add_header(std::string& out) {
  out += "\n| Field | Type | Default | Allowed | Meaning |\n|---|---|---|---|---|\n";
}

// A row for the field and, below it, for all it is made of.
void add_rows(std::string& out, const std::string& parent, const FieldDescriptor& field) {
  const std::string path = path_of(parent, field);
  out += fmt::format("| `{}` | {} | {} | {} | {} |\n", path, type_of(field),
                     default_of(rule_of(field)), allowed_of(field), rule_of(field).doc());
  const Descriptor* message = field.message_type();
  if (message != nullptr && !rule_of(field).described()) {
    for (int i = 0; i < message->field_count(); ++i) add_rows(out, path, *message->field(i));
  }
}

}  // namespace

std::string config_reference() {
  const Descriptor& root = *schema::Config::descriptor();
  std::string out = "### Top level\n";
  add_header(out);
  for (int i = 0; i < root.field_count(); ++i) {
    if (root.field(i)->message_type() == nullptr) add_rows(out, "", *root.field(i));
  }
  for (int i = 0; i < root.field_count(); ++i) {
    const FieldDescriptor& section = *root.field(i);
    if (section.message_type() == nullptr) continue;
    out += fmt::format("\n### {}\n", section.name());
    add_header(out);
    add_rows(out, "", section);
  }
  return out;
}

}  // namespace waymark::app
