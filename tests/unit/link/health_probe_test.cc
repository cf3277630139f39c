#include "link/health_probe.h"

#include <grpcpp/ext/health_check_service_server_builder_option.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/chunk.h"
#include "grpc/health/v1/health.pb.h"
#include "link/completion.h"
#include "link/completion_thread.h"
#include "link/link.h"
#include "link/protocol.h"
#include "scripted_service.h"
#include "upstream/grpc/service/upstream.pb.h"

namespace waymark::link {
namespace {

namespace health = ::grpc::health::v1;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Kind = ProbeNews::Kind;

constexpr milliseconds kPatience{20'000};
constexpr char kWatch[] = "/grpc.health.v1.Health/Watch";
constexpr char kCheck[] = "/grpc.health.v1.Health/Check";

std::uint64_t now_ms() {
  const auto since = steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<milliseconds>(since).count());
}

std::string answer(health::HealthCheckResponse::ServingStatus status) {
  health::HealthCheckResponse response;
  response.set_status(status);
  return response.SerializeAsString();
}
const std::string kServing = answer(health::HealthCheckResponse::SERVING);
const std::string kNotServing = answer(health::HealthCheckResponse::NOT_SERVING);

// --- servers ---

Script unary(const std::string& message) { return {{message}, grpc::Status::OK}; }
Script stays_open(std::deque<std::string> messages) { return {std::move(messages), std::nullopt}; }
Script ends(grpc::StatusCode code, const std::string& text = "as scripted") {
  return {{}, grpc::Status(code, text)};
}

class Server {
 public:
  // With gRPC's own health service instead of `service` if that is null.
  explicit Server(ScriptedService* service, int port = 0) : port_(port) {
    grpc::EnableDefaultHealthCheckService(service == nullptr);
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:" + std::to_string(port), grpc::InsecureServerCredentials(),
                             &port_);
    // Without any service of the builder's gRPC starts none of its threads.
    builder.RegisterCallbackGenericService(service != nullptr ? service : &none_);
    server_ = builder.BuildAndStart();
    grpc::EnableDefaultHealthCheckService(false);
    REQUIRE(server_ != nullptr);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() { server_->Shutdown(std::chrono::system_clock::now()); }

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  void set_serving(const std::string& service, bool serving) {
    server_->GetHealthCheckService()->SetServingStatus(service, serving);
  }

 private:
  ScriptedService none_;
  int port_;
  std::unique_ptr<grpc::Server> server_;
};

int unused_port() {
  ScriptedService service;
  return Server(&service).port();
}

// --- the probe's owner ---

// A completion thread and the passes of its owner.
class Owner {
 public:
  CompletionThread& thread() { return thread_; }

  // Passes until `done` holds after one; false if it never does.
  template <typename Sink, typename Tick, typename Done>
  [[nodiscard]] bool run(Sink sink, Tick tick, Done done) {
    for (const auto deadline = steady_clock::now() + kPatience; steady_clock::now() < deadline;) {
      {
        std::unique_lock lock(mutex_);
        woken_by_.wait_for(lock, milliseconds(5), [this] { return woken_; });
        woken_ = false;
      }
      thread_.deliver(sink);
      tick(now_ms());
      if (done()) return true;
    }
    return false;
  }

 private:
  void wake() {
    std::lock_guard lock(mutex_);
    woken_ = true;
    woken_by_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable woken_by_;
  bool woken_ = false;
  CompletionThread thread_{[this] { wake(); }};
};

HealthOptions patient(const std::string& address) {
  return {.address = address,
          .service = {},
          .interval = milliseconds(20),
          .timeout = kPatience,
          .connect_timeout = kPatience};
}

class Probing {
 public:
  explicit Probing(const HealthOptions& options)
      : probe(options, owner_.thread(), [this](const ProbeNews& told) { news.push_back(told); }) {
    probe.start(now_ms());
  }
  Probing(const Probing&) = delete;
  Probing& operator=(const Probing&) = delete;
  ~Probing() {
    ticking = true;
    probe.stop(now_ms());
    CHECK(run_until([this] { return probe.stopped(); }));
  }

