#include "ctl/overview_commands.h"

#include "commands.h"
#include "ctl/stats_commands.h"
#include "ctl/stream_commands.h"
#include "ctl/top.h"

using namespace waymark;

namespace {

struct PoolName {
  std::string name;
};

struct Top {
  double interval = 1;
  bool once = false;
};

absl::Status run_version(ctl::Context& context) {
  return ctl::show_version(context, WAYMARK_VERSION);
}

void add_pools(CLI::App& app, Chosen& chosen) {
  CLI::App* const pools =
      add_command(app, "pools", "Pools of upstreams: how many serve, and whom",
                  "waymarkctl pools\n  waymarkctl pools show default", chosen, ctl::list_pools);
  pools->require_subcommand(0, 1);
  add_command(*pools, "list", "All pools; the same as without a command",
              "waymarkctl pools list -o json", chosen, ctl::list_pools);
  CLI::App* show = nullptr;
  const auto pool = add_command<PoolName>(*pools, show, "show", "One pool and its upstreams",
                                          "waymarkctl pools show default", chosen,
                                          [](ctl::Context& context, const PoolName& options) {
                                            return ctl::show_pool(context, options.name);
                                          });
  show->add_option("name", pool->name, "Its name")->required()->type_name("NAME");
}

}  // namespace

void add_overview_commands(CLI::App& app, Chosen& chosen) {
  add_command(app, "status", "How the proxy is: ready or why not, clients, memory, pools",
              "waymarkctl status --admin http://127.0.0.1:8000", chosen, ctl::show_status);
  add_pools(app, chosen);
  add_command(app, "listeners", "Where clients are accepted", "waymarkctl listeners", chosen,
              ctl::list_listeners);

  add_command(app, "stats",
              "Frames, answers, errors, answer times and frames a second, of all and each upstream",
              "waymarkctl stats", chosen, ctl::show_stats);

  CLI::App* events = nullptr;
  const auto event_options = add_command<ctl::EventsOptions>(
      app, events, "events", "What has happened: the events the proxy keeps, oldest first",
      "waymarkctl events\n"
      "  waymarkctl events -f -o json       one JSON object a line, until Ctrl-C",
      chosen, ctl::show_events);
  events->add_flag("-f,--follow", event_options->follow,
                   "Go on with what happens from now, until Ctrl-C");
  events->add_option("--after", event_options->after, "Only events behind the one with this id")
      ->type_name("ID");

  CLI::App* top = nullptr;
  const auto top_options = add_command<Top>(
      app, top, "top", "A live table of upstreams and their frames a second; q ends it",
      "waymarkctl top --interval 2\n"
      "  waymarkctl top --once              one table without a terminal",
      chosen, [](ctl::Context& context, const Top& options) {
        const ctl::Millis interval(static_cast<int>(options.interval * 1000));
        return ctl::run_top(context, {.interval = interval, .once = options.once});
      });
  top->add_option("--interval", top_options->interval, "Seconds between two readings, 0.1 to 60")
      ->check(seconds_between(0.1, 60))
      ->type_name("SECONDS")
      ->capture_default_str();
  top->add_flag("--once", top_options->once, "One table over one interval, then end");

  add_command(app, "dashboard",
              "The address of the web page, with the token: whoever has it may do what you may",
              "waymarkctl dashboard", chosen, ctl::show_dashboard);
  add_command(app, "version", "The version of this program and of the proxy, if it answers",
              "waymarkctl version", chosen, run_version);
}
