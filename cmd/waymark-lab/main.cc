// waymark-lab: proxies and upstreams on this machine, to try things out and to break them.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "asking.h"
#include "base/status.h"
#include "behaviours.h"
#include "chaos_command.h"
#include "ctl/exit_code.h"
#include "ctl/output.h"
#include "ctl/terminal.h"
#include "lab/client.h"
#include "lab/run_dir.h"
#include "lab/up.h"
#include "load_command.h"

using namespace waymark;

namespace {

constexpr const char* kDescription =
    "Runs proxies and stub upstreams on this machine, to try things out and to break them.";

constexpr const char* kFooter = R"(Examples:
  waymark-lab up                              a proxy and three upstreams, in the foreground
  waymark-lab up -c lab.yaml                  as the file says
  waymark-lab ps                              in another terminal, as all that follows
  waymark-lab logs proxy-1 -f
  waymark-lab set stub-1 --delay 200ms --failure 12%
  waymark-lab kill stub-1
  waymark-lab load --clients 20 --rate 200 --for 60s
  waymark-lab down
  waymark-lab                                 asks what to do, on a terminal
  waymark-lab chaos --for 60s --seed 7        random faults under load, and what became of every frame

lab.yaml, every field with its default:
  proxies: 1                  # 1 to 16
  upstreams: 3                # 0 to 64; `workers` is another word for it
  average_delay: 0ms          # answers take half of it to one and a half
  failure_rate: 0%            # share of the frames that get no answer
  framing: line               # or raw
  reply: echo                 # or none, upper, 'template:{id}: {payload}'
  ports: { clients: 7900, upstreams: 7100, admin: 8100, telemetry: 9500, registry: 8200, api: 0 }
                              # the first of each, 0: any that are free
  # logs: /home/me/lab-logs   # kept there; without it they go with the lab

Exit codes: 0 done, 1 failed, 2 the command line or lab.yaml is wrong, 3 the lab was not reached,
5 no lab runs, or it has no such process.)";

using Values = std::vector<std::pair<std::string, std::string>>;

struct Common {
  std::string dir = lab::default_run_dir();
};

struct Up {
  std::string file;
  double timeout = 30;
};

absl::Status run_up(const Common& common, const Up& up, ctl::Output& out) {
  lab::UpOptions options{
      .plan = {},
      .dir = common.dir,
      .patience = std::chrono::milliseconds(static_cast<int>(up.timeout * 1000))};
  if (!up.file.empty()) {
    lab::PlanResult plan = lab::load_plan(up.file);
    if (const auto* errors = std::get_if<std::vector<app::ConfigError>>(&plan)) {
      std::string text = app::to_string(*errors);
      text.pop_back();
      return absl::InvalidArgumentError(text);
    }
    options.plan = std::get<lab::Plan>(std::move(plan));
  }
  return lab::run_lab(options, out);
}

// Runs `what` with the lab of the directory.
template <typename What>
Run with_lab(const std::shared_ptr<Common>& common, What what) {
  return [common, what](ctl::Output& out) {
    const auto client = lab::Client::find(common->dir);
    return client.ok() ? what(**client, out) : client.status();
  };
}

std::string behaviour_text(const ctl::Json& answer) {
  ctl::Fields fields;
  const ctl::Json& behaviour = ctl::object_of(answer, "behaviour");
  for (const BehaviourOption& each : kBehaviours) {
    fields.add(each.field, ctl::text_of(behaviour, each.field));
  }
  return fields.to_string(ctl::style_of(STDOUT_FILENO));
}

void add_set(CLI::App& app, const std::shared_ptr<Common>& common, Run& run) {
  CLI::App* const set = app.add_subcommand("set", "Change what an upstream does with frames");
  set->footer(
      "Without an option it shows what the upstream does. A new start undoes what was set.\n\n"
      "Example:\n  waymark-lab set stub-1 --delay 200ms --jitter 50ms --failure 12%");
  const auto name = std::make_shared<std::string>();
  const auto values = std::make_shared<Values>();
  set->add_option("name", *name, "The upstream")->required()->type_name("NAME");
  for (const BehaviourOption& each : kBehaviours) {
    set->add_option_function<std::string>(
           each.option,
           [values, field = each.field](const std::string& text) {
             values->emplace_back(field, text);
           },
           each.help)
        ->type_name(each.type);
  }
  set->callback([&run, common, name, values] {
    run = with_lab(common, [name, values](lab::Client& client, ctl::Output& out) {
      const auto answer = client.set(*name, *values);
      if (answer.ok()) out.print(behaviour_text(*answer));
      return answer.status();
    });
  });
}

