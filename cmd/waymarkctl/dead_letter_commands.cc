#include "ctl/dead_letter_commands.h"

#include "base/status.h"
#include "commands.h"

using namespace waymark;

namespace {

struct List {
  ctl::DeadLetterFilter filter;
  std::uint64_t limit = 10'000;
};
struct Show {
  std::string id;
};
struct Act {
  std::string id;
  ctl::DeadLetterFilter filter;
  ctl::ManyDeadLetters many;
};

CLI::Option* add_id(CLI::App& command, std::string& id) {
  return command.add_option("id", id, "As `deadletters list` shows it")->type_name("ID");
}

void add_filter(CLI::App& command, ctl::DeadLetterFilter& filter) {
  command.add_option("--pool", filter.pool, "For upstreams of this pool")->type_name("NAME");
  command.add_option("--mark", filter.mark, "From the connection with this UUID")
      ->type_name("MARK");
  command.add_option("--reason", filter.reason, "all, max_attempts or given_up")
      ->check(CLI::IsMember({"all", "max_attempts", "given_up"}))
      ->type_name("REASON");
}

absl::Status run_action(ctl::Context& context, ctl::DeadLetterAction action, const Act& options) {
  if (options.id.empty()) {
    return ctl::act_on_dead_letters(context, action, options.filter, options.many);
  }
  if (!options.filter.empty() || options.many.dry_run) {
    return error(absl::StatusCode::kInvalidArgument,
                 "ID is one dead letter and a filter finds many: give one of both, and --dry-run "
                 "only with a filter");
  }
  return ctl::act_on_dead_letter(context, action, options.id);
}

void add_action(CLI::App& letters, const std::string& name, const std::string& help,
                const std::string& example, Chosen& chosen,
                absl::Status (*run)(ctl::Context&, const Act&)) {
  CLI::App* command = nullptr;
  const auto options = add_command<Act>(letters, command, name, help, example, chosen, run);
  add_id(*command, options->id);
  add_filter(*command, options->filter);
  command->add_flag("--dry-run", options->many.dry_run, "Only say how many there are");
  command->add_flag("-y,--yes", options->many.yes, "Do not ask");
}

}  // namespace

void add_dead_letter_commands(CLI::App& app, Chosen& chosen) {
  CLI::App& letters =
      *app.add_subcommand("deadletters", "Frames that no upstream could handle, and were given up");
  letters.require_subcommand(1);
  letters.footer(
      "Example:\n"
      "  waymarkctl deadletters list --pool default\n"
      "  waymarkctl deadletters replay --pool default --yes");

  CLI::App* list = nullptr;
  const auto list_options =
      add_command<List>(letters, list, "list", "Dead letters, the oldest first",
                        "waymarkctl deadletters list --reason given_up --limit 20", chosen,
                        [](ctl::Context& context, const List& options) {
                          return ctl::list_dead_letters(context, options.filter, options.limit);
                        });
  add_filter(*list, list_options->filter);
  list->add_option("--limit", list_options->limit, "At most so many, 1 to 1000000")
      ->check(CLI::Range(1, 1'000'000))
      ->type_name("N")
      ->capture_default_str();

  CLI::App* show = nullptr;
  const auto show_options =
      add_command<Show>(letters, show, "show", "One dead letter with its payload",
                        "waymarkctl deadletters show 1795285712345678", chosen,
                        [](ctl::Context& context, const Show& options) {
                          return ctl::show_dead_letter(context, options.id);
                        });
  add_id(*show, show_options->id)->required();

  add_action(letters, "replay",
             "Give one, or all that a filter finds, to an upstream again; it is none any more then",
             "waymarkctl deadletters replay 1795285712345678\n"
             "  waymarkctl deadletters replay --pool default --dry-run\n"
             "  waymarkctl deadletters replay --reason all --yes",
             chosen, [](ctl::Context& context, const Act& options) {
               return run_action(context, ctl::DeadLetterAction::replay, options);
             });
  add_action(letters, "drop", "Forget one, or all that a filter finds",
             "waymarkctl deadletters drop 1795285712345678\n"
             "  waymarkctl deadletters drop --mark 7f0c1a52-9be4-4c55-8d0e-2f6a7c9b1e30 --yes",
             chosen, [](ctl::Context& context, const Act& options) {
               return run_action(context, ctl::DeadLetterAction::drop, options);
             });
}
