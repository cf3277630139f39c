#include "chaos_command.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <variant>
#include <vector>

#include "base/status.h"
#include "lab/chaos.h"

namespace waymark {
namespace {

constexpr const char* kFooter =
    R"(Starts a lab of its own, with free ports or those of a lab.yaml, and upstreams that write
down every frame before they do anything with it. They are killed, stopped, frozen, slowed down and
told to misbehave at random, and at least one is always whole. Clients send numbered lines meanwhile.
In the end what they sent is compared with what upstreams were given.

Exit codes: 0 the guarantee has held, 1 it is broken or there is no verdict, 2 the command line or
lab.yaml is wrong.

Examples:
  waymark-lab chaos                                a minute, and other faults each time
  waymark-lab chaos --for 10s --seed 7             the faults of seed 7
  waymark-lab chaos --for 10s --seed 7 --dry-run   shows them alone)";

constexpr std::uint64_t kSeeds = 1'000'000;  // of those that are found at random

struct Chaos {
  std::string file;
  std::string length = "60s";
  std::optional<std::uint64_t> seed;
  std::size_t clients = 24;
  std::string journals;
  double timeout = 30;
  bool dry_run = false;
};

absl::Status run_chaos(const std::string& dir, const Chaos& chaos, ctl::Output& out) {
  const auto length = lab::parse_chaos_length(chaos.length);
  if (!length.ok()) {
    return error(length.status().code(), "--for: {}", message_of(length.status()));
  }
  lab::ChaosOptions options{
      .up = {.plan = {},
             .recipes = {},
             .dir = dir,
             .patience = std::chrono::milliseconds(static_cast<int>(chaos.timeout * 1000))},
      .length = *length,
      .seed = chaos.seed.value_or(std::random_device()() % kSeeds),
      .clients = chaos.clients,
      .journals = chaos.journals.empty() ? std::string()
                                         : std::filesystem::absolute(chaos.journals).string()};
  if (chaos.file.empty()) {
    options.up.plan.ports = {0, 0, 0, 0, 0};
  } else {
    lab::PlanResult plan = lab::load_plan(chaos.file);
    if (const auto* errors = std::get_if<std::vector<app::ConfigError>>(&plan)) {
      std::string text = app::to_string(*errors);
      text.pop_back();
      return absl::InvalidArgumentError(text);
    }
    options.up.plan = std::get<lab::Plan>(std::move(plan));
  }
  if (chaos.dry_run) {
    const auto schedule = lab::chaos_schedule(options);
    if (schedule.ok()) out.print(*schedule);
    return schedule.status();
  }
  return lab::run_chaos(options, out);
}

}  // namespace

void add_chaos_command(CLI::App& app, const std::string& dir, Run& run) {
  CLI::App* const command =
      app.add_subcommand("chaos", "Random faults under load, and whether a frame was lost");
  command->footer(kFooter);
  const auto chaos = std::make_shared<Chaos>();
  command->add_option("--for", chaos->length, "How long there are faults, 1s to 30m")
      ->capture_default_str()
      ->type_name("TIME");
  command->add_option("--seed", chaos->seed, "The same faults at the same times again")
      ->type_name("N");
  command->add_option("-c,--config", chaos->file, "lab.yaml; without it one proxy, three upstreams")
      ->type_name("FILE");
  command->add_option("--clients", chaos->clients, "Each sends 20 lines a second")
      ->check(CLI::Range(std::size_t{1}, lab::ChaosOptions::kMostClients))
      ->capture_default_str()
      ->type_name("N");
  command->add_option("--journals", chaos->journals, "Where what both ends wrote down is kept")
      ->type_name("DIR");
  command->add_option("--timeout", chaos->timeout, "Seconds until every proxy has every upstream")
      ->check(CLI::Range(1.0, 3600.0))
      ->capture_default_str()
      ->type_name("SECONDS");
  command->add_flag("--dry-run", chaos->dry_run, "Show the faults of the seed, and do nothing");
  command->callback([&run, &dir, chaos] {
    run = [&dir, chaos](ctl::Output& out) { return run_chaos(dir, *chaos, out); };
  });
}

}  // namespace waymark
