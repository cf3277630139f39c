#include "load/run.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "load/descriptor.h"
#include "load/report.h"

namespace waymark::load {
namespace {

using std::chrono::milliseconds;

// Answers every read with what `reply` makes of it, a thread a connection; nullopt closes.
class Server {
 public:
  using Reply = std::function<std::optional<std::string>(std::string)>;

  explicit Server(Reply reply) : reply_(std::move(reply)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(listener_.get(), generic, size) == 0);
    REQUIRE(::listen(listener_.get(), 128) == 0);
    REQUIRE(::getsockname(listener_.get(), generic, &size) == 0);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept(); });
  }
  ~Server() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    acceptor_.join();
    for (std::thread& thread : threads_) thread.join();
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  void accept() {
    for (;;) {
      Descriptor socket(::accept(listener_.get(), nullptr, nullptr));
      if (!socket) return;
      threads_.emplace_back([this, socket = std::move(socket)] { serve(socket.get()); });
    }
  }
  void serve(int socket) const {
    char bytes[4096];
    for (;;) {
      const ssize_t size = ::recv(socket, bytes, sizeof bytes, 0);
      if (size <= 0) return;
      const auto answer = reply_(std::string(bytes, static_cast<std::size_t>(size)));
      if (!answer || ::send(socket, answer->data(), answer->size(), MSG_NOSIGNAL) < 0) return;
    }
  }

  Reply reply_;
  Descriptor listener_{::socket(AF_INET, SOCK_STREAM, 0)};
  std::uint16_t port_ = 0;
  std::thread acceptor_;
  std::vector<std::thread> threads_;
};

std::string echo(std::string bytes) { return bytes; }

Options options_for(const Server& server) {
  Options options;
  options.target = {"127.0.0.1", server.port()};
  options.connections = 8;
  options.frames = 50;
  options.progress = false;
  options.envelope = Envelope::parse("line").value();
  options.payload = {24, 2000};
  return options;
}

Result run_clean(const Options& options) {
  auto result = run(options);
  REQUIRE(result.ok());
  CHECK(result->is_clean(false));
  CHECK(result->first_fault.empty());
  return *std::move(result);
}

TEST_CASE("an echo brings every frame back") {
  Server server(echo);
  Options options = options_for(server);
  SECTION("one at a time") {}
  SECTION("several in flight") { options.in_flight = 7; }
  SECTION("on several threads") { options.threads = 3; }
  SECTION("at a rate") { options.rate = 20'000; }
  SECTION("larger than any socket buffer") {
    options.payload = {1024 * 1024, 1024 * 1024};
    options.frames = 5;
    options.in_flight = 4;
  }
  const Result result = run_clean(options);
  CHECK(result.totals.sent == 8 * options.frames);
  CHECK(result.totals.received == result.totals.sent);
  CHECK(result.totals.connected == 8);
  CHECK(result.window.counts.received == result.totals.received);
  CHECK(result.latency.count() == result.totals.received);
}

TEST_CASE("a run by duration stops sending and waits for the last answers") {
  Server server(echo);
  Options options = options_for(server);
  options.frames = 0;
  options.warmup = milliseconds(20);
  options.duration = milliseconds(50);
  const Result result = run_clean(options);
  CHECK(result.totals.received == result.totals.sent);
  CHECK(result.window.counts.received < result.totals.received);
  CHECK(result.window.seconds >= 0.05);
  CHECK(result.window.own_cpu > 0);
}

TEST_CASE("idle connections speak once each") {
  Server server(echo);
  Options options = options_for(server);
  options.mode = Mode::idle;
  options.frames = 0;
  options.idle_hold = milliseconds(20);
  const Result result = run_clean(options);
  CHECK(result.totals.received == 8);
  CHECK(result.window.counts.received == 0);
}

TEST_CASE("churn makes a connection for every frame") {
  Server server(echo);
  Options options = options_for(server);
  options.mode = Mode::churn;
  options.connections = 4;
  options.frames = 10;
  const Result result = run_clean(options);
  CHECK(result.totals.connected == 40);
  CHECK(result.totals.received == 40);
}

TEST_CASE("a changed byte is found") {
  std::atomic<int> reads{0};
  Server server([&reads](std::string bytes) {
    if (++reads == 20) bytes[bytes.size() / 2] ^= 1;
    return bytes;
  });
  Options options = options_for(server);
  options.reply_timeout = milliseconds(100);
  const auto result = run(options);
  REQUIRE(result.ok());
  CHECK(result->totals.mismatched == 1);
  CHECK_FALSE(result->first_fault.empty());
  CHECK_FALSE(result->is_clean(true));
}

TEST_CASE("a peer that closes is a disconnect, and what it owed is lost") {
  Server server([](const std::string&) { return std::nullopt; });
  const Options options = options_for(server);
  const auto result = run(options);
  REQUIRE(result.ok());
  CHECK(result->totals.disconnects == 8);
  CHECK(result->totals.lost == 8);
  CHECK_FALSE(result->is_clean(true));
}

TEST_CASE("a missing answer is lost after the timeout, and the connection goes on") {
  std::atomic<int> reads{0};
  // Frames are smaller than a read and one is in flight, so a read is a frame.
  Server server([&](std::string bytes) { return ++reads == 5 ? std::string() : bytes; });
  Options options = options_for(server);
  options.connections = 1;
  options.payload = {64, 64};
  options.reply_timeout = milliseconds(1'000);
  const auto result = run(options);
  REQUIRE(result.ok());
  CHECK(result->totals.lost == 1);
  CHECK(result->totals.received == 49);
  CHECK(result->totals.mismatched == 0);
  CHECK(result->totals.disconnects == 0);
}

TEST_CASE("nobody listening is a connect error in every mode") {
  std::uint16_t free_port = 0;
  { free_port = Server(echo).port(); }
  Options options;
  options.target = {"127.0.0.1", free_port};
  options.connections = 2;
  options.frames = 3;
  options.progress = false;
  SECTION("echo") {
    const auto result = run(options);
    REQUIRE(result.ok());
    CHECK(result->totals.connect_errors == 2);
    CHECK_FALSE(result->is_clean(true));
  }
  SECTION("churn") {
    options.mode = Mode::churn;
    const auto result = run(options);
    REQUIRE(result.ok());
    CHECK(result->totals.connect_errors == 6);
  }
}

TEST_CASE("what cannot be run is an error") {
  Options options;
  options.target = {"no.such.address", 1};
  CHECK_FALSE(run(options).ok());
  options.target = {"127.0.0.1", 1};
  options.connections = 100'000'000;
  CHECK_FALSE(run(options).ok());
  options.connections = 1;
  options.watch_pid = 1 << 28;
  CHECK_FALSE(run(options).ok());
}

TEST_CASE("the report is one JSON line, or a table for people") {
  Server server(echo);
  Options options = options_for(server);
  Result result = run_clean(options);
  result.first_fault = "a \"quoted\"\nthing";
  const std::string json = to_json(options, result, true);
  CHECK(json.find('\n') == json.npos);
  CHECK(json.find(R"("ok":true)") != json.npos);
  CHECK(json.find(R"("received":400)") != json.npos);
  CHECK(json.find(R"(a \"quoted\"\u000athing)") != json.npos);
  const std::string table = to_table(options, result);
  CHECK(table.find("latency us") != table.npos);
  CHECK(table.find("received                 400") != table.npos);
}

}  // namespace
}  // namespace waymark::load
