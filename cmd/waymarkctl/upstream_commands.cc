#include "ctl/upstream_commands.h"

#include "base/status.h"
#include "commands.h"

using namespace waymark;

namespace {

struct List {
  std::string pool;
};
struct Name {
  std::string name;
};
struct Set {
  std::string name;
  std::uint32_t weight = 0;
};
struct Add {
  ctl::NewUpstream upstream;
  std::uint32_t weight = 0;
  std::vector<std::string> metadata;  // KEY=VALUE
};

constexpr const char* kNameHelp = "Its id, or its address if no other upstream has it";

void add_name_command(CLI::App& upstreams, const std::string& name, const std::string& help,
                      const std::string& example, Chosen& chosen,
                      absl::Status (*run)(ctl::Context&, const Name&)) {
  CLI::App* command = nullptr;
  const auto options = add_command<Name>(upstreams, command, name, help, example, chosen, run);
  command->add_option("upstream", options->name, kNameHelp)->required()->type_name("UPSTREAM");
}

absl::Status run_add(ctl::Context& context, const Add& options) {
  ctl::NewUpstream upstream = options.upstream;
  if (options.weight != 0) upstream.weight = options.weight;
  for (const std::string& entry : options.metadata) {
    const auto equals = entry.find('=');
    if (equals == 0 || equals == entry.npos) {
      return error(absl::StatusCode::kInvalidArgument, "--metadata \"{}\": allowed is KEY=VALUE",
                   entry);
    }
    upstream.metadata.emplace_back(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return ctl::add_upstream(context, upstream);
}

void add_add(CLI::App& upstreams, Chosen& chosen) {
  CLI::App* add = nullptr;
  const auto options =
      add_command<Add>(upstreams, add, "add", "Add an upstream; it serves as soon as it is ready",
                       "waymarkctl upstreams add 127.0.0.1:50051 --weight 2", chosen, run_add);
  add->add_option("address", options->upstream.address, "host:port of its gRPC server")
      ->required()
      ->type_name("ADDRESS");
  add->add_option("--pool", options->upstream.pool, "Its pool; not needed if there is only one")
      ->type_name("NAME");
  add->add_option("--weight", options->weight, "Its share, 1 to 100; 1 by default")
      ->check(CLI::Range(1, 100))
      ->type_name("N");
  add->add_option("--protocol", options->upstream.protocol, "auto (default), link or legacy")
      ->check(CLI::IsMember({"auto", "link", "legacy"}))
      ->type_name("WORD");
  add->add_flag("--insecure", options->upstream.insecure,
                "Allow plaintext to an address off the loopback");
  add->add_option("--metadata", options->metadata,
                  "gRPC metadata of its calls, KEY=VALUE; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
}

}  // namespace

void add_upstream_commands(CLI::App& app, Chosen& chosen) {
  CLI::App& upstreams = *app.add_subcommand("upstreams", "The servers behind the proxy");
  upstreams.require_subcommand(1);
  upstreams.footer(
      "Example, a server is replaced without a client noticing:\n"
      "  waymarkctl upstreams add 127.0.0.1:50052\n"
      "  waymarkctl upstreams drain 127.0.0.1:50051\n"
      "  waymarkctl upstreams show 127.0.0.1:50051     until it has no connections\n"
      "  waymarkctl upstreams rm 127.0.0.1:50051");

  CLI::App* list = nullptr;
  const auto list_options = add_command<List>(
      upstreams, list, "list", "All upstreams and how they are", "waymarkctl upstreams list",
      chosen, [](ctl::Context& context, const List& options) {
        return ctl::list_upstreams(context, options.pool);
      });
  list->add_option("--pool", list_options->pool, "Only those of this pool")->type_name("NAME");

  add_name_command(upstreams, "show", "One upstream in full, with its links",
                   "waymarkctl upstreams show 127.0.0.1:50051", chosen,
                   [](ctl::Context& context, const Name& options) {
                     return ctl::show_upstream(context, options.name);
                   });
  add_add(upstreams, chosen);
  add_name_command(upstreams, "rm",
                   "Remove an upstream that was added at run time; its clients move away",
                   "waymarkctl upstreams rm 127.0.0.1:50051", chosen,
                   [](ctl::Context& context, const Name& options) {
                     return ctl::remove_upstream(context, options.name);
                   });
  add_name_command(upstreams, "drain",
                   "Move its clients away and give it no new ones; answers still come through",
                   "waymarkctl upstreams drain 127.0.0.1:50051", chosen,
                   [](ctl::Context& context, const Name& options) {
                     return ctl::set_admin_state(context, options.name, "drain");
                   });
  add_name_command(upstreams, "maintain", "As drain, and end the link: it may be shut down",
                   "waymarkctl upstreams maintain 127.0.0.1:50051", chosen,
                   [](ctl::Context& context, const Name& options) {
                     return ctl::set_admin_state(context, options.name, "maintenance");
                   });
  add_name_command(upstreams, "ready", "Let it serve again after drain or maintain",
                   "waymarkctl upstreams ready 127.0.0.1:50051", chosen,
                   [](ctl::Context& context, const Name& options) {
                     return ctl::set_admin_state(context, options.name, "ready");
                   });

  CLI::App* set = nullptr;
  const auto set_options =
      add_command<Set>(upstreams, set, "set", "Change its weight",
                       "waymarkctl upstreams set 127.0.0.1:50051 --weight 10", chosen,
                       [](ctl::Context& context, const Set& options) {
                         return ctl::set_weight(context, options.name, options.weight);
                       });
  set->add_option("upstream", set_options->name, kNameHelp)->required()->type_name("UPSTREAM");
  set->add_option("--weight", set_options->weight, "Its share, 1 to 100")
      ->required()
      ->check(CLI::Range(1, 100))
      ->type_name("N");
}
