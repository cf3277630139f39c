#include "ctl/connection_view.h"

#include <fmt/format.h>

namespace waymark::ctl {
namespace {

std::string time_and_age(const Json& connection, std::string_view field, Instant now) {
  std::string time = text_of(connection, field);
  return time.empty() ? time : fmt::format("{} ({} ago)", time, short_age(time, now));
}

std::string traffic(const Json& connection, std::string_view frames, std::string_view bytes) {
  const std::uint64_t count = number_of(connection, frames);
  return fmt::format("{} frame{}, {}", grouped(count), plural(count),
                     short_bytes(number_of(connection, bytes)));
}

// What keeps the connection from flowing, in a word or two.
std::string remarks(const Json& connection) {
  std::string out;
  const auto add = [&out](std::string_view word) {
    if (!out.empty()) out += ", ";
    out += word;
  };
  if (text_of(connection, "upstream").empty()) add("held");
  if (flag_of(connection, "paused")) add("paused");
  if (flag_of(connection, "up_ended")) add("half-closed");
  return out;
}

std::string joined(const Json& texts) {
  std::string out;
  for (const Json& text : texts) {
    if (!text.is_string()) continue;
    out += (out.empty() ? "" : ", ") + text.get<std::string>();
  }
  return out;
}

// The members of an object of texts: "lang=en, plan=free".
std::string pairs_of(const Json& object, const char* field) {
  std::string out;
  for (const auto& [key, value] : object_of(object, field).items()) {
    if (!value.is_string()) continue;
    out += fmt::format("{}{}={}", out.empty() ? "" : ", ", key, value.get<std::string>());
  }
  return out;
}

}  // namespace

std::string connection_table(const Json& list, const Style& style, Instant now) {
  Table table({{"MARK"},
               {"PEER"},
               {"LISTENER"},
               {"UPSTREAM"},
               {"STATE"},
               {"AGE", Align::right},
               {"IDLE", Align::right},
               {"FRAMES UP", Align::right},
               {"DOWN", Align::right},
               {"BYTES UP", Align::right},
               {"DOWN", Align::right},
               {"QUEUED", Align::right},
               {"REMARKS"}});
  for (const Json& each : list_of(list, "connections")) {
    const std::string state = text_of(each, "state");
    table.add(
        {text_of(each, "mark"), text_of(each, "peer"), text_of(each, "listener"),
         text_of(each, "upstream_address"),
         Cell(state, state == "active" ? Colour::green : Colour::dim),
         short_age(text_of(each, "opened_at"), now), short_age(text_of(each, "last_frame_at"), now),
         short_count(number_of(each, "frames_up")), short_count(number_of(each, "frames_down")),
         short_bytes(number_of(each, "bytes_up")), short_bytes(number_of(each, "bytes_down")),
         short_bytes(number_of(each, "queued_bytes")), Cell(remarks(each), Colour::yellow)});
  }
  return table.to_string(style);
}

std::string connection_details(const Json& connection, const Style& style, Instant now) {
  const std::string address = text_of(connection, "upstream_address");
  const std::string id = text_of(connection, "upstream");
  Fields fields;
  fields.add("mark", text_of(connection, "mark"));
  fields.add("from", fmt::format("{}, trust: {}", text_of(connection, "mark_source"),
                                 text_of(connection, "trust")));
  if (const std::string key = text_of(connection, "key"); !key.empty()) fields.add("key", key);
  fields.add("incarnation", std::to_string(number_of(connection, "incarnation")));
  fields.add("peer", text_of(connection, "peer"));
  fields.add("local", text_of(connection, "local"));
  fields.add("listener", text_of(connection, "listener"));
  fields.add("pool", text_of(connection, "pool"));
  fields.add("worker", std::to_string(number_of(connection, "worker")));
  fields.add("upstream",
             id.empty() ? "none: the connection is held" : fmt::format("{} (id {})", address, id));
  fields.add("epoch", std::to_string(number_of(connection, "epoch")));
  fields.add("state", text_of(connection, "state"));
  fields.add("opened", time_and_age(connection, "opened_at", now));
  fields.add("last frame", time_and_age(connection, "last_frame_at", now));
  fields.add("up", traffic(connection, "frames_up", "bytes_up"));
  fields.add("down", traffic(connection, "frames_down", "bytes_down"));
  fields.add("queued", short_bytes(number_of(connection, "queued_bytes")));
  fields.add("client has ended", flag_of(connection, "up_ended") ? "yes" : "no");
  fields.add("read from", flag_of(connection, "paused") ? "no, paused" : "yes");
  const Json& presence = object_of(connection, "presence");
  fields.add("names", joined(list_of(presence, "names")));
  fields.add("groups", joined(list_of(presence, "groups")));
  fields.add("attributes", pairs_of(presence, "attributes"));
  return fields.to_string(style);
}

}  // namespace waymark::ctl
