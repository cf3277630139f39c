// waymarkctl: the command line of the admin API.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "base/status.h"
#include "commands.h"
#include "ctl/api.h"
#include "ctl/exit_code.h"
#include "ctl/output.h"
#include "ctl/terminal.h"
#include "ctl/token.h"
#include "ctl/url.h"

using namespace waymark;

namespace {

constexpr const char* kDescription = "Asks and steers a running waymark over its admin API.";

constexpr const char* kFooter = R"(Examples:
  waymarkctl status
  waymarkctl upstreams drain 127.0.0.1:50051
  waymarkctl connections list --state active -o json
  waymarkctl top

COMMAND --help shows what a command takes, with an example.

The token, where the proxy wants one, is in the file of --token-file or $WAYMARK_TOKEN_FILE, else in
the first that can be read of $STATE_DIRECTORY/admin.token, /var/lib/waymark/admin.token,
$XDG_STATE_HOME/waymark/admin.token and $HOME/.local/state/waymark/admin.token.

NO_COLOR turns colours off; they are on a terminal only.

Exit codes:
  0  done
  1  the proxy refused, or something failed
  2  the command line is wrong, or --yes is missing where nobody can be asked
  3  the admin API could not be reached, or did not answer in time
  4  not allowed (HTTP 401, 403)
  5  not found (HTTP 404, or no such upstream))";

struct Global {
  std::string admin = "http://127.0.0.1:8000";
  std::optional<std::string> token_file;
  ctl::ClientTls tls;
  std::string output = "table";
  double timeout = 10;
};

void add_global_options(CLI::App& app, Global& global) {
  app.add_option("--admin", global.admin, "Where the admin API is")
      ->envname("WAYMARK_ADMIN")
      ->type_name("URL")
      ->capture_default_str();
  app.add_option("--token-file", global.token_file, "File with the token")
      ->envname("WAYMARK_TOKEN_FILE")
      ->type_name("FILE");
  app.add_option("--cacert", global.tls.ca,
                 "PEM file of the CA that an https URL's server is verified with, in place of the "
                 "system's")
      ->envname("WAYMARK_CACERT")
      ->check(CLI::ExistingFile)
      ->type_name("FILE");
  CLI::Option* const certificate =
      app.add_option("--cert", global.tls.certificate, "PEM file of a certificate to show it")
          ->envname("WAYMARK_CERT")
          ->check(CLI::ExistingFile)
          ->type_name("FILE");
  CLI::Option* const key = app.add_option("--key", global.tls.key, "PEM file of its private key")
                               ->envname("WAYMARK_KEY")
                               ->check(CLI::ExistingFile)
                               ->type_name("FILE");
  certificate->needs(key);
  key->needs(certificate);
  app.add_option("-o,--output", global.output,
                 "table, or json: what the server said, as it said it")
      ->check(CLI::IsMember({"table", "json"}))
      ->type_name("FORMAT")
      ->capture_default_str();
  app.add_option("--timeout", global.timeout, "Seconds for each answer, 0.1 to 3600")
      ->check(seconds_between(0.1, 3600))
      ->type_name("SECONDS")
      ->capture_default_str();
}

// Options of the whole program may stand behind a command as well.
void let_fall_through(CLI::App& app) {
  for (CLI::App* const command : app.get_subcommands({})) {
    command->fallthrough();
    let_fall_through(*command);
  }
}

absl::Status run(const Global& global, const Chosen& chosen, ctl::Output& out, ctl::Output& err) {
  auto base_url = ctl::parse_base_url(global.admin);
  if (!base_url.ok()) return base_url.status();
  auto token = ctl::find_token(global.token_file, ctl::default_token_files());
  if (!token.ok()) return token.status();
  const ctl::Millis timeout(static_cast<int>(global.timeout * 1000));
  ctl::Api api(*std::move(base_url), *std::move(token), timeout, global.tls);
  ctl::Context context{.api = api,
                       .out = out,
                       .err = err,
                       .json = global.output == "json",
                       .style = ctl::style_of(STDOUT_FILENO)};
  return chosen(context);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(kDescription, "waymarkctl");
  app.footer(kFooter);
  app.require_subcommand(1);
  Global global;
  Chosen chosen;
  std::function<absl::Status()> local;
  add_global_options(app, global);
  add_overview_commands(app, chosen);
  add_upstream_commands(app, chosen);
  add_connection_commands(app, chosen);
  add_presence_commands(app, chosen);
  add_dead_letter_commands(app, chosen);
  add_config_commands(app, chosen, local);
  let_fall_through(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& wrong) {
    return app.exit(wrong) == 0 ? ctl::kDone : ctl::kBadUsage;
  }

  ctl::Output out(STDOUT_FILENO);
  ctl::Output err(STDERR_FILENO);
  absl::Status status = local ? local() : run(global, chosen, out, err);
  if (status.ok() && !out.reader_left()) status = out.status();
  if (!status.ok()) err.print(fmt::format("waymarkctl: {}\n", message_of(status)));
  return ctl::exit_code_of(status);
}
