#include "lab/client.h"

#include <chrono>
#include <thread>

#include "base/status.h"
#include "ctl/printable.h"
#include "ctl/url.h"
#include "lab/own_folder.h"

namespace waymark::lab {
namespace {

using absl::StatusCode;
using ctl::Json;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPause(100);
constexpr std::chrono::seconds kEndPatience(30);  // longer than the lab has with its processes
constexpr std::size_t kMaxFile = 4'096;

ctl::Colour colour_of(const std::string& state) {
  if (state == "running") return ctl::Colour::green;
  return state == "failed" ? ctl::Colour::red : ctl::Colour::yellow;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Client>> Client::find(const std::string& dir) {
  const auto folder = OwnFolder::open(dir, 0077);
  if (!folder.ok() && !absl::IsNotFound(folder.status())) {
    return error(folder.status().code(), "{}; --dir DIR names another place",
                 message_of(folder.status()));
  }
  const absl::Status nobody =
      error(StatusCode::kNotFound,
            "no lab runs in {}; waymark-lab up starts one, --dir DIR names another place", dir);
  if (!folder.ok()) return nobody;
  auto lock = LabLock::look(*folder);
  const auto url = folder->read("api", kMaxFile);
  const auto token = folder->read("token", kMaxFile);
  if (!lock.ok() || !lock->is_taken() || !url.ok() || !token.ok()) return nobody;
  const std::string secret = token->substr(0, token->find_first_of("\r\n"));
  return std::unique_ptr<Client>(new Client(dir, *std::move(lock), *url, secret));
}

absl::StatusOr<Json> Client::call(const std::string& method, const std::string& path,
                                  const Json* body) {
  ctl::HttpRequest request{.method = method,
                           .url = url_ + path,
                           .headers = {"Authorization: Bearer " + token_},
                           .body = body == nullptr ? "" : ctl::to_line(*body)};
  if (method != "GET") request.headers.emplace_back("Content-Type: application/json");
  const auto answer = http_.send(request);
  if (!answer.ok()) {
    return error(answer.status().code(), "the lab of {} was not reached: {}", dir_,
                 message_of(answer.status()));
  }
  Json json = Json::parse(answer->body, nullptr, false);
  if (answer->status == 200 && json.is_object()) return json;
  const std::string message = ctl::printable(ctl::text_of(json, "message"));
  const StatusCode code = answer->status == 404   ? StatusCode::kNotFound
                          : answer->status == 400 ? StatusCode::kInvalidArgument
                                                  : StatusCode::kAborted;
  return error(code, "{}",
               message.empty() ? fmt::format("the lab answered HTTP {}", answer->status) : message);
}

absl::StatusOr<Json> Client::lab() { return call("GET", "/v1/lab"); }

absl::Status Client::act(const std::string& name, const std::string& action) {
  const auto begun = call("POST", "/v1/members/" + ctl::url_encoded(name) + ":" + action);
  if (!begun.ok()) return begun.status();
  std::string state = ctl::text_of(*begun, "state");
  for (const auto until = Clock::now() + kEndPatience; state == "stopping";) {
    if (Clock::now() > until) {
      return error(StatusCode::kDeadlineExceeded, "{} has not ended in time", name);
    }
    std::this_thread::sleep_for(kPause);
    const auto now = lab();
    if (!now.ok()) return now.status();
    for (const Json& member : ctl::list_of(*now, "members")) {
      if (ctl::text_of(member, "name") == name) state = ctl::text_of(member, "state");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Json> Client::set(const std::string& name,
                                 const std::vector<std::pair<std::string, std::string>>& values) {
  const std::string path = "/v1/members/" + ctl::url_encoded(name) + "/behaviour";
  if (values.empty()) return call("GET", path);
  Json change = Json::object();
  for (const auto& [value, text] : values) change[value] = text;
  return call("PATCH", path, &change);
}

absl::Status Client::print_log(const std::string& name, std::size_t lines, bool follow,
                               ctl::Output& out) {
  const std::string path = "/v1/members/" + ctl::url_encoded(name) + "/log?";
  auto page = call("GET", fmt::format("{}limit={}", path, lines));
  while (page.ok()) {
    if (const auto missed = ctl::number_of(*page, "missed"); missed > 0) {
      out.print(fmt::format("... {} lines are not kept any more\n", missed));
    }
    for (const Json& line : ctl::list_of(*page, "lines")) {
      if (line.is_string()) out.print(ctl::printable(line.get<std::string>()) + "\n");
    }
    if (!follow || out.reader_left() || !out.status().ok()) return absl::OkStatus();
    if (ctl::list_of(*page, "lines").empty()) std::this_thread::sleep_for(kPause);
    page = call("GET", fmt::format("{}after={}", path, ctl::number_of(*page, "next")));
  }
  // A lab that ends has no API any more, and its lock for a moment still.
  if (follow && absl::IsUnavailable(page.status()) && wait_for_end().ok()) return absl::OkStatus();
  return page.status();
}

absl::Status Client::down() {
  if (const auto begun = call("POST", "/v1/lab:down"); !begun.ok()) return begun.status();
  return wait_for_end();
}

absl::Status Client::wait_for_end() const {
  for (const auto until = Clock::now() + kEndPatience; lock_.is_taken();) {
    if (Clock::now() > until) {
      return error(StatusCode::kDeadlineExceeded, "the lab of {} has not ended in time", dir_);
    }
    std::this_thread::sleep_for(kPause);
  }
  return absl::OkStatus();
}

std::string member_table(const Json& lab, const ctl::Style& style) {
  ctl::Table table({{"NAME"},
                    {"KIND"},
                    {"STATE"},
                    {"PID", ctl::Align::right},
                    {"STARTS", ctl::Align::right},
                    {"ADDRESS"},
                    {"ADMIN"},
                    {"TELEMETRY"},
                    {"ENDED"}});
  for (const Json& member : ctl::list_of(lab, "members")) {
    const std::uint64_t pid = ctl::number_of(member, "pid");
    const std::string state = ctl::text_of(member, "state");
    table.add({ctl::text_of(member, "name"), ctl::text_of(member, "kind"),
               ctl::Cell(state, colour_of(state)), pid == 0 ? "" : std::to_string(pid),
               std::to_string(ctl::number_of(member, "starts")), ctl::text_of(member, "address"),
               ctl::text_of(member, "admin"), ctl::text_of(member, "telemetry"),
               ctl::text_of(member, "ended")});
  }
  return table.to_string(style);
}

}  // namespace waymark::lab
