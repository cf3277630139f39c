#include "load_command.h"

#include <unistd.h>

#include <memory>
#include <vector>

#include "base/status.h"
#include "ctl/json_fields.h"
#include "ctl/terminal.h"
#include "lab/client.h"
#include "lab/run_dir.h"
#include "lab/traffic.h"
#include "lab/traffic_report.h"

namespace waymark {
namespace {

using lab::TrafficMoment;
using lab::TrafficPlan;

absl::StatusOr<std::vector<std::string>> proxies_of(const std::string& dir) {
  const auto client = lab::Client::find(dir);
  if (!client.ok()) return client.status();
  const auto lab = (*client)->lab();
  if (!lab.ok()) return lab.status();
  std::vector<std::string> addresses;
  for (const ctl::Json& member : ctl::list_of(*lab, "members")) {
    if (ctl::text_of(member, "kind") == "proxy") {
      addresses.push_back(ctl::text_of(member, "address"));
    }
  }
  return addresses;
}

absl::Status load(const std::string& dir, const TrafficPlan& plan, ctl::Output& out) {
  const auto proxies = proxies_of(dir);
  if (!proxies.ok()) return proxies.status();
  const bool on_terminal = ::isatty(STDOUT_FILENO) == 1;
  bool lab_ended = false;
  TrafficMoment before;
  const auto end = lab::run_traffic(plan, *proxies, [&](const TrafficMoment& now) {
    if (on_terminal) out.print(lab::progress_line(before, now));
    before = now;
    lab_ended = !lab::is_in_use(dir);
    return !lab_ended;
  });
  if (!end.ok()) return end.status();
  out.print(lab::traffic_summary(plan, *end, ctl::style_of(STDOUT_FILENO)));
  if (lab_ended) return error(absl::StatusCode::kUnavailable, "the lab of {} has ended", dir);
  return lab::traffic_verdict(end->tally);
}

// An option whose text is read by `parse` into `out`.
template <typename T, typename Parsed>
void add(CLI::App& app, const char* name, const char* type, T& out,
         absl::StatusOr<Parsed> (*parse)(std::string_view), const char* help) {
  app.add_option_function<std::string>(
         name,
         [&out, name, parse](const std::string& text) {
           auto value = parse(text);
           if (!value.ok())
             throw CLI::ValidationError(name, std::string(message_of(value.status())));
           out = *value;
         },
         help)
      ->type_name(type);
}

}  // namespace

void add_load(CLI::App& app, const std::string& dir,
              std::function<absl::Status(ctl::Output&)>& run) {
  CLI::App* const command = app.add_subcommand("load", "Clients that talk through the proxies");
  command->footer(
      "Shapes:\n"
      "  steady  all clients, at one rate\n"
      "  ramp    they come one by one over the whole time, and the rate grows with them\n"
      "  storm   every 5 s all connect and send a burst at once, and leave 2 s later\n"
      "  churn   each stays about 1.5 s, and another comes\n"
      "  slow    every fourth reads nothing for 4 s, and then all that has come\n\n"
      "It ends with 1 if a client was cut off or refused, or got what was another's; any reply of "
      "a\n"
      "stub will do. On a terminal it tells how it goes every second.\n\n"
      "Example:\n  waymark-lab load --shape churn --clients 50 --rate 500 --for 60s");
  const auto plan = std::make_shared<TrafficPlan>();
  add(*command, "--shape", "SHAPE", plan->shape, lab::parse_shape,
      "steady (default), ramp, storm, churn or slow");
  command->add_option("--clients", plan->clients, "So many at a time")
      ->check(CLI::Range(std::size_t{1}, TrafficPlan::kMaxClients))
      ->capture_default_str()
      ->type_name("N");
  command->add_option("--rate", plan->rate, "Frames a second, over all clients")
      ->check(CLI::Range(0.1, TrafficPlan::kMaxRate))
      ->capture_default_str()
      ->type_name("N");
  add(*command, "--size", "SIZE", plan->size, lab::parse_frame_size,
      "Bytes of a frame, 40 to 64KiB; 64 by default");
  add(*command, "--for", "TIME", plan->duration, lab::parse_duration,
      "So long, 1s to 24h; until Ctrl-C by default");
  command->callback([&run, &dir, plan] {
    run = [&dir, plan](ctl::Output& out) { return load(dir, *plan, out); };
  });
}

}  // namespace waymark
