#include "ctl/event_view.h"

#include <fmt/format.h>

#include "ctl/json_fields.h"
#include "ctl/printable.h"
#include "ctl/units.h"

namespace waymark::ctl {
namespace {

// A value of an event: text bare if that cannot be mistaken, or else as JSON.
std::string value_text(const Json& value) {
  if (!value.is_string()) return printable(to_line(value));
  const auto& text = value.get_ref<const std::string&>();
  const bool is_bare = !text.empty() && text.find_first_of(" \"=") == text.npos;
  return printable(is_bare ? text : to_line(value));
}

std::string_view time_field(const Json& data) {
  for (const std::string_view field : {"at", "time"}) {
    if (parse_time(text_of(data, field))) return field;
  }
  return {};
}

}  // namespace

std::string event_line(const SseEvent& event, const Style& style) {
  const Json data = Json::parse(event.data, nullptr, false);
  const std::string_view time = time_field(data);
  std::string line;
  if (!time.empty()) line = painted(text_of(data, time), Colour::dim, style) + "  ";
  line += painted(printable(event.type), Colour::bold, style);
  if (!data.is_object()) return line + "  " + printable(event.data) + '\n';
  std::string_view gap = "  ";
  for (const auto& [field, value] : data.items()) {
    if (field == time) continue;
    line += fmt::format("{}{}={}", gap, printable(field), value_text(value));
    gap = " ";
  }
  return line + '\n';
}

std::string event_json(const SseEvent& event) {
  Json data = Json::parse(event.data, nullptr, false);
  if (data.is_discarded()) data = event.data;
  Json line = Json::object();
  line["id"] = event.id;
  line["event"] = event.type;
  line["data"] = std::move(data);
  return to_line(line) + '\n';
}

}  // namespace waymark::ctl
