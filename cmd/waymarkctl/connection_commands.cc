#include "ctl/connection_commands.h"

#include "base/status.h"
#include "commands.h"
#include "ctl/stream_commands.h"

using namespace waymark;

namespace {

struct List {
  ctl::ConnectionFilter filter;
  std::uint64_t limit = 10'000;
};
struct Mark {
  std::string mark;
};
struct Close {
  std::string mark;
  std::string reason;
  std::string goodbye;
  ctl::ConnectionFilter filter;
  ctl::ManyOptions many;
};
struct Many {
  ctl::ConnectionFilter filter;
  ctl::ManyOptions many;
};
struct Send {
  std::string mark;
  ctl::PayloadSource source;
};
struct Broadcast {
  ctl::BroadcastOptions options;
  ctl::PayloadSource source;
};

void add_filter(CLI::App& command, ctl::ConnectionFilter& filter) {
  command.add_option("--state", filter.state, "all, active or inactive")
      ->check(CLI::IsMember({"all", "active", "inactive"}))
      ->type_name("STATE");
  command.add_option("--upstream", filter.upstream, "Served by this one: its id or address")
      ->type_name("UPSTREAM");
  command.add_option("--listener", filter.listener, "Accepted by this one")->type_name("NAME");
  command.add_option("--pool", filter.pool, "Served by this pool")->type_name("NAME");
  command.add_option("--group", filter.group, "In this group")->type_name("GROUP");
  command.add_option("--peer", filter.peer, "Their address, with or without port, or a network")
      ->type_name("ADDRESS");
}

void add_many(CLI::App& command, ctl::ManyOptions& many) {
  command.add_flag("--dry-run", many.dry_run, "Only say how many there are");
  command.add_flag("-y,--yes", many.yes, "Do not ask");
}

void add_payload(CLI::App& command, ctl::PayloadSource& source) {
  command.add_option("text", source.text, "The payload as text")->type_name("TEXT");
  command.add_option("--base64", source.base64, "The payload in base64")->type_name("BASE64");
  command.add_option("--file", source.file, "The payload is this file; - is standard input")
      ->type_name("FILE");
}

CLI::Option* add_mark(CLI::App& command, std::string& mark) {
  return command.add_option("mark", mark, "The UUID of the connection")->type_name("MARK");
}

absl::Status run_close(ctl::Context& context, const Close& options) {
  const bool has_many = !options.filter.empty() || options.many.dry_run;
  if (!options.mark.empty() && has_many) {
    return error(absl::StatusCode::kInvalidArgument,
                 "MARK closes one connection and a filter many: give one of both, and --dry-run "
                 "only with a filter");
  }
  if (!options.mark.empty()) {
    return ctl::close_connection(context, options.mark, options.reason, options.goodbye);
  }
  if (!options.reason.empty() || !options.goodbye.empty()) {
    return error(absl::StatusCode::kInvalidArgument, "--reason and --goodbye go with MARK alone");
  }
  return ctl::act_on_many(context, ctl::ManyAction::close, options.filter, options.many);
}

void add_close(CLI::App& connections, Chosen& chosen) {
  CLI::App* close = nullptr;
  const auto options = add_command<Close>(
      connections, close, "close", "Close one connection, or all that a filter finds",
      "waymarkctl connections close 7f0c... --reason \"asked to\" --goodbye bye\n"
      "  waymarkctl connections close --state inactive --dry-run\n"
      "  waymarkctl connections close --upstream 127.0.0.1:50051 --yes",
      chosen, run_close);
  add_mark(*close, options->mark);
  close->add_option("--reason", options->reason, "For the audit line of the proxy's log")
      ->type_name("TEXT");
  close->add_option("--goodbye", options->goodbye, "Sent to the client as a last frame")
      ->type_name("TEXT");
  add_filter(*close, options->filter);
  add_many(*close, options->many);
}

void add_tap(CLI::App& connections, Chosen& chosen) {
  CLI::App* tap = nullptr;
  const auto options = add_command<ctl::TapOptions>(
      connections, tap, "tap",
      "The frames of one client both ways while it is connected, until Ctrl-C",
      "waymarkctl connections tap 7f0c1a52-9be4-4c55-8d0e-2f6a7c9b1e30\n"
      "  waymarkctl connections tap 7f0c... --count 10 -o json      one JSON object a line",
      chosen, ctl::tap_connection);
  add_mark(*tap, options->mark)->required();
  tap->add_option("--max-bytes", options->max_bytes,
                  "Shown of each frame, 1 to 65536; 4096 by default")
      ->check(CLI::Range(1, 65'536))
      ->type_name("N");
  tap->add_option("--max-rate", options->max_rate,
                  "Bytes shown a second, each frame counting 128 more; no limit by default")
      ->check(CLI::Range(1'024, 1'073'741'824))
      ->type_name("N");
  tap->add_option("--count", options->count, "End after so many frames")
      ->check(CLI::Range(1, 1'000'000'000))
      ->type_name("N");
}

}  // namespace

void add_connection_commands(CLI::App& app, Chosen& chosen) {
  CLI::App& connections = *app.add_subcommand("connections", "The clients of the proxy");
  connections.require_subcommand(1);
  connections.footer(
      "Example:\n"
      "  waymarkctl connections list --state active --limit 20\n"
      "  waymarkctl connections close 7f0c... --goodbye bye");

  CLI::App* list = nullptr;
  const auto list_options =
      add_command<List>(connections, list, "list", "Clients, by mark",
                        "waymarkctl connections list --upstream 127.0.0.1:50051 --limit 20", chosen,
                        [](ctl::Context& context, const List& options) {
                          return ctl::list_connections(context, options.filter, options.limit);
                        });
  add_filter(*list, list_options->filter);
  list->add_option("--limit", list_options->limit, "At most so many, 1 to 1000000")
      ->check(CLI::Range(1, 1'000'000))
      ->type_name("N")
      ->capture_default_str();

  CLI::App* show = nullptr;
  const auto show_options =
      add_command<Mark>(connections, show, "show", "One client in full",
                        "waymarkctl connections show 7f0c1a52-9be4-4c55-8d0e-2f6a7c9b1e30", chosen,
                        [](ctl::Context& context, const Mark& options) {
                          return ctl::show_connection(context, options.mark);
                        });
  add_mark(*show, show_options->mark)->required();

  add_tap(connections, chosen);
  add_close(connections, chosen);

  CLI::App* rebalance = nullptr;
  const auto rebalance_options = add_command<Many>(
      connections, rebalance, "rebalance",
      "Pick an upstream again for all clients that a filter finds; they stay connected",
      "waymarkctl connections rebalance --pool default --yes", chosen,
      [](ctl::Context& context, const Many& options) {
        return ctl::act_on_many(context, ctl::ManyAction::rebalance, options.filter, options.many);
      });
  add_filter(*rebalance, rebalance_options->filter);
  add_many(*rebalance, rebalance_options->many);

  CLI::App* rotate = nullptr;
  const auto rotate_options = add_command<Many>(
      connections, rotate, "rotate",
      "End all clients that a filter finds gently, so that they connect again",
      "waymarkctl connections rotate --listener devices --spread 300 --yes", chosen,
      [](ctl::Context& context, const Many& options) {
        return ctl::act_on_many(context, ctl::ManyAction::rotate, options.filter, options.many);
      });
  rotate
      ->add_option("--spread", rotate_options->many.spread_seconds,
                   "Seconds over which they are ended one after the other; 0 by default")
      ->check(CLI::Range(0, 86'400))
      ->type_name("SECONDS");
  add_filter(*rotate, rotate_options->filter);
  add_many(*rotate, rotate_options->many);

  CLI::App* send = nullptr;
  const auto send_options =
      add_command<Send>(connections, send, "send", "Send one frame to a client",
                        "waymarkctl connections send 7f0c... \"hello\"\n"
                        "  waymarkctl connections send 7f0c... --base64 AAEC/w==",
                        chosen, [](ctl::Context& context, const Send& options) {
                          return ctl::send_to_connection(context, options.mark, options.source);
                        });
  add_mark(*send, send_options->mark)->required();
  add_payload(*send, send_options->source);

  CLI::App* broadcast = nullptr;
  const auto broadcast_options =
      add_command<Broadcast>(app, broadcast, "broadcast", "Send one frame to many clients",
                             "waymarkctl broadcast --to all \"back in five minutes\"", chosen,
                             [](ctl::Context& context, const Broadcast& given) {
                               return ctl::broadcast(context, given.options, given.source);
                             });
  broadcast->add_option("--to", broadcast_options->options.to, "all, active or inactive clients")
      ->required()
      ->check(CLI::IsMember({"all", "active", "inactive"}))
      ->type_name("WHOM");
  broadcast->add_option("--pool", broadcast_options->options.pool, "Only clients of this pool")
      ->type_name("NAME");
  broadcast->add_option("--group", broadcast_options->options.group, "Only clients in this group")
      ->type_name("GROUP");
  add_many(*broadcast, broadcast_options->options.how);
  add_payload(*broadcast, broadcast_options->source);
}
