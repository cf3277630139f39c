#include "ctl/presence_commands.h"

#include "commands.h"

using namespace waymark;

namespace {

void add_page_options(CLI::App& command, ctl::PresenceOptions& options) {
  command.add_option("--pool", options.pool, "Only of this pool")->type_name("NAME");
  command.add_option("--limit", options.limit, "The most to show")
      ->check(CLI::Range(1, 1'000'000))
      ->type_name("N")
      ->capture_default_str();
}

}  // namespace

void add_presence_commands(CLI::App& app, Chosen& chosen) {
  CLI::App* names = nullptr;
  const auto name_options = add_command<ctl::PresenceOptions>(
      app, names, "names", "The names upstreams have given to clients, and who has them",
      "waymarkctl names --pool chat", chosen, ctl::list_names);
  add_page_options(*names, *name_options);

  CLI::App* groups = nullptr;
  const auto group_options = add_command<ctl::PresenceOptions>(
      app, groups, "groups", "The groups clients are in, or who is in one of them",
      "waymarkctl groups\n  waymarkctl groups lobby", chosen, ctl::list_groups);
  groups->add_option("group", group_options->group, "Shows its members")->type_name("GROUP");
  add_page_options(*groups, *group_options);
}