void add_logs(CLI::App& app, const std::shared_ptr<Common>& common, Run& run) {
  struct Logs {
    std::string name;
    std::size_t lines = 100;
    bool follow = false;
  };
  CLI::App* const logs = app.add_subcommand("logs", "What a process has said");
  const auto options = std::make_shared<Logs>();
  logs->add_option("name", options->name, "The process")->required()->type_name("NAME");
  logs->add_option("-n,--lines", options->lines, "The last so many, 1 to 1000")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str()
      ->type_name("N");
  logs->add_flag("-f,--follow", options->follow, "Go on with what it says from now on");
  logs->callback([&run, common, options] {
    run = with_lab(common, [options](lab::Client& client, ctl::Output& out) {
      return client.print_log(options->name, options->lines, options->follow, out);
    });
  });
}

void add_action(CLI::App& app, const std::shared_ptr<Common>& common, Run& run,
                const std::string& action, const std::string& help) {
  CLI::App* const command = app.add_subcommand(action, help);
  const auto name = std::make_shared<std::string>();
  command->add_option("name", *name, "The process")->required()->type_name("NAME");
  command->callback([&run, common, name, action] {
    run = with_lab(common, [name, action](lab::Client& client, ctl::Output&) {
      return client.act(*name, action);
    });
  });
}

void add_commands(CLI::App& app, const std::shared_ptr<Common>& common, Run& run) {
  CLI::App* const up = app.add_subcommand("up", "Start a lab, and stay until it is ended");
  const auto up_options = std::make_shared<Up>();
  up->add_option("-c,--config", up_options->file, "lab.yaml; without it the defaults")
      ->type_name("FILE");
  up->add_option("--timeout", up_options->timeout, "Seconds until every proxy has every upstream")
      ->check(CLI::Range(1.0, 3600.0))
      ->capture_default_str()
      ->type_name("SECONDS");
  up->callback([&run, common, up_options] {
    run = [common, up_options](ctl::Output& out) { return run_up(*common, *up_options, out); };
  });
  app.add_subcommand("ps", "The processes of the lab")->callback([&run, common] {
    run = with_lab(common, [](lab::Client& client, ctl::Output& out) {
      const auto lab = client.lab();
      if (lab.ok()) out.print(lab::member_table(*lab, ctl::style_of(STDOUT_FILENO)));
      return lab.status();
    });
  });
  add_logs(app, common, run);
  add_action(app, common, run, "start", "Start a process that has ended");
  add_action(app, common, run, "stop", "End a process in order: SIGTERM, after 10 s SIGKILL");
  add_action(app, common, run, "kill", "End a process with SIGKILL");
  add_action(app, common, run, "freeze", "Stop a process in its tracks with SIGSTOP");
  add_action(app, common, run, "resume", "Let a frozen process go on");
  add_set(app, common, run);
  add_load(app, common->dir, run);
  add_chaos_command(app, common->dir, run);
  app.add_subcommand("down", "End the lab, and wait until nothing of it is left")
      ->callback([&run, common] {
        run = with_lab(common, [](lab::Client& client, ctl::Output&) { return client.down(); });
      });
}

int run_command_line(std::vector<std::string> arguments);

// Nothing is said to be done: it is asked where somebody can answer.
int ask_and_run(const CLI::App& app, const std::string& dir) {
  ctl::Output err(STDERR_FILENO);
  if (!ctl::can_ask()) {
    err.print(app.help());
    return ctl::kBadUsage;
  }
  const auto chosen = ask_what_to_do(dir, err);
  if (!chosen.ok()) {
    err.print(fmt::format("waymark-lab: {}\n", message_of(chosen.status())));
    return ctl::exit_code_of(chosen.status());
  }
  std::vector<std::string> words = *chosen;
  if (dir != lab::default_run_dir()) words.insert(words.begin(), {"--dir", dir});
  std::vector<std::string> shown = words;
  shown.insert(shown.begin(), "waymark-lab");
  err.print(fmt::format("\n$ {}\n", shell_line(shown)));
  return run_command_line(std::move(words));
}

int run_command_line(std::vector<std::string> arguments) {
  CLI::App app(kDescription, "waymark-lab");
  app.footer(kFooter);
  app.require_subcommand(0, 1);
  const auto common = std::make_shared<Common>();
  app.add_option("--dir", common->dir, "Where the lab has its files, and is found")
      ->type_name("DIR")
      ->capture_default_str();
  Run run;
  add_commands(app, common, run);
  for (CLI::App* const command : app.get_subcommands({})) command->fallthrough();
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes them
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& wrong) {
    return app.exit(wrong) == 0 ? ctl::kDone : ctl::kBadUsage;
  }
  if (!run) return ask_and_run(app, common->dir);
  ctl::Output out(STDOUT_FILENO);
  ctl::Output err(STDERR_FILENO);
  const absl::Status status = run(out);
  if (!status.ok()) err.print(fmt::format("waymark-lab: {}\n", message_of(status)));
  return ctl::exit_code_of(status);
}

}  // namespace

int main(int argc, char** argv) { return run_command_line({argv + 1, argv + argc}); }
