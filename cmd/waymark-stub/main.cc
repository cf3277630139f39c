// waymark-stub: the reference upstream, written on the public SDK.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "behaviour.h"
#include "control.h"
#include "journal.h"
#include "registration.h"
#include "stub.h"
#include "waymark/upstream.h"

namespace {

constexpr int kBadUsage = 2;
constexpr std::chrono::milliseconds kPatience(1000);
constexpr std::chrono::seconds kLastPatience(3);

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
  waymark-stub --listen 127.0.0.1:7001 --journal blue.log --jitter 20ms --hang-after 1000
      writes down what it is told, answers out of order, and stops in the middle of frame 1001
  waymark-stub --listen 127.0.0.1:7001 --control /tmp/blue.sock
  echo '{"delay":"200ms","failure":"12%"}' | nc -NU /tmp/blue.sock
      changes what it does while it runs; {} asks
  waymark-stub --listen 0.0.0.0:7001 --tls-cert blue.pem --tls-key blue.key \
               --tls-client-ca proxies-ca.pem
      speaks TLS alone, with proxies that show a certificate of that CA
  waymark-stub --listen 127.0.0.1:0 --id blue --register http://127.0.0.1:8001 \
               --register-token-file /var/lib/waymark/registry.token
      announces itself to a proxy's registry, and takes that back at the end

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

void wait_for_signal(const sigset_t& signals, std::chrono::seconds at_most) {
  const timespec limit{.tv_sec = at_most.count(), .tv_nsec = 0};
  sigtimedwait(&signals, nullptr, &limit);
}

// "slow_read: ..." as the option is called.
std::string option_of(absl::string_view message) {
  std::string text(message);
  const std::size_t name = std::min(text.find(':'), text.size());
  std::replace(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(name), '_', '-');
  return text;
}

// One for each value, with what it is before it is given.
void add_behaviour_options(CLI::App& app,
                           std::vector<std::pair<std::string_view, std::string>>& values) {
  struct Option {
    const char* type;
    const char* help;
  };
  const std::map<std::string_view, Option> options = {
      {"reply", {"REPLY", "what to answer, see below"}},
      {"ack",
       {"auto|late|never|duplicate",
        "auto: an answer acks its frame; late: the answer is sent at once and on its own, the ack "
        "after --delay; never: no ack; duplicate: the answer once more after --delay, as the ack"}},
      {"delay", {"TIME", "wait before each answer: 500us, 20ms, 1s"}},
      {"jitter", {"TIME", "wait up to this longer, at random"}},
      {"failure", {"P%", "fail for this share of the frames: no answer, and counted as failed"}},
      {"drop", {"P%", "never finish this share of the frames: neither answer nor ack"}},
      {"slow_read", {"TIME", "stay this long in each frame"}},
      {"crash_after", {"N", "abort in the frame after this many; 0: never"}},
      {"hang_after",
       {"N", "stay for ever in the frame after this many, and read no more; 0: never"}}};
  for (auto& [name, text] : values) {
    std::string option = "--" + std::string(name);
    std::replace(option.begin(), option.end(), '_', '-');
    const auto& [type, help] = options.at(name);
    app.add_option(option, text, std::string(help) + " (default: " + text + ")")->type_name(type);
  }
}

}  // namespace

