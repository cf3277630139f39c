#include "ctl/config_commands.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/status.h"
#include "ctl/printable.h"

namespace waymark::ctl {
namespace {

void print_diff(Context& context, const Answer& answer) {
  if (context.json) {
    context.print_raw(answer);
    return;
  }
  Table table({{"PATH"}, {"FILE"}, {"RUNNING"}, {"AFTER A RESTART"}});
  for (const Json& each : list_of(answer.json, "differences")) {
    table.add({text_of(each, "path"), text_of(each, "file"), text_of(each, "running"),
               flag_of(each, "persisted") ? "stays" : "as in the file"});
  }
  if (table.rows() == 0) {
    context.out.print("What runs is what the file says.\n");
  } else {
    context.out.print(table.to_string(context.style));
  }
}

}  // namespace

absl::Status show_config(Context& context) {
  const auto answer = context.api.get("/v1/config");
  if (!answer.ok()) return answer.status();
  if (context.json) {
    context.print_raw(*answer);
    return absl::OkStatus();
  }
  std::string yaml = printable_lines(text_of(answer->json, "yaml"));
  if (!yaml.ends_with('\n')) yaml += '\n';
  context.out.print(yaml);
  return absl::OkStatus();
}

absl::Status set_config(Context& context, const std::string& path, const std::string& value,
                        bool persist) {
  Json body = Json::object();
  body["set"][path] = value;
  body["persist"] = persist;
  const auto answer = context.api.patch("/v1/config", body);
  if (!answer.ok()) return answer.status();
  print_diff(context, *answer);
  return absl::OkStatus();
}

absl::Status show_config_diff(Context& context) {
  const auto answer = context.api.get("/v1/config:diff");
  if (!answer.ok()) return answer.status();
  print_diff(context, *answer);
  return absl::OkStatus();
}

absl::Status reload_config(Context& context) {
  const auto answer = context.api.post("/v1/config:reload", Json::object());
  if (!answer.ok()) return answer.status();
  if (context.json) {
    context.print_raw(*answer);
    return absl::OkStatus();
  }
  const Json& changes = list_of(answer->json, "changed");
  if (changes.empty()) context.out.print("reloaded: nothing changed\n");
  for (const Json& change : changes) {
    if (!change.is_string()) continue;
    context.out.print(printable(change.get_ref<const std::string&>()) + '\n');
  }
  return absl::OkStatus();
}

absl::Status check_config_file(const std::string& file) {
  std::error_code fault;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", fault);
  const std::string beside = fault ? std::string() : (self.parent_path() / "waymark").string();
  std::string name = "waymark";
  std::string verb = "check";
  std::string flag = "-c";
  std::string path = file;
  std::array<char*, 5> arguments = {name.data(), verb.data(), flag.data(), path.data(), nullptr};
  if (!beside.empty()) ::execv(beside.c_str(), arguments.data());
  ::execvp(name.c_str(), arguments.data());
  return error(absl::StatusCode::kInternal,
               "cannot start `waymark`, neither as {} nor from PATH: {}\n"
               "  Where it is installed, `waymark check -c {}` does the same.",
               beside, std::generic_category().message(errno), printable(file));
}

}  // namespace waymark::ctl
