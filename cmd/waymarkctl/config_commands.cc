#include "ctl/config_commands.h"

#include "commands.h"

using namespace waymark;

namespace {

struct Set {
  std::string path;
  std::string value;
  bool persist = false;
};

}  // namespace

void add_config_commands(CLI::App& app, Chosen& chosen, std::function<absl::Status()>& local) {
  CLI::App& config = *app.add_subcommand("config", "The configuration of the running proxy");
  config.require_subcommand(1);
  config.footer(
      "Example:\n"
      "  waymarkctl config set log.level debug\n"
      "  waymarkctl config diff");
  add_command(config, "get", "The effective configuration as YAML, secrets redacted",
              "waymarkctl config get", chosen, ctl::show_config);

  CLI::App* set = nullptr;
  const auto set_options = add_command<Set>(
      config, set, "set", "Change a setting while the proxy runs, until the next reload or restart",
      "waymarkctl config set log.level debug\n"
      "  waymarkctl config set limits.max_connections 20000 --persist",
      chosen, [](ctl::Context& context, const Set& options) {
        return ctl::set_config(context, options.path, options.value, options.persist);
      });
  set->add_option("path", set_options->path, "As in the file, with dots")
      ->required()
      ->type_name("PATH");
  set->add_option("value", set_options->value, "As in the file")->required()->type_name("VALUE");
  set->add_flag("--persist", set_options->persist, "Keep it over a restart");

  add_command(config, "diff", "What runs and is not in the file", "waymarkctl config diff", chosen,
              ctl::show_config_diff);
  add_command(config, "reload", "Read the file again; a bad one changes nothing",
              "waymarkctl config reload", chosen, ctl::reload_config);

  CLI::App* const check =
      config.add_subcommand("check", "Check a file with `waymark check`; asks no proxy");
  check->footer("Example:\n  waymarkctl config check waymark.yaml");
  const auto file = std::make_shared<std::string>();
  check->add_option("file", *file, "The configuration file")->required()->type_name("FILE");
  check->callback([file, &local] { local = [file] { return ctl::check_config_file(*file); }; });
}
