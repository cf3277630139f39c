#include "schedule.h"

#include <fmt/format.h>

#include <array>
#include <random>
#include <string_view>

#include "play.h"

namespace waymark::model {
namespace {

struct Row {
  std::string_view name;
  unsigned weight;  // how often it happens
};

// In the order of Happening.
constexpr std::array<Row, kHappenings> kRows = {{
    {"pool_dispatches", 0},
    {"client_connects", 4},
    {"client_sends", 14},
    {"client_ends", 2},
    {"client_resets", 1},
    {"client_stops_reading", 1},
    {"client_reads", 3},
    {"link_writes", 14},
    {"link_completes", 12},
    {"upstream_hears", 14},
    {"upstream_answers", 12},
    {"upstream_acks", 4},
    {"upstream_acks_through", 3},
    {"upstream_refuses", 3},
    {"upstream_gives_up", 1},
    {"upstream_repeats", 2},
    {"upstream_mistakes_a_mark", 1},
    {"upstream_half_closes", 4},
    {"upstream_closes", 1},
    {"upstream_sends", 2},
    {"upstream_asks_to_drain", 1},
    {"proxy_hears", 20},
    {"upstream_dies", 3},
    {"upstream_comes", 6},
    {"operator_drains", 1},
    {"operator_rests", 1},
    {"operator_serves", 2},
    {"time_passes", 8},
}};

}  // namespace

Schedule make_schedule(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::array<unsigned, kHappenings> weights{};
  unsigned sum = 0;
  for (std::size_t i = 0; i < kHappenings; ++i) {
    // Schedules differ in what is common in them.
    weights[i] = kRows[i].weight * (1 + static_cast<unsigned>(random() % 4));
    if (random() % 8 == 0) weights[i] = 0;
    sum += weights[i];
  }
  const std::size_t steps = 20 + random() % 180;
  Schedule schedule = {{Happening::pool_dispatches, static_cast<std::uint32_t>(random() % 4)},
                       {Happening::upstream_comes, 0},
                       {Happening::upstream_comes, 1},
                       {Happening::client_connects, 0}};
  while (schedule.size() < steps) {
    auto drawn = static_cast<unsigned>(random() % sum);
    std::size_t what = 0;
    while (drawn >= weights[what]) drawn -= weights[what++];
    schedule.push_back({static_cast<Happening>(what), static_cast<std::uint32_t>(random())});
  }
  return schedule;
}

std::string run(const Schedule& schedule, std::string* trace) {
  const bool says_how = !schedule.empty() && schedule.front().what == Happening::pool_dispatches;
  Play play(static_cast<proxy::Dispatch>(says_how ? schedule.front().which % 4 : 0), trace);
  for (const Step& step : schedule) {
    play.take(step);
    if (!play.broken().empty()) return play.broken();
  }
  play.settle();
  return play.broken();
}

Schedule shrink(Schedule schedule, const std::string& rule) {
  for (std::size_t piece = schedule.size() / 2; piece > 0; piece /= 2) {
    for (std::size_t at = 0; at + piece <= schedule.size();) {
      Schedule without(schedule.begin(), schedule.begin() + static_cast<std::ptrdiff_t>(at));
      without.insert(without.end(), schedule.begin() + static_cast<std::ptrdiff_t>(at + piece),
                     schedule.end());
      if (run(without) == rule) {
        schedule = std::move(without);
      } else {
        at += piece;
      }
    }
  }
  return schedule;
}

std::string to_string(const Schedule& schedule) {
  std::string text;
  for (const Step& step : schedule) {
    text += fmt::format("  {} {}\n", kRows[static_cast<std::size_t>(step.what)].name, step.which);
  }
  return text;
}

}  // namespace waymark::model
