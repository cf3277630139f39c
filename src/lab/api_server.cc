#include "lab/api_server.h"

#include <unistd.h>

#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "admin/dispatcher.h"
#include "admin/http_server.h"
#include "admin/json_message.h"
#include "admin/route_parts.h"
#include "admin/route_table.h"
#include "base/rfc3339.h"
#include "base/status.h"
#include "lab/stub_control.h"
#include "waymark/lab/v1/lab.pb.h"

namespace waymark::lab {
namespace {

namespace api = ::waymark::lab::v1;

using admin::Call;
using admin::Response;
using admin::Role;

constexpr std::size_t kMostLines = 1'000;

void fill(const MemberView& view, api::Member& out) {
  out.set_name(view.name);
  out.set_kind(std::string(name_of(view.kind)));
  out.set_state(std::string(name_of(view.state)));
  out.set_pid(static_cast<std::uint32_t>(view.pid));
  out.set_address(view.address);
  out.set_admin(view.admin);
  out.set_telemetry(view.telemetry);
  out.set_starts(view.starts);
  out.set_ended(view.ended);
  out.set_since(to_rfc3339(view.since));
}

absl::StatusOr<api::Member> message_of_member(const absl::StatusOr<MemberView>& view) {
  if (!view.ok()) return view.status();
  api::Member member;
  fill(*view, member);
  return member;
}

absl::StatusOr<api::Lab> show(Supervisor& supervisor, const std::string& directory) {
  api::Lab lab;
  lab.set_directory(directory);
  lab.set_pid(static_cast<std::uint32_t>(::getpid()));
  for (const MemberView& view : supervisor.ask_views()) fill(view, *lab.add_members());
  return lab;
}

std::optional<std::uint64_t> number_of(const Call& call, const std::string& name) {
  const std::string text = call.query_or(name, "");
  std::uint64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  return text.empty() || fault != std::errc() ? std::nullopt : std::optional(number);
}

absl::StatusOr<api::LogLines> show_log(Supervisor& supervisor, const Call& call) {
  const std::size_t limit = number_of(call, "limit").value_or(kMostLines);
  const auto page = supervisor.ask_log(call.path.at("name"), number_of(call, "after"), limit);
  if (!page.ok()) return page.status();
  api::LogLines lines;
  for (const std::string& line : page->lines) lines.add_lines(line);
  lines.set_next(page->next);
  lines.set_missed(page->missed);
  return lines;
}

// What a stub says to `change`; an empty one asks.
absl::StatusOr<api::StubAnswer> behave(Supervisor& supervisor, const std::string& name,
                                       const api::Behaviour& change) {
  const auto view = supervisor.ask_view(name);
  if (!view.ok()) return view.status();
  if (view->control.empty()) {
    return error(absl::StatusCode::kFailedPrecondition,
                 "{} is a proxy; what upstreams do can be set", name);
  }
  if (view->state != State::running) {
    return error(absl::StatusCode::kFailedPrecondition, "{} is {}, and cannot be told", name,
                 name_of(view->state));
  }
  const auto line = ask_stub(view->control, admin::write_json(change));
  if (!line.ok()) return line.status();
  api::StubAnswer answer;
  if (const auto faults = admin::read_json(*line, answer); !faults.empty()) {
    return error(absl::StatusCode::kInternal, "{} answered something odd: {}", name,
                 faults.front().problem());
  }
  if (!answer.error().empty()) {
    return error(absl::StatusCode::kInvalidArgument, "{}: {}", name, answer.error());
  }
  return answer;
}

void add_action(admin::RouteTable& table, Supervisor& supervisor, const std::string& action,
                std::string doc,
                absl::StatusOr<MemberView> (Supervisor::*ask)(const std::string& name)) {
  table.add({.method = "POST",
             .path = "/v1/members/{name}:" + action,
             .role = Role::kAdmin,
             .doc = std::move(doc),
             .answers = api::Member::descriptor(),
             .handler = [&supervisor, ask](const Call& call) {
               return admin::answer(message_of_member((supervisor.*ask)(call.path.at("name"))));
             }});
}

// Where browsers have the dashboards of the proxies from.
std::vector<std::string> dashboards_of(const Supervisor& supervisor) {
  std::vector<std::string> origins;
  for (const MemberView& view : supervisor.views()) {
    if (view.kind != Kind::proxy) continue;
    origins.push_back("http://" + view.admin);
    origins.push_back("http://localhost" + view.admin.substr(view.admin.rfind(':')));
  }
  return origins;
}

// `supervisor` outlives the table; `directory` is told to those who ask.
admin::RouteTable lab_routes(Supervisor& supervisor, const std::string& directory) {
  admin::RouteTable table;
  table.add({.method = "GET",
             .path = "/v1/lab",
             .doc = "The lab and its processes.",
             .answers = api::Lab::descriptor(),
             .handler = [&supervisor, directory](const Call&) {
               return admin::answer(show(supervisor, directory));
             }});
  table.add({.method = "POST",
             .path = "/v1/lab:down",
             .role = Role::kAdmin,
             .doc = "Ends all processes and the lab.",
             .answers = api::Done::descriptor(),
             .handler = [&supervisor](const Call&) {
               supervisor.ask_end();
               api::Done done;
               done.set_text("the lab ends");
               return admin::answer(absl::StatusOr<api::Done>(done));
             }});
  add_action(table, supervisor, "start", "Starts a process that has ended.",
             &Supervisor::ask_start);
  add_action(table, supervisor, "stop", "Ends a process in order.", &Supervisor::ask_stop);
  add_action(table, supervisor, "kill", "Ends a process with SIGKILL.", &Supervisor::ask_kill);
  add_action(table, supervisor, "freeze", "Stops it with SIGSTOP.", &Supervisor::ask_freeze);
  add_action(table, supervisor, "resume", "Lets it go on.", &Supervisor::ask_resume);
  table.add(
      {.method = "GET",
       .path = "/v1/members/{name}/log",
       .doc = "What a process has said, the last lines or those after a place.",
       .answers = api::LogLines::descriptor(),
       .query = {{.name = "after", .doc = "`next` of the call before.", .min = 0, .max = SIZE_MAX},
                 {.name = "limit", .doc = "At most so many lines.", .min = 1, .max = kMostLines}},
       .handler = [&supervisor](const Call& call) {
         return admin::answer(show_log(supervisor, call));
       }});
  table.add({.method = "GET",
             .path = "/v1/members/{name}/behaviour",
             .doc = "What an upstream does with frames.",
             .answers = api::StubAnswer::descriptor(),
             .handler = [&supervisor](const Call& call) {
               return admin::answer(behave(supervisor, call.path.at("name"), {}));
             }});
  table.add({.method = "PATCH",
             .path = "/v1/members/{name}/behaviour",
             .role = Role::kAdmin,
             .doc = "Changes what an upstream does with frames.",
             .takes = api::Behaviour::descriptor(),
             .answers = api::StubAnswer::descriptor(),
             .handler = [&supervisor](const Call& call) {
               return admin::answer(
                   behave(supervisor, call.path.at("name"), admin::body_of<api::Behaviour>(call)));
             }});
  return table;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ApiServer>> ApiServer::start(Supervisor& supervisor,
                                                            const std::string& directory,
                                                            const std::string& token,
                                                            admin::HttpListener listener) {
  auto made = admin::Token::make("lab", Role::kAdmin, token);
  if (!made.ok()) return made.status();
  std::vector<admin::Token> tokens;
  tokens.push_back(*std::move(made));
  auto dispatcher = std::make_unique<admin::Dispatcher>(
      "lab",
      admin::Gate{.hosts = admin::HostList(kApiHost, listener.port, {}),
                  .tokens = admin::TokenSet(std::move(tokens)),
                  .auth_off = false,
                  .pages = dashboards_of(supervisor)},
      lab_routes(supervisor, directory), nullptr, nullptr);
  auto server = admin::HttpServer::start({.name = "lab"}, std::move(listener), *dispatcher);
  if (!server.ok()) return server.status();
  return std::unique_ptr<ApiServer>(new ApiServer(std::move(dispatcher), *std::move(server)));
}

ApiServer::ApiServer(std::unique_ptr<admin::Dispatcher> dispatcher,
                     std::unique_ptr<admin::HttpServer> server)
    : dispatcher_(std::move(dispatcher)), server_(std::move(server)) {}

ApiServer::~ApiServer() = default;

std::string ApiServer::url() const {
  return fmt::format("http://127.0.0.1:{}", server_->bound_port());
}

}  // namespace waymark::lab
