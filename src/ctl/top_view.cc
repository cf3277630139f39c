#include "ctl/top_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "ctl/columns.h"
#include "ctl/printable.h"
#include "ctl/upstream_view.h"

namespace waymark::ctl {
namespace {

constexpr std::size_t kHeadLines = 4;  // two of numbers, an empty one, the titles

std::string cut(std::string text, const Style& style) {
  if (style.width > 0) text.resize(fit(text, style.width).size());
  return text + '\n';
}

std::string head(const Json& info, const Rate& total, const Style& style, Instant now) {
  const std::string state = flag_of(info, "draining") ? "draining"
                            : flag_of(info, "ready")  ? "ready"
                                                      : "not ready";
  return cut(fmt::format("waymark {} on {}, {}, up {}", printable(text_of(info, "version")),
                         printable(text_of(info, "proxy_id")), state,
                         short_age(text_of(info, "started_at"), now)),
             style) +
         cut(fmt::format("{} connection{}, {} without upstream, {} queued, "
                         "{} frames/s up, {} messages/s down",
                         grouped(number_of(info, "connections")),
                         plural(number_of(info, "connections")),
                         grouped(number_of(info, "held_connections")),
                         short_bytes(number_of(info, "memory_used_bytes")),
                         short_rate(total.frames_up), short_rate(total.messages_down)),
             style);
}

std::string first_lines(std::string text, std::size_t most) {
  std::size_t end = 0;
  for (std::size_t line = 0; line < most && end < text.size(); ++line) {
    end = text.find('\n', end) + 1;
  }
  text.resize(end);
  return text;
}

// Where there is no room for all, those with the most connections stay.
std::vector<const Json*> chosen(const Json& list, std::size_t most) {
  std::vector<const Json*> rows;
  for (const Json& upstream : list_of(list, "upstreams")) rows.push_back(&upstream);
  if (rows.size() <= most) return rows;
  std::stable_sort(rows.begin(), rows.end(), [](const Json* a, const Json* b) {
    return number_of(*a, "connections") > number_of(*b, "connections");
  });
  rows.resize(most);
  return rows;
}

std::uint64_t sum_over_links(const Json& upstream, std::string_view field) {
  std::uint64_t sum = 0;
  for (const Json& link : list_of(upstream, "links")) sum += number_of(link, field);
  return sum;
}

}  // namespace

std::string top_view(const Json& info, const Json& upstreams, const Rates& rates,
                     const Style& style, std::size_t max_lines, Instant now) {
  Table table({{"UPSTREAM"},
               {"POOL"},
               {"STATE"},
               {"ADMIN"},
               {"LINKS", Align::right},
               {"CONNS", Align::right},
               {"FRAMES/S UP", Align::right},
               {"MSGS/S DOWN", Align::right},
               {"OUTSTANDING", Align::right},
               {"LOST", Align::right},
               {"PROBLEM"}});
  const std::size_t room = max_lines > kHeadLines ? max_lines - kHeadLines : 0;
  for (const Json* const upstream : chosen(upstreams, room)) {
    const std::string state = text_of(*upstream, "state");
    const auto rate = rates.of(text_of(*upstream, "id"));
    table.add({text_of(*upstream, "address"), text_of(*upstream, "pool"),
               Cell(state, colour_of_state(state)), text_of(*upstream, "admin_state"),
               ready_links(*upstream), short_count(number_of(*upstream, "connections")),
               rate ? short_rate(rate->frames_up) : std::string(),
               rate ? short_rate(rate->messages_down) : std::string(),
               short_count(sum_over_links(*upstream, "outstanding_frames")),
               short_count(sum_over_links(*upstream, "times_lost")),
               Cell(text_of(*upstream, "problem"), Colour::dim)});
  }
  return first_lines(head(info, rates.total(), style, now) + '\n' + table.to_string(style),
                     max_lines);
}

}  // namespace waymark::ctl
