#include "lab/recipes.h"

#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "admin/token.h"
#include "base/status.h"
#include "lab/ports.h"

namespace waymark::lab {
namespace {

constexpr const char* kRegistryToken = "registry.token";
constexpr const char* kWatchful =
    ", progress_timeout: 2s, ping_interval: 500ms, health: { slow_start: 0s, eject_after: 100 }";
constexpr const char* kToken = "token";  // of the lab and of its proxies

struct ProxyPorts {
  std::uint16_t clients;
  std::uint16_t admin;
  std::uint16_t telemetry;
  std::uint16_t registry;
};

std::string local(std::uint16_t port) { return fmt::format("127.0.0.1:{}", port); }

std::string configuration_of(const std::string& name, const Plan& plan,
                             const RecipeOptions& options, const ProxyPorts& ports,
                             const std::string& state) {
  return fmt::format(R"(proxy_id: {name}
workers: 1
listeners:
  - {{ name: clients, bind: "{clients}", pool: default, framing: {framing} }}
pools:
  - {{ name: default, upstreams: []{pool} }}  # they register themselves
registry: {{ bind: "{registry}" }}
telemetry: {{ bind: "{telemetry}" }}
admin: {{ bind: "{admin}", lab: "{api}" }}
state: "{state}"
drain: {{ timeout: 5s, quiet: 100ms }}
log: {{ format: text }}
)",
                     fmt::arg("name", name), fmt::arg("clients", local(ports.clients)),
                     fmt::arg("framing", plan.framing), fmt::arg("registry", local(ports.registry)),
                     fmt::arg("telemetry", local(ports.telemetry)),
                     fmt::arg("admin", local(ports.admin)), fmt::arg("state", state),
                     fmt::arg("pool", options.watchful ? kWatchful : ""),
                     fmt::arg("api", options.api));
}

absl::StatusOr<Recipe> proxy_recipe(const std::string& name, const Plan& plan,
                                    const RecipeOptions& options, const ProxyPorts& ports,
                                    const RunDir& dir, const std::string& programs) {
  const std::string state = "state/" + name;
  if (absl::Status status = dir.make_folder(state); !status.ok()) return status;
  // The same secrets for all, so that an upstream needs one file, and a dashboard one token.
  std::error_code fault;
  std::filesystem::copy_file(dir.in(kRegistryToken), dir.in(state + "/" + kRegistryToken), fault);
  if (!fault) std::filesystem::copy_file(dir.in(kToken), dir.in(state + "/admin.token"), fault);
  if (fault) return errno_error(fault.value(), dir.in(state));
  const std::string file = fmt::format("conf/{}.yaml", name);
  const absl::Status written =
      dir.write(file, configuration_of(name, plan, options, ports, dir.in(state)));
  if (!written.ok()) return written;
  return Recipe{.name = name,
                .kind = Kind::proxy,
                .command = {programs + "/waymark", "serve", "-c", dir.in(file)},
                .address = local(ports.clients),
                .admin = local(ports.admin),
                .telemetry = local(ports.telemetry),
                .control = ""};
}

Recipe upstream_recipe(const std::string& name, const Plan& plan, const RecipeOptions& options,
                       std::uint16_t port, const std::vector<std::uint16_t>& registries,
                       const RunDir& dir, const std::string& programs) {
  const auto half = std::chrono::duration_cast<std::chrono::microseconds>(plan.average_delay) / 2;
  const std::string control = dir.in(name + ".sock");
  Recipe recipe{.name = name,
                .kind = Kind::upstream,
                .command = {programs + "/waymark-stub", "--listen", local(port), "--id", name,
                            "--delay", fmt::format("{}us", half.count()), "--jitter",
                            fmt::format("{}us", 2 * half.count()), "--failure", plan.failure_rate,
                            "--reply", plan.reply, "--control", control, "--ttl", "5s",
                            "--register-token-file", dir.in(kRegistryToken)},
                .address = local(port),
                .admin = "",
                .telemetry = "",
                .control = control};
  if (!options.journals.empty()) {
    recipe.command.emplace_back("--journal");
    recipe.command.push_back(journal_of(name, options.journals));
  }
  for (const std::uint16_t registry : registries) {
    recipe.command.emplace_back("--register");
    recipe.command.push_back("http://" + local(registry));
  }
  return recipe;
}

absl::Status check_programs(const std::string& programs) {
  for (const char* const name : {"waymark", "waymark-stub"}) {
    const std::string path = programs + "/" + name;
    if (::access(path.c_str(), X_OK) == 0) continue;
    return error(absl::StatusCode::kFailedPrecondition,
                 "{} is not there; waymark-lab starts the programs beside itself", path);
  }
  return absl::OkStatus();
}

}  // namespace

std::string program_folder() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path().string();
}

std::string journal_of(const std::string& name, const std::string& journals) {
  return fmt::format("{}/{}.journal", journals, name);
}

absl::StatusOr<std::vector<Recipe>> make_recipes(const Plan& plan, const RecipeOptions& options,
                                                 const RunDir& dir, const std::string& programs) {
  if (absl::Status status = check_programs(programs); !status.ok()) return status;
  PortFinder finder;
  const PortBases& bases = plan.ports;
  const auto clients = finder.find(bases.clients, plan.proxies, "ports.clients");
  if (!clients.ok()) return clients.status();
  const auto admin = finder.find(bases.admin, plan.proxies, "ports.admin");
  if (!admin.ok()) return admin.status();
  const auto telemetry = finder.find(bases.telemetry, plan.proxies, "ports.telemetry");
  if (!telemetry.ok()) return telemetry.status();
  const auto registry = finder.find(bases.registry, plan.proxies, "ports.registry");
  if (!registry.ok()) return registry.status();
  const auto upstreams = finder.find(bases.upstreams, plan.upstreams, "ports.upstreams");
  if (!upstreams.ok()) return upstreams.status();

  if (absl::Status status = dir.make_folder("conf"); !status.ok()) return status;
  for (const char* const name : {kToken, kRegistryToken}) {
    const auto token = admin::ensure_token_file(dir.in(name));
    if (!token.ok()) return token.status();
  }
  std::vector<Recipe> recipes;
  for (std::size_t i = 0; i < plan.proxies; ++i) {
    auto recipe =
        proxy_recipe(fmt::format("proxy-{}", i + 1), plan, options,
                     {(*clients)[i], (*admin)[i], (*telemetry)[i], (*registry)[i]}, dir, programs);
    if (!recipe.ok()) return recipe.status();
    recipes.push_back(*std::move(recipe));
  }
  for (std::size_t i = 0; i < plan.upstreams; ++i) {
    recipes.push_back(upstream_recipe(fmt::format("stub-{}", i + 1), plan, options, (*upstreams)[i],
                                      *registry, dir, programs));
  }
  return recipes;
}

}  // namespace waymark::lab