int main(int argc, char** argv) {
  waymark::UpstreamOptions server_options;
  waymark::stub::Stub::Options stub_options;
  waymark::stub::Behaviour behaviour;
  std::vector<std::pair<std::string_view, std::string>> values = values_of(behaviour);
  std::string journal_file;
  std::string control_file;
  std::string protocol = "link";
  std::string ttl = "15s";
  std::vector<std::string> registries;
  waymark::stub::RegistrationOptions registration;
  waymark::UpstreamTlsOptions tls;

  CLI::App app("Answers the frames that Waymark proxies bring.", "waymark-stub");
  app.footer(kExamples);
  app.add_option("--listen", server_options.listen, "host:port to listen on; port 0: a free one")
      ->required()
      ->type_name("ADDR");
  app.add_option("--id", stub_options.id, "name of this upstream (default: its address)")
      ->type_name("NAME");
  add_behaviour_options(app, values);
  app.add_option("--journal", journal_file,
                 "append what is told and answered to this file, a line each")
      ->type_name("FILE");
  app.add_option("--control", control_file,
                 "Unix socket on which all of --reply to --hang-after can be changed, see below")
      ->type_name("PATH");
  app.add_option("--protocol", protocol, "link or legacy (default: link)")
      ->check(CLI::IsMember({"link", "legacy"}))
      ->type_name("NAME");
  app.add_option("--threads", server_options.threads, "threads that serve links (default: 1)")
      ->type_name("N");
  app.add_option("--tls-cert", tls.certificate,
                 "speak TLS alone: PEM file of the certificate, and those that lead to its CA")
      ->type_name("FILE");
  app.add_option("--tls-key", tls.key, "PEM file of its private key, without a password")
      ->type_name("FILE");
  app.add_option("--tls-client-ca", tls.client_ca,
                 "PEM file of the CAs whose certificates proxies have to show (default: none)")
      ->type_name("FILE");
  app.add_option("--register", registries,
                 "registry of a proxy to announce this upstream to, at every address the name has; "
                 "may be repeated")
      ->type_name("URL")
      ->allow_extra_args(false);
  app.add_option("--register-token-file", registration.token_file, "holds the registry's token")
      ->type_name("FILE");
  app.add_option("--register-cacert", registration.ca,
                 "CA of an https registry, in PEM (default: those of the system)")
      ->check(CLI::ExistingFile)
      ->type_name("FILE");
  CLI::Option* const certificate = app.add_option("--register-cert", registration.certificate,
                                                  "certificate to show an https registry, in PEM")
                                       ->check(CLI::ExistingFile)
                                       ->type_name("FILE");
  CLI::Option* const key =
      app.add_option("--register-key", registration.key, "its private key, in PEM")
          ->check(CLI::ExistingFile)
          ->type_name("FILE");
  certificate->needs(key);
  key->needs(certificate);
  app.add_option("--pool", registration.pool, "pool to register for (default: the only one)")
      ->type_name("NAME");
  app.add_option("--advertise", registration.address,
                 "host:port proxies connect to (default: the one listened on)")
      ->type_name("ADDR");
  app.add_option("--ttl", ttl, "time to live of the registration (default: 15s)")
      ->type_name("TIME");
  app.add_flag("--insecure", registration.insecure,
               "register an address off the loopback, to be spoken to in plaintext");
  app.add_flag("!--no-acks", server_options.acks,
               "let proxies take what they have written for done, instead of acking it");
  app.add_flag("--verbose", stub_options.verbose, "tell of opened and closed clients on stderr");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& fault) {
    return app.exit(fault) == 0 ? EXIT_SUCCESS : kBadUsage;
  }

  for (const auto& [name, text] : values) {
    const absl::Status status = set(behaviour, name, text);
    if (!status.ok()) return fail("--" + option_of(status.message()));
  }
  absl::Duration lease;
  if (!absl::ParseDuration(ttl, &lease)) {
    return fail("--ttl: \"" + ttl + "\", expected a time such as 15s or 1m");
  }
  registration.ttl = absl::ToChronoSeconds(lease);
  for (const std::string& url : registries) {
    registration.url = url;
    const absl::Status status = waymark::stub::Registration::check(registration);
    if (!status.ok()) return fail("--register: " + std::string(status.message()));
  }
  server_options.name = stub_options.id;
  const std::string id = stub_options.id;
  if (stub_options.id.empty()) stub_options.id = server_options.listen;
  server_options.protocol =
      protocol == "link" ? waymark::UpstreamProtocol::link : waymark::UpstreamProtocol::legacy;

  if (!tls.certificate.empty() || !tls.key.empty() || !tls.client_ca.empty()) {
    if (tls.certificate.empty() || tls.key.empty()) {
      return fail("--tls-cert and --tls-key are both due for TLS");
    }
    server_options.tls = tls;
  }

  std::unique_ptr<waymark::stub::Journal> journal;
  if (!journal_file.empty()) {
    auto opened = waymark::stub::Journal::open(journal_file, stub_options.id);
    if (!opened.ok()) return fail("--journal: " + std::string(opened.status().message()));
    journal = *std::move(opened);
  }

  std::signal(SIGPIPE, SIG_IGN);  // a registry that ends a TLS connection while it is written to
  const sigset_t signals = block_stop_signals();
  waymark::stub::Stub stub(std::move(stub_options), std::move(behaviour), std::move(journal));
  auto server = waymark::UpstreamServer::start(server_options, stub);
  if (!server.ok()) return fail(std::string(server.status().message()));
  std::unique_ptr<waymark::stub::Control> control;
  if (!control_file.empty()) {
    auto opened = waymark::stub::Control::open(control_file, stub);
    if (!opened.ok()) return fail("--control: " + std::string(opened.status().message()));
    control = *std::move(opened);
  }
  std::printf("listening on %s\n", (*server)->address().c_str());
  std::fflush(stdout);

  std::deque<waymark::stub::Registration> announced;
  if (registration.address.empty()) registration.address = (*server)->address();
  registration.id = id.empty() ? registration.address : id;
  for (const std::string& url : registries) {
    registration.url = url;
    announced.emplace_back(registration);
  }

  int number = 0;
  sigwait(&signals, &number);
  control.reset();
  std::thread([signals] {
    wait_for_signal(signals, kLastPatience);  // a handler that hangs would hold up the end for ever
    _exit(EXIT_SUCCESS);
  }).detach();
  for (waymark::stub::Registration& each : announced) each.end();
  (*server)->shutdown(kPatience);
  return EXIT_SUCCESS;
}
