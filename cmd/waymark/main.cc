// waymark: the proxy.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>
#include <string>

#include "app/config.h"
#include "app/config_reference.h"
#include "app/serve.h"
#include "app/version.h"
#include "base/status.h"

namespace {

constexpr int kBadConfig = 2;

constexpr char kDescription[] =
    "Fronts long-lived TCP clients: gives each a mark, cuts its bytes into frames and carries the\n"
    "frames of all over a few gRPC streams to upstreams.";

constexpr char kExamples[] = R"(Examples:
  waymark serve -c waymark.yaml      runs in the foreground until Ctrl-C or SIGTERM
  waymark check -c waymark.yaml      says what is wrong with a configuration, all at once
  waymark reference                  every key of the configuration, its default and what it does

Without -c the configuration is $WAYMARK_CONFIG, ./waymark.yaml or /etc/waymark/waymark.yaml,
the first that is there.

Exit codes: 0 done, 1 could not start or run, 2 the configuration or the command line is wrong.)";

// Reads the configuration or prints everything that is wrong with it.
std::optional<waymark::app::Config> read_config(const std::optional<std::string>& flag,
                                                std::string* found = nullptr) {
  const auto path = waymark::app::find_config_path(flag);
  if (!path.ok()) {
    std::fprintf(stderr, "waymark: %s\n", std::string(waymark::message_of(path.status())).c_str());
    return std::nullopt;
  }
  auto result = waymark::app::load_config(*path);
  if (!result.ok()) {
    std::fputs(waymark::app::to_string(result.errors()).c_str(), stderr);
    return std::nullopt;
  }
  if (found != nullptr) *found = *path;
  return std::move(result).config();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(kDescription, "waymark");
  app.footer(kExamples);
  app.require_subcommand(1);
  std::optional<std::string> config_path;
  bool recover = false;
  bool traceable = false;

  auto* serve = app.add_subcommand("serve", "Run the proxy in the foreground");
  serve->add_option("-c,--config", config_path, "configuration file")->type_name("FILE");
  serve->add_flag("--recover", recover,
                  "put a damaged state file aside and keep what can be read of it");
  serve->add_flag(
      "--traceable", traceable,
      "leave the memory, which holds clients' bytes, to debuggers, profilers and core files");
  app.add_subcommand("check", "Check a configuration and exit")
      ->add_option("-c,--config", config_path, "configuration file")
      ->type_name("FILE");
  auto* version = app.add_subcommand("version", "Print the version");
  auto* reference =
      app.add_subcommand("reference", "Print the reference of the configuration as Markdown");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& wrong) {
    return app.exit(wrong) == 0 ? 0 : kBadConfig;
  }

  if (version->parsed()) {
    std::printf("waymark %s\n", std::string(waymark::app::kVersion).c_str());
    return 0;
  }
  if (reference->parsed()) {
    std::fputs(waymark::app::config_reference().c_str(), stdout);
    return 0;
  }
  std::string path;
  auto config = read_config(config_path, &path);
  if (!config) return kBadConfig;
  if (serve->parsed()) {
    return waymark::app::serve(*std::move(config),
                               {.config_path = path, .recover = recover, .traceable = traceable});
  }
  std::printf("%s: ok\n", path.c_str());
  return 0;
}
