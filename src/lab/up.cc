#include "lab/up.h"

#include <unistd.h>

#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "admin/token.h"
#include "base/status.h"
#include "ctl/local_file.h"
#include "ctl/printable.h"
#include "ctl/table.h"
#include "ctl/terminal.h"
#include "ctl/url.h"
#include "lab/api_server.h"
#include "lab/own_folder.h"
#include "lab/ports.h"
#include "lab/readiness.h"
#include "lab/recipes.h"
#include "lab/run_dir.h"
#include "lab/supervisor.h"

namespace waymark::lab {
namespace {

using absl::StatusCode;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kLastWords = 20;  // lines
constexpr std::size_t kMaxToken = 4'096;

// A log of one who did not come up, for people.
std::string last_words(const Member& member) {
  std::string text;
  for (const std::string& line : member.log.tail(kLastWords).lines) {
    text += "\n  " + ctl::printable(line);
  }
  return text;
}

// Where a browser finds the proxies, with what opens them.
std::string dashboards(const Supervisor& supervisor, const std::string& dir) {
  std::string text = "\nDashboards:\n";
  for (const MemberView& view : supervisor.views()) {
    if (view.kind != Kind::proxy) continue;
    const std::string file = fmt::format("{}/state/{}/admin.token", dir, view.name);
    const auto token = ctl::read_input(file, kMaxToken);
    text += fmt::format(
        "  {}  http://{}/#token={}\n", view.name, view.admin,
        token.ok() ? ctl::url_encoded(token->substr(0, token->find('\n'))) : "(see " + file + ")");
  }
  return text;
}

std::string greeting(const Supervisor& supervisor, const std::string& dir) {
  ctl::Table table(
      {{"NAME"}, {"KIND"}, {"PID", ctl::Align::right}, {"ADDRESS"}, {"ADMIN"}, {"TELEMETRY"}});
  std::string admin;
  std::string proxy;
  for (const MemberView& view : supervisor.views()) {
    table.add({view.name, name_of(view.kind), std::to_string(view.pid), view.address, view.admin,
               view.telemetry});
    if (admin.empty()) {
      admin = view.admin;
      proxy = view.name;
    }
  }
  return fmt::format(
      "{}{}\nThe lab is up. In another terminal{}:\n"
      "  waymark-lab ps\n"
      "  waymark-lab load\n"
      "{}"
      "  waymarkctl --admin http://{} --token-file {}/state/{}/admin.token status\n"
      "Ctrl-C, or waymark-lab down, ends it.\n",
      table.to_string(ctl::style_of(STDOUT_FILENO)), dashboards(supervisor, dir),
      dir == default_run_dir() ? "" : fmt::format(", each with --dir {}", dir),
      supervisor.find("stub-1") == nullptr
          ? ""
          : "  waymark-lab set stub-1 --delay 200ms --failure 12%\n"
            "  waymark-lab kill stub-1; waymark-lab start stub-1\n",
      admin, dir, proxy);
}

// Of this user, who alone can write there: the files are made by name. `field` asks for it.
absl::Status make_own_folder(std::string_view field, const std::string& path) {
  std::error_code fault;
  if (std::filesystem::create_directories(path, fault)) {
    std::filesystem::permissions(path, std::filesystem::perms::owner_all, fault);
  }
  if (fault) return errno_error(fault.value(), fmt::format("{}: {}", field, path));
  const absl::Status status = OwnFolder::open(path, 0022).status();
  return status.ok() ? status : error(status.code(), "{}: {}", field, message_of(status));
}

// Before the proxies, which tell their dashboards where it is.
absl::StatusOr<admin::HttpListener> open_api(std::uint16_t port) {
  if (port != 0) {
    const auto found = PortFinder().find(port, 1, "ports.api");
    if (!found.ok()) return found.status();
  }
  return admin::open_http_listener("lab", kApiHost, port);
}

// Runs the lab; what it needs besides is destroyed after it.
absl::Status run(Supervisor& supervisor, Readiness& readiness, const RunDir& dir,
                 const UpOptions& options, ctl::Output& out) {
  const auto until = Clock::now() + options.patience;
  bool up = false;
  absl::Status fault;
  supervisor.on_failure([&](const Member& member) {
    if (up) {
      if (options.guest != nullptr) return;
      out.print(fmt::format("{} has ended: {} (waymark-lab start {})\n", member.recipe.name,
                            member.ended, member.recipe.name));
    } else if (fault.ok()) {
      fault = error(StatusCode::kFailedPrecondition, "{} has not come up: {}; its last lines:{}",
                    member.recipe.name, member.ended, last_words(member));
      supervisor.end();
    }
  });
  // Also a lab that cannot start runs to its end: those who ask it already are answered.
  if (fault = supervisor.start_all(); !fault.ok()) supervisor.end();
  supervisor.run([&] {
    if (supervisor.ending()) return true;
    up = readiness.look();
    if (up && options.guest != nullptr) {
      options.guest->enter(supervisor, dir);
    } else if (up) {
      out.print(greeting(supervisor, options.dir));
    } else if (Clock::now() > until) {
      fault = error(StatusCode::kDeadlineExceeded,
                    "not every proxy had every upstream within {} s (--timeout)",
                    std::chrono::duration_cast<std::chrono::seconds>(options.patience).count());
      supervisor.end();
    }
    return up;
  });
  if (up && options.guest != nullptr) options.guest->leave();
  return fault;
}

}  // namespace

absl::Status run_lab(const UpOptions& options, ctl::Output& out) {
  auto dir = RunDir::make(options.dir);
  if (!dir.ok()) return dir.status();
  auto listener = open_api(options.plan.ports.api);
  if (!listener.ok()) return listener.status();
  RecipeOptions beside = options.recipes;
  beside.api = admin::host_and_port(kApiHost, listener->port);
  auto recipes = make_recipes(options.plan, beside, **dir, program_folder());
  if (!recipes.ok()) return recipes.status();
  if (absl::Status status = (*dir)->make_folder("logs"); !status.ok()) return status;

  const std::string logs = options.plan.logs.empty() ? (*dir)->in("logs") : options.plan.logs;
  if (absl::Status status = make_own_folder("logs", logs); !status.ok()) return status;
  if (const std::string& journals = options.recipes.journals; !journals.empty()) {
    if (absl::Status status = make_own_folder("journals", journals); !status.ok()) return status;
  }
  Supervisor supervisor(*std::move(recipes), logs);
  Readiness readiness([&] { return supervisor.views(); });
  const auto token = admin::ensure_token_file((*dir)->in("token"));
  if (!token.ok()) return token.status();
  const auto api = ApiServer::start(supervisor, options.dir, *token, *std::move(listener));
  if (!api.ok()) return api.status();
  if (absl::Status status = (*dir)->write("api", (*api)->url()); !status.ok()) {
    supervisor.end();
    supervisor.run(nullptr);  // answers those who ask already
    return status;
  }
  return run(supervisor, readiness, **dir, options, out);
}

}  // namespace waymark::lab
