// The command line of waymarkctl: each function adds commands, and the one that was given leaves in
// `chosen` what is to be run.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "ctl/context.h"

using Chosen = std::function<absl::Status(waymark::ctl::Context&)>;

// status, pools, listeners, events, top, dashboard, version
void add_overview_commands(CLI::App& app, Chosen& chosen);
void add_upstream_commands(CLI::App& app, Chosen& chosen);     // upstreams
void add_connection_commands(CLI::App& app, Chosen& chosen);   // connections, broadcast
void add_presence_commands(CLI::App& app, Chosen& chosen);     // names, groups
void add_dead_letter_commands(CLI::App& app, Chosen& chosen);  // deadletters
// config; `local` is what needs no server
void add_config_commands(CLI::App& app, Chosen& chosen, std::function<absl::Status()>& local);

// A command with the options `Options`, which live as long as it. `run` is called with them once
// the whole line is read. Returns them for options to be bound to.
template <typename Options>
std::shared_ptr<Options> add_command(CLI::App& parent, CLI::App*& command, const std::string& name,
                                     const std::string& help, const std::string& example,
                                     Chosen& chosen,
                                     absl::Status (*run)(waymark::ctl::Context&, const Options&)) {
  command = parent.add_subcommand(name, help);
  command->footer("Example:\n  " + example);
  auto options = std::make_shared<Options>();
  command->callback([options, &chosen, run] {
    chosen = [options, run](waymark::ctl::Context& context) { return run(context, *options); };
  });
  return options;
}

// The same without options of its own.
inline CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& help,
                             const std::string& example, Chosen& chosen,
                             absl::Status (*run)(waymark::ctl::Context&)) {
  CLI::App* const command = parent.add_subcommand(name, help);
  command->footer("Example:\n  " + example);
  command->callback([command, &chosen, run] {
    if (command->get_subcommands().empty()) chosen = run;  // theirs come before their parent's
  });
  return command;
}

// For options that are seconds with a fraction: unlike CLI::Range it refuses NaN too.
inline CLI::Validator seconds_between(double min, double max) {
  return CLI::Validator(
      [min, max](const std::string& text) {
        double value = 0;
        const bool fits = CLI::detail::lexical_cast(text, value) && value >= min && value <= max;
        return fits ? std::string()
                    : fmt::format("\"{}\": allowed is {:g} to {:g}", text, min, max);
      },
      "");
}
