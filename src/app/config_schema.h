// The configuration's schema, read off the descriptors of proto/waymark/config/v1.
#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <string_view>
#include <vector>

#include "waymark/config/v1/config.pb.h"

namespace waymark::app {

namespace schema = ::waymark::config::v1;

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;

[[nodiscard]] const schema::Rule& rule_of(const FieldDescriptor& field);

// The field that a plain value stands for in place of a message; nullptr where it stands for none.
[[nodiscard]] const FieldDescriptor* short_form_of(const Descriptor& message);

// Whether a message is one oneof and nothing else: exactly one field, or its name alone.
[[nodiscard]] bool is_choice(const Descriptor& message);

[[nodiscard]] std::vector<std::string> field_names(const Descriptor& message);

// The values of an enum as they are written: FORMAT_JSON of Format is "json". UNSPECIFIED is none.
[[nodiscard]] std::vector<std::string> words_of(const EnumDescriptor& type);
[[nodiscard]] const EnumValueDescriptor* find_word(const EnumDescriptor& type,
                                                   std::string_view word);

// "allowed: a, b, c", and the one that `written` was perhaps meant to be.
[[nodiscard]] std::string allowed_list(const std::vector<std::string>& allowed,
                                       std::string_view written);

// "1 to 16MiB", "at least 1", or empty where a rule has no bounds.
[[nodiscard]] std::string range_of(const schema::Rule& rule);

}  // namespace waymark::app