  template <typename Done>
  [[nodiscard]] bool run_until(Done done) {
    return owner_.run(
        [this](Completion& completion) {
          CHECK(probe.owns(completion));
          probe.on_completion(completion);
        },
        [this](std::uint64_t now) {
          if (!ticking) return;
          ++ticks;
          probe.tick(now);
        },
        done);
  }
  // The news after those asked for before.
  [[nodiscard]] ProbeNews next() {
    REQUIRE(run_until([this] { return news.size() > looked_at_; }));
    return news[looked_at_++];
  }
  // Goes on to the first news of that kind.
  [[nodiscard]] ProbeNews next(Kind kind) {
    for (;;) {
      ProbeNews told = next();
      if (told.kind == kind) return told;
    }
  }

 private:
  Owner owner_;

 public:
  std::vector<ProbeNews> news;
  int ticks = 0;
  bool ticking = true;
  HealthProbe probe;

 private:
  std::size_t looked_at_ = 0;
};

// --- what serves ---

TEST_CASE("a change that Watch tells is news at once") {
  Server server(nullptr);
  HealthOptions options = patient(server.address());
  options.interval = milliseconds(3'600'000);
  Probing probing(options);
  CHECK(probing.next().kind == Kind::passing);
  server.set_serving("", false);
  const ProbeNews told = probing.next();
  CHECK(told.kind == Kind::not_serving);
  CHECK(told.text == "the server says NOT_SERVING");
  server.set_serving("", true);
  CHECK(probing.next().kind == Kind::passing);
}

TEST_CASE("the service that is asked for counts, and one that is not known does not serve") {
  Server server(nullptr);
  server.set_serving("here", true);
  server.set_serving("", false);
  HealthOptions options = patient(server.address());
  options.service = "here";
  CHECK(Probing(options).next().kind == Kind::passing);
  options.service = "nowhere";
  const ProbeNews told = Probing(options).next();
  CHECK(told.kind == Kind::not_serving);
  CHECK(told.text == "the server's health service does not know 'nowhere'");
}

TEST_CASE("Check confirms what Watch said, each interval, on the same Watch") {
  ScriptedService service;
  service.script(kWatch, stays_open({kServing}));
  service.script(kCheck, unary(kServing));
  Server server(&service);
  Probing probing(patient(server.address()));
  for (int i = 0; i < 5; ++i) CHECK(probing.next().kind == Kind::passing);
  CHECK(service.seen(kWatch).size() == 1);
  CHECK(service.seen(kCheck).size() >= 4);

  service.script(kCheck, unary(kNotServing));
  (void)probing.next(Kind::not_serving);
  service.script(kCheck, std::nullopt);  // then Watch has the last word
  (void)probing.next(Kind::passing);
  CHECK(service.seen(kWatch).size() == 1);
}

TEST_CASE("without Watch, Check is asked each interval") {
  ScriptedService service;
  service.script(kCheck, unary(kServing));
  Server server(&service);
  HealthOptions options = patient(server.address());
  options.service = "some.Service";
  Probing probing(options);
  for (int i = 0; i < 4; ++i) CHECK(probing.next().kind == Kind::passing);
  service.script(kCheck, unary(kNotServing));
  (void)probing.next(Kind::not_serving);
  service.script(kCheck, ends(grpc::StatusCode::NOT_FOUND));
  while (probing.next(Kind::not_serving).text !=
         "the server's health service does not know 'some.Service'") {
  }
  CHECK(service.seen(kCheck).front().request == "\x0a\x0csome.Service");  // field 1 of 12 bytes
}

TEST_CASE("a server without the service is unsupported, until it has it") {
  ScriptedService service;
  Server server(&service);
  Probing probing(patient(server.address()));
  for (int i = 0; i < 3; ++i) {
    const ProbeNews told = probing.next();
    CHECK(told.kind == Kind::unsupported);
    CHECK(told.text == "the server has no grpc.health.v1.Health");
  }
  service.script(kWatch, stays_open({kNotServing}));
  (void)probing.next(Kind::not_serving);
}

TEST_CASE("a status without meaning is not SERVING") {
  ScriptedService service;
  const auto [status, text] = GENERATE(table<int, std::string>({
      {0, "the server says status 0"},
      {9, "the server says status 9"},
  }));
  service.script(
      kWatch,
      stays_open({answer(static_cast<health::HealthCheckResponse::ServingStatus>(status))}));
  Server server(&service);
  Probing probing(patient(server.address()));
  const ProbeNews told = probing.next();
  CHECK(told.kind == Kind::not_serving);
  CHECK(told.text == text);
}

// --- what fails ---

TEST_CASE("a server that is down fails each question, and is found when it comes") {
  const int port = unused_port();
  HealthOptions options = patient("127.0.0.1:" + std::to_string(port));
  options.connect_timeout = milliseconds(100);
  Probing probing(options);
  for (int i = 0; i < 3; ++i) {
    const ProbeNews told = probing.next();
    CHECK(told.kind == Kind::failed);
    CHECK(told.text == "no connection: ipv4:" + options.address +
                           ": Failed to connect to remote host: Connection refused");
  }
  ScriptedService service;
  service.script(kWatch, stays_open({kServing}));
  Server server(&service, port);
  (void)probing.next(Kind::passing);
}

TEST_CASE("a server that restarts is asked anew, also if it can less than before") {
  ScriptedService first;
  first.script(kWatch, stays_open({kServing}));
  auto server = std::make_unique<Server>(&first);
  HealthOptions options = patient(server->address());
  options.connect_timeout = milliseconds(200);
  Probing probing(options);
  (void)probing.next(Kind::passing);
  const int port = server->port();
  server.reset();
  (void)probing.next(Kind::failed);

  ScriptedService second;
  second.script(kCheck, unary(kServing));
  server = std::make_unique<Server>(&second, port);
  (void)probing.next(Kind::passing);
  server.reset();
  (void)probing.next(Kind::failed);

  ScriptedService third;
  server = std::make_unique<Server>(&third, port);
  (void)probing.next(Kind::unsupported);
  server.reset();
  (void)probing.next(Kind::failed);

  ScriptedService fourth;
  fourth.script(kWatch, stays_open({kNotServing}));
  server = std::make_unique<Server>(&fourth, port);
  (void)probing.next(Kind::not_serving);
}

TEST_CASE("a server that hangs fails, and is asked again on another connection") {
  ScriptedService service;
  service.script(kWatch, stays_open({}));
  Server server(&service);
  HealthOptions options = patient(server.address());
  options.timeout = milliseconds(200);
  Probing probing(options);
  for (int i = 0; i < 3; ++i) {
    const ProbeNews told = probing.next();
    CHECK(told.kind == Kind::failed);
    CHECK(told.text == "no answer within 200 ms");
  }
  std::set<std::string> peers;
  const auto questions = service.seen(kWatch);
  for (const auto& question : questions) peers.insert(question.peer);
  CHECK(peers.size() == questions.size());
  CHECK(questions.size() >= 2);

  service.script(kWatch, stays_open({kServing}));
  (void)probing.next(Kind::passing);
}

TEST_CASE("a server that hangs after it has answered Watch fails") {
  ScriptedService service;
  service.script(kWatch, stays_open({kServing}));
  service.script(kCheck, stays_open({}));
  Server server(&service);
  HealthOptions options = patient(server.address());
  options.timeout = milliseconds(200);
  Probing probing(options);
  (void)probing.next(Kind::passing);
  CHECK(probing.next(Kind::failed).text == "no answer within 200 ms");
  (void)probing.next(Kind::passing);  // by a new Watch
  CHECK(service.seen(kWatch).size() >= 2);
}

TEST_CASE("answers that cannot be are failures, and the probe goes on") {
  const auto [script, text] = GENERATE(table<Script, std::string>({
      {stays_open({"\xff\xff\xff"}), "the server's health service sent what cannot be read"},
      {unary("\x08"), "the server's health service sent what cannot be read"},
      {ends(grpc::StatusCode::OK), "ended without an answer"},
      {ends(grpc::StatusCode::PERMISSION_DENIED, "go away"), "go away (gRPC code 7)"},
      {stays_open({std::string(100'000, 'x')}), "(gRPC code 8)"},
  }));
  const char* method = GENERATE(kWatch, kCheck);
  ScriptedService service;
  service.script(method, script);
  Server server(&service);
  Probing probing(patient(server.address()));
  for (int i = 0; i < 2; ++i) {
    const ProbeNews told = probing.next();
    CHECK(told.kind == Kind::failed);
    CHECK_THAT(told.text, Catch::Contains(text));
  }
  service.script(kWatch, stays_open({kServing}));
  (void)probing.next(Kind::passing);
}

TEST_CASE("a Watch that ends after its answer says nothing; it is asked for again") {
  ScriptedService service;
  service.script(kWatch, Script{{kServing}, grpc::Status(grpc::StatusCode::UNAVAILABLE, "bye")});
  Server server(&service);
  Probing probing(patient(server.address()));
  REQUIRE(probing.run_until([&] { return service.seen(kWatch).size() >= 4; }));
  for (const ProbeNews& told : probing.news) CHECK(told.kind == Kind::passing);
}

TEST_CASE("a server that floods is read no faster than a message a tick") {
  ScriptedService service;
  service.script(kWatch, Script{{kServing, kNotServing}, std::nullopt, true});
  Server server(&service);
  HealthOptions options = patient(server.address());
  options.interval = milliseconds(3'600'000);
  Probing probing(options);
  REQUIRE(probing.run_until([&] { return !probing.news.empty(); }));
  const std::size_t begun = probing.news.size();
  const int first = probing.ticks;
  REQUIRE(probing.run_until([&] { return probing.ticks >= first + 50; }));
  CHECK(probing.news.size() >= begun + 10);
  CHECK(probing.news.size() <= begun + 50 + 4);

  probing.ticking = false;
  const std::size_t before = probing.news.size();
  int passes = 0;
  REQUIRE(probing.run_until([&] { return ++passes == 50; }));
  CHECK(probing.news.size() <= before + 4);
}

TEST_CASE("more than one answer to Check is never waited for") {
  ScriptedService service;
  service.script(kCheck, Script{{kServing}, std::nullopt, true});
  Server server(&service);
  HealthOptions options = patient(server.address());
  options.timeout = milliseconds(200);
  Probing probing(options);
  CHECK(probing.next().text == "no answer within 200 ms");
}

// --- its own life ---

TEST_CASE("ask_at() moves the next question") {
  ScriptedService service;
  service.script(kCheck, unary(kServing));
  Server server(&service);
  HealthOptions options = patient(server.address());
  options.interval = milliseconds(3'600'000);
  Probing probing(options);
  (void)probing.next();
  const std::uint64_t when = now_ms() + 150;
  probing.probe.ask_at(when);
  (void)probing.next();
  CHECK(now_ms() >= when);
}

TEST_CASE("stops in any state without a word, and starts again") {
  ScriptedService service;
  service.script(kWatch, stays_open({kServing}));
  Server server(&service);
  Owner owner;
  int told = 0;
  HealthProbe probe(patient(server.address()), owner.thread(),
                    [&](const ProbeNews& news) { told += news.kind == Kind::passing ? 1 : 0; });
  const auto sink = [&](Completion& completion) { probe.on_completion(completion); };
  const auto tick = [&](std::uint64_t now) { probe.tick(now); };
  CHECK(probe.stopped());
  for (int passes = 0; passes < 12; ++passes) {
    told = 0;
    probe.start(now_ms());
    CHECK_FALSE(probe.stopped());
    int left = passes;
    REQUIRE(owner.run(sink, tick, [&] { return --left <= 0 || told > 0; }));
    probe.stop(now_ms());
    told = 0;
    REQUIRE(owner.run(sink, tick, [&] { return probe.stopped(); }));
    CHECK(told == 0);
  }
  probe.start(now_ms());
  REQUIRE(owner.run(sink, tick, [&] { return told > 0; }));
  probe.stop(now_ms());
  REQUIRE(owner.run(sink, tick, [&] { return probe.stopped(); }));
}

TEST_CASE("its owner may stop it when told") {
  ScriptedService service;
  service.script(kWatch, stays_open({kServing}));
  Server server(&service);
  Owner owner;
  int told = 0;
  std::optional<HealthProbe> probe;
  probe.emplace(patient(server.address()), owner.thread(), [&](const ProbeNews&) {
    ++told;
    probe->stop(now_ms());
  });
  probe->start(now_ms());
  REQUIRE(owner.run([&](Completion& completion) { probe->on_completion(completion); },
                    [&](std::uint64_t now) { probe->tick(now); },
                    [&] { return probe->stopped(); }));
  CHECK(told == 1);
}

// --- metadata ---

const Metadata kMetadata = {{"waymark-tenant", "blue"}, {"raw-bin", std::string("\0\xff", 2)}};

void check_carried(const std::vector<ScriptedService::Seen>& calls) {
  REQUIRE_FALSE(calls.empty());
  for (const auto& call : calls) {
    CAPTURE(call.method);
    for (const auto& [key, value] : kMetadata) {
      REQUIRE(call.metadata.count(key) == 1);
      CHECK(call.metadata.find(key)->second == value);
    }
  }
}

TEST_CASE("questions carry the metadata") {
  ScriptedService service;
  service.script(kWatch, stays_open({kServing}));
  service.script(kCheck, unary(kServing));
  Server server(&service);
  HealthOptions options = patient(server.address());
  options.metadata = kMetadata;
  REQUIRE(problem_of(options.metadata).empty());
  Probing probing(options);
  REQUIRE(probing.run_until([&] { return !service.seen(kCheck).empty(); }));
  check_carried(service.seen(kWatch));
  check_carried(service.seen(kCheck));
}

struct NoEvents : LinkEvents {
  void link_ready(Link&) override {}
  void link_lost(Link&, std::string_view, std::vector<LostBatch>) override {}
  void link_failed(Link&, std::string_view) override {}
  void link_command(Link&, const wire::Command&) override {}
  void link_commands_end(Link&) override {}
  void link_acked(Link&, const session::Ledger::Entry&) override {}
  void link_nacked(Link&, const wire::Nack&) override {}
  void link_has_room(Link&) override {}
};

TEST_CASE("a link's calls carry its metadata, in either protocol") {
  const auto wanted = GENERATE(LinkOptions::Wanted::link, LinkOptions::Wanted::legacy);
  ::upstream::grpc::service::ReadyResult yes;
  yes.set_ready(true);
  ScriptedService service;
  service.script(kLinkMethod, stays_open({}));
  service.script(kLegacyReadyMethod, unary(yes.SerializeAsString()));
  service.script(kLegacyStreamMethod, stays_open({}));
  service.script(kLegacyLiveMethod, stays_open({}));
  Server server(&service);
  Owner owner;
  ChunkPool chunks;
  NoEvents events;
  LinkOptions options;
  options.address = server.address();
  options.protocol = wanted;
  options.ping_interval = milliseconds(0);  // asks `live` at once
  options.metadata = kMetadata;
  Link link(options, owner.thread(), chunks, events);
  link.start(now_ms());
  const auto sink = [&](Completion& completion) { link.on_completion(completion); };
  const auto tick = [&](std::uint64_t now) { link.tick(now); };
  if (wanted == LinkOptions::Wanted::link) {
    CHECK(owner.run(sink, tick, [&] { return !service.seen(kLinkMethod).empty(); }));
    check_carried(service.seen(kLinkMethod));
  } else {
    CHECK(owner.run(sink, tick, [&] { return !service.seen(kLegacyLiveMethod).empty(); }));
    check_carried(service.seen(kLegacyReadyMethod));
    check_carried(service.seen(kLegacyLiveMethod));
  }
  link.stop(now_ms());
  CHECK(owner.run(sink, tick, [&] { return link.stopped(); }));
}

TEST_CASE("metadata that gRPC cannot send is refused by key, with what is allowed") {
  CHECK(problem_of(Metadata{}).empty());
  CHECK(problem_of({{"a-z_0.9", ""}, {"b", " ~"}}).empty());
  for (const char* key : {"", "Upper", ":path", "with space", "t\xc3\xa4st", "a/b"}) {
    CHECK(problem_of({{key, "x"}}) ==
          "metadata key '" + std::string(key) + "', allowed: characters a-z 0-9 - _ .");
  }
  for (const char* key : {"te", "content-type", "grpc-timeout", "transfer-encoding", "host"}) {
    CHECK_THAT(problem_of({{key, "x"}}),
               Catch::StartsWith("metadata key '" + std::string(key) + "' is reserved, allowed: "));
  }
  for (const char* value : {"\n", "\x7f", "\xc3\xa4"}) {
    CHECK(
        problem_of({{"ok", "ok"}, {"key", value}}) ==
        "the value of metadata key 'key', allowed: printable ASCII, or a key that ends with -bin");
  }
  const std::string largest(kMaxMetadata - 32 - 1, 'x');
  CHECK(problem_of({{"k", largest}}).empty());
  CHECK(problem_of({{"k", largest + "x"}}) ==
        "metadata of 4097 bytes, allowed: 4096 with 32 for each pair");
}

}  // namespace
}  // namespace waymark::link
