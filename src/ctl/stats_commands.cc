#include "ctl/stats_commands.h"

#include <fmt/format.h>

#include "ctl/json_fields.h"
#include "ctl/table.h"
#include "ctl/units.h"

namespace waymark::ctl {
namespace {

// "-" where nothing was measured.
std::string short_time(const Json& times, const char* which) {
  if (number_of(times, "measured") == 0) return "-";
  const double ms = real_of(times, which);
  if (ms < 1) return fmt::format("{:.0f} us", ms * 1'000);
  return ms < 10 ? fmt::format("{:.1f} ms", ms) : fmt::format("{:.0f} ms", ms);
}

Cell count_of_errors(const Json& errors, const char* which) {
  const std::uint64_t count = number_of(errors, which);
  return {grouped(count), count == 0 ? Colour::none : Colour::red};
}

void add_row(Table& table, const std::string& name, const std::string& state, const Json& counted) {
  const Json& errors = object_of(counted, "errors");
  const Json& times = object_of(counted, "answer_time");
  const Json& rates = object_of(counted, "frames_per_second");
  const Millis uptime(1'000 * number_of(counted, "uptime_seconds"));
  table.add({name, state, uptime.count() == 0 ? "-" : short_duration(uptime),
             grouped(number_of(counted, "connections")), grouped(number_of(counted, "frames")),
             grouped(number_of(counted, "answers")), count_of_errors(errors, "failed_answers"),
             count_of_errors(errors, "timed_out"), count_of_errors(errors, "dead_lettered"),
             short_time(times, "mean_ms"), short_time(times, "p50_ms"), short_time(times, "p99_ms"),
             short_rate(real_of(rates, "last_second")), short_rate(real_of(rates, "last_minute")),
             short_rate(real_of(rates, "last_15_minutes"))});
}

}  // namespace

std::string stats_table(const Json& stats, const Style& style) {
  Table table({{"WHO"},
               {"STATE"},
               {"UPTIME", Align::right},
               {"CONNS", Align::right},
               {"FRAMES", Align::right},
               {"ANSWERS", Align::right},
               {"FAILED", Align::right},
               {"TIMED OUT", Align::right},
               {"DEAD", Align::right},
               {"MEAN", Align::right},
               {"P50", Align::right},
               {"P99", Align::right},
               {"1 S", Align::right},
               {"1 MIN", Align::right},
               {"15 MIN", Align::right}});
  add_row(table, "total", "", object_of(stats, "total"));
  for (const Json& upstream : list_of(stats, "upstreams")) {
    add_row(table, text_of(upstream, "name"), text_of(upstream, "state"),
            object_of(upstream, "statistics"));
  }
  return table.to_string(style);
}

absl::Status show_stats(Context& context) {
  const auto stats = context.api.get("/v1/stats");
  if (!stats.ok()) return stats.status();
  if (context.json) {
    context.print_raw(*stats);
  } else {
    context.out.print(stats_table(stats->json, context.style));
  }
  return absl::OkStatus();
}

}  // namespace waymark::ctl
