#include "ctl/upstream_view.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "ctl/printable.h"

namespace waymark::ctl {
namespace {

std::string weight_of(const Json& upstream) {
  const auto percent = number_of(upstream, "weight_percent");
  const auto weight = number_of(upstream, "weight");
  return percent < 100 && upstream.contains("weight_percent")
             ? fmt::format("{} ({}%)", weight, percent)
             : std::to_string(weight);
}

// The name it gave itself; nothing if that is its address.
std::string own_name(const Json& upstream) {
  std::string name = text_of(upstream, "name");
  return name == text_of(upstream, "address") ? std::string() : name;
}

Colour colour_of_admin_state(std::string_view state) {
  return state == "ready" ? Colour::none : Colour::yellow;
}

std::string time_and(const std::string& time, std::string_view word, const std::string& distance) {
  return time.empty() ? time : fmt::format("{} ({}{})", time, distance, word);
}

}  // namespace

Colour colour_of_state(std::string_view state) {
  constexpr std::array kColours = {
      std::pair{std::string_view("ready"), Colour::green},
      std::pair{std::string_view("unhealthy"), Colour::red},
      std::pair{std::string_view("dead"), Colour::red},
      std::pair{std::string_view("backing_off"), Colour::red},
      std::pair{std::string_view("stopped"), Colour::dim},
  };
  for (const auto& [name, colour] : kColours) {
    if (name == state) return colour;
  }
  return Colour::yellow;
}

std::string ready_links(const Json& upstream) {
  const Json& links = list_of(upstream, "links");
  std::size_t ready = 0;
  for (const Json& link : links) ready += text_of(link, "state") == "ready" ? 1 : 0;
  return fmt::format("{}/{}", ready, links.size());
}

std::string upstream_table(const Json& list, const Style& style, Instant now) {
  Table table({{"ADDRESS"},
               {"NAME"},
               {"POOL"},
               {"STATE"},
               {"SINCE", Align::right},
               {"ADMIN"},
               {"WEIGHT", Align::right},
               {"CONNS", Align::right},
               {"LINKS", Align::right},
               {"SOURCE"},
               {"ID"},
               {"PROBLEM"}});
  for (const Json& upstream : list_of(list, "upstreams")) {
    const std::string state = text_of(upstream, "state");
    const std::string admin_state = text_of(upstream, "admin_state");
    table.add({text_of(upstream, "address"), own_name(upstream), text_of(upstream, "pool"),
               Cell(state, colour_of_state(state)),
               short_age(text_of(upstream, "state_since"), now),
               Cell(admin_state, colour_of_admin_state(admin_state)), weight_of(upstream),
               short_count(number_of(upstream, "connections")), ready_links(upstream),
               text_of(upstream, "source"), text_of(upstream, "id"),
               Cell(text_of(upstream, "problem"), Colour::dim)});
  }
  return table.to_string(style);
}

std::string upstream_details(const Json& upstream, const Style& style, Instant now) {
  const std::string state = text_of(upstream, "state");
  const std::string since = text_of(upstream, "state_since");
  const std::string lease = text_of(upstream, "lease_expires_at");
  Fields fields;
  fields.add("id", text_of(upstream, "id"));
  fields.add("address", text_of(upstream, "address"));
  fields.add("name", text_of(upstream, "name"));
  fields.add("pool", text_of(upstream, "pool"));
  fields.add("source", text_of(upstream, "source"));
  fields.add("state", Cell(state, colour_of_state(state)));
  fields.add("since", time_and(since, " ago", short_age(since, now)));
  fields.add("admin state", text_of(upstream, "admin_state"));
  fields.add("problem", text_of(upstream, "problem"));
  fields.add("health", text_of(upstream, "health"));
  fields.add("failures", std::to_string(number_of(upstream, "failures")));
  fields.add("weight", weight_of(upstream));
  fields.add("protocol", text_of(upstream, "protocol"));
  fields.add("connections", grouped(number_of(upstream, "connections")));
  if (!lease.empty()) {
    fields.add("lease ends", time_and(lease, " left", short_wait(lease, now)));
  }
  if (upstream.contains("metadata") && upstream["metadata"].is_object()) {
    for (const auto& [key, value] : upstream["metadata"].items()) {
      fields.add("metadata", fmt::format("{}: {}", key, text_of(upstream["metadata"], key)));
    }
  }
  std::string out = fields.to_string(style);
  const Json& links = list_of(upstream, "links");
  if (links.empty()) return out;
  Table table({{"LINK", Align::right},
               {"STATE"},
               {"CONNS", Align::right},
               {"WAITING", Align::right},
               {"OUTSTANDING", Align::right},
               {"FRAMES SENT", Align::right},
               {"BATCHES", Align::right},
               {"RECEIVED", Align::right},
               {"LOST", Align::right},
               {"FAILED", Align::right},
               {"PROBLEM"}});
  for (const Json& link : links) {
    const std::string link_state = text_of(link, "state");
    table.add({std::to_string(number_of(link, "worker")),
               Cell(link_state, colour_of_state(link_state)),
               short_count(number_of(link, "connections")),
               short_count(number_of(link, "waiting_connections")),
               fmt::format("{} ({})", short_count(number_of(link, "outstanding_frames")),
                           short_bytes(number_of(link, "outstanding_bytes"))),
               grouped(number_of(link, "frames_sent")), grouped(number_of(link, "batches_sent")),
               grouped(number_of(link, "messages_received")),
               std::to_string(number_of(link, "times_lost")),
               std::to_string(number_of(link, "times_failed")), text_of(link, "problem")});
  }
  return out + '\n' + table.to_string(style);
}

std::string upstream_line(const Json& upstream) {
  std::string wish = printable(text_of(upstream, "admin_state"));
  if (wish == "drain") wish = "drained";
  if (wish == "maintenance") wish = "in maintenance";
  const auto connections = number_of(upstream, "connections");
  return fmt::format("{}: {}, meant to be {}, weight {}, {} connection{} (id {})\n",
                     printable(text_of(upstream, "address")), printable(text_of(upstream, "state")),
                     wish, weight_of(upstream), grouped(connections), plural(connections),
                     printable(text_of(upstream, "id")));
}

}  // namespace waymark::ctl
