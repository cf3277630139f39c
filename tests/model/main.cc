// waymark-model: runs schedules against the proxy's decisions until a rule breaks.
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <string_view>

#include "schedule.h"

namespace {

constexpr char kUsage[] =
    R"(usage: waymark-model [--seconds S | --schedules N] [--seed N]

Plays schedules of clients, upstreams and links against the sources of src/proxy, with time and
chance of its own. Each schedule is made from a number, the first one from --seed.

  --seconds S     stop after so many seconds (default: 20)
  --schedules N   stop after so many schedules
  --seed N        number of the first schedule (default: the time)

Prints the number of the schedule that broke a rule and the fewest of its steps that do; exit code 1.
)";

bool read_number(std::string_view text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

int main(int argc, char** argv) {
  using Clock = std::chrono::steady_clock;
  std::uint64_t seconds = 20;
  std::uint64_t schedules = 0;
  auto seed = static_cast<std::uint64_t>(
      std::chrono::system_clock::now().time_since_epoch().count() / 1'000'000);
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    std::uint64_t* const target = option == "--seconds"     ? &seconds
                                  : option == "--schedules" ? &schedules
                                  : option == "--seed"      ? &seed
                                                            : nullptr;
    if (target == nullptr || !read_number(argv[i + 1], *target)) {
      std::fputs(kUsage, stderr);
      return 2;
    }
  }
  if (argc % 2 == 0) {
    std::fputs(kUsage, argv[1] == std::string_view("--help") ? stdout : stderr);
    return argv[1] == std::string_view("--help") ? 0 : 2;
  }

  const Clock::time_point end = Clock::now() + std::chrono::seconds(seconds);
  std::uint64_t done = 0;
  for (; schedules > 0 ? done < schedules : Clock::now() < end; ++done) {
    const waymark::model::Schedule schedule = waymark::model::make_schedule(seed + done);
    const std::string rule = waymark::model::run(schedule);
    if (rule.empty()) continue;
    const waymark::model::Schedule smallest = waymark::model::shrink(schedule, rule);
    std::string trace;
    (void)waymark::model::run(smallest, &trace);
    fmt::print("schedule {} breaks a rule: {}\n{} of its {} steps do:\n{}upstreams hear:\n{}",
               seed + done, rule, smallest.size(), schedule.size(),
               waymark::model::to_string(smallest), trace);
    return 1;
  }
  fmt::print("{} schedules from {} on, no rule broken\n", done, seed);
  return 0;
}
