#include "admin/openapi.h"

#include <fmt/format.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "admin/json_message.h"

namespace waymark::admin {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

JsonValue reference_to(const Descriptor& type) {
  return {{"$ref", "#/components/schemas/" + type.name()}};
}

std::uint64_t number_of(const std::string& text) {
  return std::strtoull(text.c_str(), nullptr, 10);  // of the schema, so it is one
}

JsonValue schema_of_value(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return {{"type", "boolean"}};
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return {{"type", "integer"}, {"format", "int64"}, {"minimum", 0}};
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return {{"type", "number"}, {"minimum", 0}};
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return reference_to(*field.message_type());
    default:
      return {{"type", "string"}};
  }
}

JsonValue schema_of_field(const FieldDescriptor& field) {
  const api::Rule& rule = rule_of(field);
  JsonValue schema;
  if (field.is_map()) {
    schema = {{"type", "object"}, {"additionalProperties", {{"type", "string"}}}};
  } else if (field.is_repeated()) {
    schema = {{"type", "array"}, {"items", schema_of_value(field)}};
  } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    // OpenAPI 3.0 ignores what stands beside a $ref.
    schema["allOf"] = JsonValue::array({schema_of_value(field)});
  } else {
    schema = schema_of_value(field);
    const bool text = field.cpp_type() == FieldDescriptor::CPPTYPE_STRING;
    for (const std::string& word : rule.words()) schema["enum"].push_back(word);
    if (!rule.min().empty()) schema[text ? "minLength" : "minimum"] = number_of(rule.min());
    if (!rule.max().empty()) schema[text ? "maxLength" : "maximum"] = number_of(rule.max());
  }
  schema["description"] = rule.doc();
  return schema;
}

JsonValue schema_of_message(const Descriptor& type) {
  JsonValue schema = {{"type", "object"}, {"additionalProperties", false}};
  schema["properties"] = JsonValue::object();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    schema["properties"][field.name()] = schema_of_field(field);
    if (rule_of(field).required()) schema["required"].push_back(field.name());
  }
  return schema;
}

void collect_types(const Descriptor& type, std::set<const Descriptor*>& types) {
  if (!types.insert(&type).second) return;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (!field.is_map() && field.message_type() != nullptr) {
      collect_types(*field.message_type(), types);
    }
  }
}

JsonValue parameters_of(const Route& route) {
  JsonValue list = JsonValue::array();
  for (const std::string& name : path_parameters(route.path)) {
    list.push_back(
        {{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}});
  }
  for (const Parameter& parameter : route.query) {
    JsonValue schema = {{"type", parameter.max == 0 ? "string" : "integer"}};
    if (parameter.max != 0) {
      schema["minimum"] = parameter.min;
      schema["maximum"] = parameter.max;
    }
    for (const std::string& word : parameter.words) schema["enum"].push_back(word);
    list.push_back({{"name", parameter.name},
                    {"in", "query"},
                    {"description", parameter.doc},
                    {"schema", std::move(schema)}});
  }
  return list;
}

JsonValue content(const std::string& type, JsonValue schema) {
  return {{type, {{"schema", std::move(schema)}}}};
}

JsonValue operation_of(const Route& route) {
  JsonValue operation;
  operation["summary"] = route.doc;
  operation["tags"] = {route.role == Role::kRegistry ? "registry" : "admin"};
  operation["x-waymark-role"] = name_of(route.role);
  operation["security"] = JsonValue::array();
  if (route.role != Role::kNone) {
    operation["security"].push_back({{"token", JsonValue::array()}});
  }
  operation["parameters"] = parameters_of(route);
  if (route.takes != nullptr) {
    operation["requestBody"]["content"] = content("application/json", reference_to(*route.takes));
  }
  JsonValue success = {{"description", "Done."}};
  success["content"] = content(
      route.content_type,
      route.answers != nullptr
          ? reference_to(*route.answers)
          : JsonValue{{"type", route.content_type == "application/json" ? "object" : "string"}});
  operation["responses"][std::to_string(route.status)] = std::move(success);
  operation["responses"]["default"] = {
      {"description", "Why it was not done."},
      {"content", content("application/json", reference_to(*api::Error::descriptor()))}};
  return operation;
}

std::string lower(const std::string& method) {
  std::string out;
  for (const char c : method) out.push_back(static_cast<char>(c - 'A' + 'a'));
  return out;
}

}  // namespace

std::string openapi_json(const std::vector<Route>& routes) {
  JsonValue document;
  document["openapi"] = "3.0.3";
  document["info"] = {{"title", "Waymark admin API"}, {"version", "v1"}};
  std::set<const Descriptor*> types;
  collect_types(*api::Error::descriptor(), types);
  for (const Route& route : routes) {
    document["paths"][route.path][lower(route.method)] = operation_of(route);
    if (route.takes != nullptr) collect_types(*route.takes, types);
    if (route.answers != nullptr) collect_types(*route.answers, types);
  }
  const auto& file = *api::Error::descriptor()->file();
  for (int i = 0; i < file.message_type_count(); ++i) {
    const Descriptor& type = *file.message_type(i);
    if (types.contains(&type)) {
      document["components"]["schemas"][type.name()] = schema_of_message(type);
    }
  }
  document["components"]["securitySchemes"]["token"] = {{"type", "http"}, {"scheme", "bearer"}};
  return document.dump() + "\n";
}

}  // namespace waymark::admin
