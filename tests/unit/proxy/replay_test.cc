#include "proxy/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "net/peer.h"
#include "net/test_loop.h"
#include "proxy/proxy.h"
#include "waymark/upstream.h"

namespace waymark::proxy {
namespace {

using Kind = ReplayResult::Kind;
using Told = std::vector<std::string>;

constexpr std::chrono::milliseconds kPatience{10'000};
const Mark kStranger = *Mark::parse("00112233-4455-6677-8899-aabbccddeeff");

class NoObserver final : public Observer {
  void connection_ended(const ConnectionSummary& /*summary*/) override {}
  void connections_refused(const RefusedConnections& /*refused*/) override {}
  void upstream_ready(const UpstreamRef& /*ref*/, std::string_view /*pool*/,
                      std::string_view /*address*/, std::string_view /*name*/,
                      std::string_view /*protocol*/) override {}
  void upstream_failed(const UpstreamRef& /*ref*/, std::string_view /*pool*/,
                       std::string_view /*address*/, std::string_view /*why*/) override {}
  void upstream_lost(const UpstreamRef& /*ref*/, std::string_view /*pool*/,
                     std::string_view /*address*/, std::string_view /*why*/) override {}
  void upstream_rests(const UpstreamRef& /*ref*/) override {}
  void upstream_gone(const UpstreamRef& /*ref*/) override {}
  void dead_letter(DeadLetter&& /*letter*/) override {}
};

// Echoes, and remembers what it was told.
class Upstream final : public UpstreamHandler {
 public:
  explicit Upstream(UpstreamOptions options = {})
      : server_(UpstreamServer::start(options, *this).value()) {}

  [[nodiscard]] const std::string& address() const { return server_->address(); }
  [[nodiscard]] Told told() {
    std::lock_guard lock(mutex_);
    return told_;
  }
  void forget() {
    std::lock_guard lock(mutex_);
    told_.clear();
  }
  [[nodiscard]] Mark mark() {
    std::lock_guard lock(mutex_);
    return mark_;
  }

 private:
  void opened(const Opened& opened, const Sender& /*sender*/) override {
    note(fmt::format("opened{} {} next {}", opened.resumed ? " again" : "", opened.listener,
                     opened.next_seq));
    std::lock_guard lock(mutex_);
    mark_ = opened.mark;
  }
  void frame(const Frame& frame, Reply reply) override {
    note(fmt::format("frame {} attempt {} {}", frame.seq, frame.attempt, frame.payload));
    reply.send(frame.payload);
  }
  void closed(const Closed& closed) override { note(fmt::format("closed {}", closed.last_seq)); }
  void note(std::string what) {
    std::lock_guard lock(mutex_);
    told_.push_back(std::move(what));
  }

  std::mutex mutex_;
  Told told_;  // guarded by mutex_, as below
  Mark mark_;
  std::unique_ptr<UpstreamServer> server_;
};

// A proxy of one listener and the pool `p`.
class Running {
 public:
  explicit Running(int workers, PoolSettings pool = {}) {
    pool.name = "p";
    settings_.workers = workers;
    settings_.listeners = {{.name = "devices",
                            .host = "127.0.0.1",
                            .pool = "p",
                            .framing = {.kind = frame::Kind::line}}};
    settings_.pools = {pool};
    settings_.drain.quiet = Millis(1);
    proxy_ = Proxy::start(settings_, observer_, loop.get(), [this] { ended_ = true; }).value();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    proxy_->drain(Millis(2'000));
    CHECK(loop.run_until([this] { return ended_.load(); }));
    proxy_.reset();
  }

  void serve_with(const Upstream& upstream) {
    proxy_->order({.index = 0, .pool = 0, .settings = {.address = upstream.address()}});
    REQUIRE(loop.run_until([this] {
      const ProxySnapshot now = proxy_->snapshot(kPatience);
      return std::all_of(now.workers.begin(), now.workers.end(), [](const WorkerSnapshot& worker) {
        return worker.pools.front().ready_upstreams == 1;
      });
    }));
  }
  [[nodiscard]] net::Peer connect() {
    const std::string local = proxy_->layout()->listeners.front().local;
    const int port = std::stoi(local.substr(local.rfind(':') + 1));
    return net::Peer::connect(
        *net::Address::from_numeric("127.0.0.1", static_cast<std::uint16_t>(port)));
  }
  [[nodiscard]] ReplayResult replay(DeadLetter letter) {
    return proxy_->replay(std::move(letter), kPatience).value();
  }
  [[nodiscard]] std::uint64_t replayed() {
    std::uint64_t frames = 0;
    for (const WorkerSnapshot& worker : proxy_->snapshot(kPatience).workers) {
      frames += worker.counters.frames_replayed;
    }
    return frames;
  }

  net::TestLoop loop;

 private:
  Settings settings_;
  NoObserver observer_;
  std::atomic<bool> ended_{false};
  std::unique_ptr<Proxy> proxy_;
};

DeadLetter letter_of(const Mark& mark, std::string payload = "again") {
  return {.mark = mark,
          .seq = 9,
          .pool = "p",
          .listener = "devices",
          .attempts = 5,
          .payload = std::move(payload)};
}

TEST_CASE("clients that live get their dead letters served by their own upstream") {
  const int workers = GENERATE(1, 3);
  Upstream upstream;
  Running running(workers);
  running.serve_with(upstream);
  // Several, so that some are not on the worker that looks first.
  for (std::size_t number = 1; number <= 6; ++number) {
    net::Peer client = running.connect();
    client.send("first\n");
    REQUIRE(running.loop.run_until([&] { return upstream.told().size() == 2; }));
    const ReplayResult result = running.replay(letter_of(upstream.mark()));
    CHECK(result.kind == Kind::delivered);
    CHECK(result.upstream == upstream.address());
    const std::string expected = "first\nagain\n";
    REQUIRE(running.loop.run_until([&] {
      client.receive();
      return client.input().size() == expected.size();
    }));
    CHECK(client.input() == expected);
    CHECK(upstream.told() ==
          Told{"opened devices next 1", "frame 1 attempt 1 first", "frame 9 attempt 6 again"});
    CHECK(running.replayed() == number);
    client.close();
    REQUIRE(running.loop.run_until([&] { return upstream.told().size() > 3; }));
    upstream.forget();
  }
}

TEST_CASE("of one that is gone the upstream hears its opening, the frame and its end") {
  const int workers = GENERATE(1, 3);
  Upstream upstream;
  Running running(workers);
  running.serve_with(upstream);
  CHECK(running.replay(letter_of(kStranger)).kind == Kind::delivered);
  REQUIRE(running.loop.run_until([&] { return upstream.told().size() == 3; }));
  CHECK(upstream.told() ==
        Told{"opened again devices next 9", "frame 9 attempt 6 again", "closed 9"});
}

TEST_CASE("an upstream that cannot take it is told of nothing") {
  Upstream upstream({.max_message = 256 * 1024});
  SECTION("too large") {
    Running running(2);
    running.serve_with(upstream);
    CHECK(running.replay(letter_of(kStranger, std::string(300 * 1024, 'x'))).kind ==
          Kind::too_large);
    CHECK(running.replayed() == 0);
  }
  SECTION("no room on the link") {
    Running running(2, {.window_events = 0});
    running.serve_with(upstream);
    CHECK(running.replay(letter_of(kStranger)).kind == Kind::no_room);
  }
  CHECK(upstream.told().empty());
}

TEST_CASE("without an upstream or a pool it says so, and so does a client that is held") {
  Running running(2);
  CHECK(running.replay(letter_of(kStranger)).kind == Kind::no_upstream);
  DeadLetter letter = letter_of(kStranger);
  letter.pool = "gone";
  CHECK(running.replay(letter).kind == Kind::no_pool);
}

}  // namespace
}  // namespace waymark::proxy
