#include "app/config_schema.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <numeric>

namespace waymark::app {
namespace {

constexpr std::size_t kMaxTypos = 2;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// Values carry the name of their enum, as proto style wants: "OnDoubt" -> "ON_DOUBT_".
std::size_t prefix_size(const EnumDescriptor& type) {
  const std::string& name = type.name();
  const auto words =
      std::count_if(name.begin(), name.end(), [](unsigned char c) { return std::isupper(c) != 0; });
  return name.size() + static_cast<std::size_t>(words);
}

std::string word_of(const EnumValueDescriptor& value) {
  return lower(std::string_view(value.name()).substr(prefix_size(*value.type())));
}

// Levenshtein's distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

const std::string* closest(const std::vector<std::string>& allowed, std::string_view written) {
  const std::string* best = nullptr;
  std::size_t least = kMaxTypos + 1;
  for (const std::string& candidate : allowed) {
    if (written.size() > candidate.size() + kMaxTypos) continue;
    const std::size_t typos = distance(lower(written), candidate);
    // Two typos in a word of three letters are another word.
    if (typos < least && typos * 2 < candidate.size()) {
      best = &candidate;
      least = typos;
    }
  }
  return best;
}

}  // namespace

const schema::Rule& rule_of(const FieldDescriptor& field) {
  return field.options().GetExtension(schema::rule);
}

const FieldDescriptor* short_form_of(const Descriptor& message) {
  const std::string name = message.options().GetExtension(schema::short_form);
  return name.empty() ? nullptr : message.FindFieldByName(name);
}

bool is_choice(const Descriptor& message) {
  return message.oneof_decl_count() == 1 &&
         message.oneof_decl(0)->field_count() == message.field_count();
}

std::vector<std::string> field_names(const Descriptor& message) {
  std::vector<std::string> names;
  for (int i = 0; i < message.field_count(); ++i) names.push_back(message.field(i)->name());
  return names;
}

std::vector<std::string> words_of(const EnumDescriptor& type) {
  std::vector<std::string> words;
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() != 0) words.push_back(word_of(*type.value(i)));
  }
  return words;
}

const EnumValueDescriptor* find_word(const EnumDescriptor& type, std::string_view word) {
  for (int i = 0; i < type.value_count(); ++i) {
    const EnumValueDescriptor* value = type.value(i);
    if (value->number() != 0 && word_of(*value) == word) return value;
  }
  return nullptr;
}

std::string allowed_list(const std::vector<std::string>& allowed, std::string_view written) {
  std::string text = fmt::format("allowed: {}", fmt::join(allowed, ", "));
  if (const std::string* meant = closest(allowed, written)) {
    text += fmt::format("; did you mean {}?", *meant);
  }
  return text;
}

std::string range_of(const schema::Rule& rule) {
  if (!rule.min().empty() && !rule.max().empty()) {
    return fmt::format("{} to {}", rule.min(), rule.max());
  }
  if (!rule.min().empty()) return fmt::format("at least {}", rule.min());
  if (!rule.max().empty()) return fmt::format("at most {}", rule.max());
  return "";
}

}  // namespace waymark::app
