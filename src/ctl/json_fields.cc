#include "ctl/json_fields.h"

namespace waymark::ctl {
namespace {

// Null if it is not there.
const Json* find(const Json& object, std::string_view field) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(std::string(field));
  return found == object.end() ? nullptr : &*found;
}

}  // namespace

std::string text_of(const Json& object, std::string_view field) {
  const Json* const value = find(object, field);
  const auto* const text = value == nullptr ? nullptr : value->get_ptr<const std::string*>();
  return text == nullptr ? std::string() : *text;
}

std::uint64_t number_of(const Json& object, std::string_view field) {
  const Json* const value = find(object, field);
  return value != nullptr && value->is_number_unsigned() ? value->get<std::uint64_t>() : 0;
}

double real_of(const Json& object, std::string_view field) {
  const Json* const value = find(object, field);
  return value != nullptr && value->is_number() ? value->get<double>() : 0;
}

bool flag_of(const Json& object, std::string_view field) {
  const Json* const value = find(object, field);
  return value != nullptr && value->is_boolean() && value->get<bool>();
}

const Json& list_of(const Json& object, std::string_view field) {
  static const Json kNone = Json::array();
  const Json* const value = find(object, field);
  return value != nullptr && value->is_array() ? *value : kNone;
}

const Json& object_of(const Json& object, std::string_view field) {
  static const Json kEmpty = Json::object();
  const Json* const value = find(object, field);
  return value != nullptr && value->is_object() ? *value : kEmpty;
}

std::string to_line(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace waymark::ctl
