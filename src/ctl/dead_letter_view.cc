#include "ctl/dead_letter_view.h"

#include <fmt/format.h>

#include "ctl/base64.h"
#include "ctl/tap_view.h"

namespace waymark::ctl {
namespace {

std::string time_and_age(const Json& letter, std::string_view field, Instant now) {
  std::string time = text_of(letter, field);
  return time.empty() ? time : fmt::format("{} ({} ago)", time, short_age(time, now));
}

}  // namespace

std::string dead_letter_table(const Json& list, const Style& style, Instant now) {
  Table table({{"ID"},
               {"MARK"},
               {"SEQ", Align::right},
               {"POOL"},
               {"LISTENER"},
               {"UPSTREAM"},
               {"REASON"},
               {"ATTEMPTS", Align::right},
               {"SIZE", Align::right},
               {"RECEIVED", Align::right},
               {"DEAD", Align::right}});
  for (const Json& each : list_of(list, "dead_letters")) {
    table.add({text_of(each, "id"), text_of(each, "mark"), std::to_string(number_of(each, "seq")),
               text_of(each, "pool"), text_of(each, "listener"), text_of(each, "upstream"),
               text_of(each, "reason"), std::to_string(number_of(each, "attempts")),
               short_bytes(number_of(each, "payload_bytes")),
               short_age(text_of(each, "received_at"), now),
               short_age(text_of(each, "dead_at"), now)});
  }
  return table.to_string(style);
}

std::string dead_letter_details(const Json& content, const Style& style, Instant now) {
  const auto at = content.find("dead_letter");
  const Json letter = at == content.end() ? Json::object() : *at;
  Fields fields;
  fields.add("id", text_of(letter, "id"));
  fields.add("mark", text_of(letter, "mark"));
  fields.add("seq", std::to_string(number_of(letter, "seq")));
  fields.add("pool", text_of(letter, "pool"));
  fields.add("listener", text_of(letter, "listener"));
  fields.add("upstream", text_of(letter, "upstream"));
  fields.add("reason", text_of(letter, "reason"));
  fields.add("attempts", std::to_string(number_of(letter, "attempts")));
  fields.add("received", time_and_age(letter, "received_at", now));
  fields.add("dead", time_and_age(letter, "dead_at", now));
  fields.add("size", short_bytes(number_of(letter, "payload_bytes")));
  return fields.to_string(style) + '\n' +
         hexdump(from_base64(text_of(content, "payload")).value_or(""));
}

}  // namespace waymark::ctl
