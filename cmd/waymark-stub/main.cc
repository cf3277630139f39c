// waymark-stub: the reference upstream, written on the public SDK.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "stub.h"
#include "waymark/upstream.h"

namespace {

constexpr int kBadUsage = 2;
constexpr std::chrono::milliseconds kPatience(1000);

constexpr char kExamples[] = R"(Replies:
  echo                  the payload as it came
  upper                 the payload in ASCII upper case
  none                  nothing
  template:TEXT         TEXT with {id} {payload} {mark} {seq} filled in; {{ and }} are braces

Examples:
  waymark-stub --listen 127.0.0.1:7001
      echoes every frame
  waymark-stub --listen 127.0.0.1:7001 --id blue --reply 'template:{id}: {payload}'
      says who answered, so that round robin can be seen
  waymark-stub --listen 127.0.0.1:0 --delay 50ms --verbose
      takes a free port, prints it, answers late, tells who comes and goes
  waymark-stub --listen 127.0.0.1:7001 --protocol legacy
      speaks upstream.grpc.service instead of waymark.link.v1

SIGTERM and Ctrl-C let proxies move their clients away (1 s at most); a second one ends at once.)";

int fail(const std::string& message) {
  std::fprintf(stderr, "waymark-stub: %s\n", message.c_str());
  return kBadUsage;
}

// Blocked here and in every thread made from now on: signals are taken by sigwait alone.
sigset_t block_stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

void wait_for_signal(const sigset_t& signals) {
  int number = 0;
  sigwait(&signals, &number);
}

}  // namespace

int main(int argc, char** argv) {
  waymark::UpstreamOptions server_options;
  waymark::stub::Stub::Options stub_options;
  std::string reply = "echo";
  std::string delay = "0ms";
  std::string protocol = "link";

  CLI::App app("Answers the frames that Waymark proxies bring.", "waymark-stub");
  app.footer(kExamples);
  app.add_option("--listen", server_options.listen, "host:port to listen on; port 0: a free one")
      ->required()
      ->type_name("ADDR");
  app.add_option("--id", stub_options.id, "name of this upstream (default: its address)")
      ->type_name("NAME");
  app.add_option("--reply", reply, "what to answer, see below (default: echo)")->type_name("REPLY");
  app.add_option("--delay", delay, "wait before each answer: 500us, 20ms, 1s (default: 0ms)")
      ->type_name("TIME");
  app.add_option("--protocol", protocol, "link or legacy (default: link)")
      ->check(CLI::IsMember({"link", "legacy"}))
      ->type_name("NAME");
  app.add_option("--threads", server_options.threads, "threads that serve links (default: 1)")
      ->type_name("N");
  app.add_flag("--verbose", stub_options.verbose, "tell of opened and closed clients on stderr");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& fault) {
    return app.exit(fault) == 0 ? EXIT_SUCCESS : kBadUsage;
  }

  if (const absl::Status status = waymark::stub::read_answer(reply, stub_options); !status.ok()) {
    return fail("--reply: " + std::string(status.message()));
  }
  absl::Duration wait;
  if (!absl::ParseDuration(delay, &wait) || wait < absl::ZeroDuration() ||
      wait == absl::InfiniteDuration()) {
    return fail("--delay: \"" + delay + "\", expected a time such as 20ms or 1s");
  }
  stub_options.delay = absl::ToChronoNanoseconds(wait);
  server_options.name = stub_options.id;
  if (stub_options.id.empty()) stub_options.id = server_options.listen;
  server_options.protocol =
      protocol == "link" ? waymark::UpstreamProtocol::link : waymark::UpstreamProtocol::legacy;

  const sigset_t signals = block_stop_signals();
  waymark::stub::Stub stub(std::move(stub_options));
  auto server = waymark::UpstreamServer::start(server_options, stub);
  if (!server.ok()) return fail(std::string(server.status().message()));
  std::printf("listening on %s\n", (*server)->address().c_str());
  std::fflush(stdout);

  wait_for_signal(signals);
  std::thread([signals] {
    wait_for_signal(signals);
    _exit(EXIT_SUCCESS);
  }).detach();
  (*server)->shutdown(kPatience);
  return EXIT_SUCCESS;
}
