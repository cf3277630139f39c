// What happens, step by step: made from a seed, run against a World, and made smaller when it
// breaks a rule.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace waymark::model {

enum class Happening : std::uint8_t {
  pool_dispatches,  // before all else; how is `which`, as in proxy::Dispatch
  client_connects,
  client_sends,
  client_ends,
  client_resets,
  client_stops_reading,
  client_reads,
  link_writes,
  link_completes,
  upstream_hears,
  upstream_answers,
  upstream_acks,
  upstream_acks_through,
  upstream_refuses,
  upstream_gives_up,
  upstream_repeats,
  upstream_mistakes_a_mark,
  upstream_half_closes,
  upstream_closes,
  upstream_sends,
  upstream_asks_to_drain,
  proxy_hears,
  upstream_dies,
  upstream_comes,
  operator_drains,
  operator_rests,
  operator_serves,
  time_passes,
};
inline constexpr std::size_t kHappenings = 28;

struct Step {
  Happening what = Happening::time_passes;
  std::uint32_t which = 0;  // of whom, or how much; any number means something
};

using Schedule = std::vector<Step>;

[[nodiscard]] Schedule make_schedule(std::uint64_t seed);

// Runs it, lets everything settle, ends all clients. The rule that was broken; empty if none was.
// `trace` gets what upstreams were told.
[[nodiscard]] std::string run(const Schedule& schedule, std::string* trace = nullptr);

// The fewest steps found that still break `rule`.
[[nodiscard]] Schedule shrink(Schedule schedule, const std::string& rule);

[[nodiscard]] std::string to_string(const Schedule& schedule);

}  // namespace waymark::model
