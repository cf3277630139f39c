#include "lab/supervisor.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <thread>

#include "base/status.h"
#include "lab/child.h"
#include "temporary_folder.h"

using namespace waymark;
using namespace waymark::lab;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

Recipe shell(const std::string& name, const std::string& script) {
  Recipe recipe;
  recipe.name = name;
  recipe.kind = Kind::upstream;
  recipe.command = {"/bin/sh", "-c", script};
  return recipe;
}

constexpr const char* kForEver = "exec sleep 1000";

std::string text_of(const absl::Status& status) { return std::string(message_of(status)); }

// Runs the supervisor here, and `what` on another thread; the lab ends when that returns. Checks
// are for afterwards: Catch is for one thread.
void run_with(Supervisor& supervisor, const std::function<void()>& what) {
  REQUIRE(supervisor.start_all().ok());
  std::thread other([&] {
    what();
    supervisor.ask_end();
  });
  supervisor.run(nullptr);
  other.join();
}

bool becomes(Supervisor& supervisor, const std::string& name, State state) {
  for (const auto until = std::chrono::steady_clock::now() + 60s;
       std::chrono::steady_clock::now() < until; std::this_thread::sleep_for(5ms)) {
    const auto view = supervisor.ask_view(name);
    if (view.ok() && view->state == state) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("a process is frozen, resumed, killed and started again") {
  const TemporaryFolder logs;
  Supervisor supervisor({shell("one", kForEver)}, logs.in(""));
  std::vector<std::string> seen;
  MemberView last;
  run_with(supervisor, [&] {
    const auto note = [&](const absl::StatusOr<MemberView>& view) {
      seen.push_back(view.ok() ? std::string(name_of(view->state)) : text_of(view.status()));
    };
    note(supervisor.ask_resume("one"));
    note(supervisor.ask_freeze("one"));
    note(supervisor.ask_freeze("one"));
    note(supervisor.ask_resume("one"));
    note(supervisor.ask_start("one"));
    note(supervisor.ask_kill("one"));
    seen.emplace_back(becomes(supervisor, "one", State::stopped) ? "ended" : "not ended");
    note(supervisor.ask_kill("one"));
    note(supervisor.ask_stop("one"));
    note(supervisor.ask_start("one"));
    last = *supervisor.ask_view("one");
    note(supervisor.ask_start("two"));
  });
  CHECK(seen ==
        std::vector<std::string>{"one is running; only what is frozen can be resumed", "frozen",
                                 "one is frozen; only what runs can be frozen", "running",
                                 "one is running; stop or kill it first", "stopping", "ended",
                                 "one is stopped (killed by SIGKILL); there is nothing to kill",
                                 "one is stopped (killed by SIGKILL); there is nothing to stop",
                                 "running", "there is no two in this lab; there are one"});
  CHECK(last.starts == 2);
  CHECK(last.ended.empty());
}

TEST_CASE("one that ends by itself has failed, and is told of with its last words") {
  const TemporaryFolder logs;
  Supervisor supervisor({shell("one", "echo last words; exit 7")}, logs.in(""));
  std::string told;
  supervisor.on_failure([&](const Member& member) { told = member.recipe.name; });
  MemberView view;
  LogPage log;
  run_with(supervisor, [&] {
    (void)becomes(supervisor, "one", State::failed);
    view = *supervisor.ask_view("one");
    log = *supervisor.ask_log("one", std::nullopt, 10);
  });
  CHECK(told == "one");
  CHECK(view.state == State::failed);
  CHECK(view.ended == "exit code 7");
  REQUIRE(log.lines.size() == 3);
  CHECK_THAT(log.lines[0], Contains("one is started, pid"));
  CHECK(log.lines[1] == "last words");
  CHECK_THAT(log.lines[2], Contains("one has ended: exit code 7"));
}

TEST_CASE("a frozen process is ended too, and proxies before upstreams") {
  const TemporaryFolder logs;
  const std::string order = logs.in("order");
  const std::string script =
      "trap 'echo $0 >> " + order + "; exit 0' TERM; echo up; " + "while :; do sleep 0.01; done";
  Recipe proxy = shell("proxy", script);
  proxy.kind = Kind::proxy;
  Recipe upstream = shell("upstream", script);
  proxy.command.emplace_back("proxy");
  upstream.command.emplace_back("upstream");
  Supervisor supervisor({upstream, proxy, shell("ice", kForEver)}, logs.in(""));
  run_with(supervisor, [&] {
    for (const char* const name : {"proxy", "upstream"}) {
      while (supervisor.ask_log(name, std::nullopt, 10)->lines.size() < 2) {
        std::this_thread::sleep_for(5ms);
      }
    }
    (void)supervisor.ask_freeze("ice");
  });
  std::string text;
  {
    LogBook unused("");
    FILE* const file = std::fopen(order.c_str(), "r");
    REQUIRE(file != nullptr);
    for (int c = 0; (c = std::fgetc(file)) != EOF;) text.push_back(static_cast<char>(c));
    std::fclose(file);
  }
  CHECK(text == "proxy\nupstream\n");
  for (const MemberView& view : supervisor.views()) CHECK(view.pid == 0);
}

TEST_CASE("nothing is started in a lab that ends") {
  const TemporaryFolder logs;
  Supervisor supervisor({shell("one", kForEver)}, logs.in(""));
  absl::Status again;
  bool ending = false;
  run_with(supervisor, [&] {
    supervisor.ask_end();
    ending = supervisor.ask_ending();
    (void)becomes(supervisor, "one", State::stopped);
    again = supervisor.ask_start("one").status();
  });
  CHECK(ending);
  CHECK_THAT(text_of(again), Contains("the lab ends"));
}

TEST_CASE("a program that cannot be started is named") {
  const TemporaryFolder logs;
  Recipe recipe = shell("one", "");
  recipe.command = {"/nowhere/waymark"};
  Supervisor supervisor({recipe}, logs.in(""));
  CHECK_THAT(text_of(supervisor.start_all()),
             Contains("/nowhere/waymark") && Contains("No such file"));
}

TEST_CASE("an end is told as people say it") {
  CHECK(describe_end(7 << 8) == "exit code 7");
  CHECK(describe_end(SIGKILL) == "killed by SIGKILL");
  CHECK(describe_end(SIGABRT) == "killed by SIGABRT");
}
