// The messages of the admin API as JSON, by their descriptors. proto/waymark/admin/v1/admin.proto
// says how JSON is written.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>
#include <vector>

#include "admin/json_document.h"

namespace waymark::admin {

[[nodiscard]] const api::Rule& rule_of(const google::protobuf::FieldDescriptor& field);

// "1 to 100", "at most 200", or empty where a rule has no bounds.
[[nodiscard]] std::string range_of(const api::Rule& rule);

// One line with a line feed at its end. Fields in the order of the schema, all of them but
// `optional` ones and messages that are not set. What is not UTF-8 is replaced.
[[nodiscard]] std::string write_json(const google::protobuf::Message& message);

// Fills `out`, which is empty, from an object that follows the rules of its schema. Answers
// everything that is wrong with it, by path ("filter.state"); `out` is then of no use.
[[nodiscard]] ErrorDetails read_json(std::string_view text, google::protobuf::Message& out);
// The same from a tree.
void read_json_value(const JsonValue& value, google::protobuf::Message& out, ErrorDetails& errors);

}  // namespace waymark::admin
