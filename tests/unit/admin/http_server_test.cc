#include "admin/http_server.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "../net/certificates.h"
#include "base/status.h"
#include "http_client.h"
#include "tls_client.h"

namespace waymark::admin {
namespace {

using Catch::Contains;
using Catch::StartsWith;
using std::chrono::milliseconds;

constexpr std::chrono::seconds kPatience{10};

// A stream that gives what the test puts into it.
class Pipe {
 public:
  class End final : public StreamSource {
   public:
    explicit End(Pipe& pipe) : pipe_(pipe) {
      std::lock_guard lock(pipe_.mutex_);
      ++pipe_.ends_;
    }
    ~End() override {
      std::lock_guard lock(pipe_.mutex_);
      pipe_.wake_ = nullptr;
      --pipe_.ends_;
      pipe_.changed_.notify_all();
    }
    void start(std::function<void()> wake) override {
      std::lock_guard lock(pipe_.mutex_);
      pipe_.wake_ = std::move(wake);
      pipe_.changed_.notify_all();
    }
    std::string next(std::size_t most) override {
      std::lock_guard lock(pipe_.mutex_);
      std::string bytes = pipe_.text_.substr(0, most);
      pipe_.text_.erase(0, bytes.size());
      return bytes;
    }
    bool over() override {
      std::lock_guard lock(pipe_.mutex_);
      return pipe_.over_;
    }

   private:
    Pipe& pipe_;
  };

  void put(std::string_view text) {
    std::lock_guard lock(mutex_);
    text_ += text;
    if (wake_) wake_();
  }
  void end() {
    std::lock_guard lock(mutex_);
    over_ = true;
    if (wake_) wake_();
  }
  bool wait_for_ends(int ends) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return ends_ == ends; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
  std::function<void()> wake_;
  bool over_ = false;
  int ends_ = 0;
};

// /echo answers what it got, /stream streams, /wait waits for release(), /refuse is refused.
class TestHandler final : public HttpHandler {
 public:
  std::optional<Response> admit(const Request& request) override {
    if (request.target == "/refuse") return error_response(403, "refused");
    return std::nullopt;
  }
  Response handle(const Request& request) override {
    Response response;
    if (request.target == "/stream") {
      response.content_type = "text/event-stream";
      response.stream = std::make_unique<Pipe::End>(pipe);
      return response;
    }
    if (request.target == "/wait") {
      std::unique_lock lock(mutex_);
      ++waiting_;
      changed_.notify_all();
      changed_.wait_for(lock, kPatience, [&] { return released_; });
    }
    response.content_type = "text/plain";
    response.body = request.method + " " + request.target + " " + request.body;
    return response;
  }

  void answered(const Request& /*request*/, unsigned status) override {
    std::lock_guard lock(mutex_);
    statuses_.push_back(status);
  }

  void ended_unused() override {
    std::lock_guard lock(mutex_);
    ++unused_;
    changed_.notify_all();
  }

  bool wait_for_unused(int connections) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return unused_ == connections; });
  }

  // Of the answers so far.
  std::vector<unsigned> statuses() {
    std::lock_guard lock(mutex_);
    return statuses_;
  }

  bool wait_for_waiting(int requests) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return waiting_ == requests; });
  }
  void release() {
    std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }

  Pipe pipe;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  int unused_ = 0;
  std::vector<unsigned> statuses_;
  bool released_ = false;
};

class Server {
 public:
  explicit Server(HttpOptions options = {}) {
    options.name = "test";
    auto listener = open_http_listener("test", "127.0.0.1", 0);
    REQUIRE(listener.ok());
    auto started = HttpServer::start(options, *std::move(listener), handler);
    REQUIRE(started.ok());
    http = *std::move(started);
    port = http->bound_port();
  }

  [[nodiscard]] HttpAnswer ask(const std::string& request) const {
    return HttpClient(port).ask(request);
  }

  TestHandler handler;
  std::unique_ptr<HttpServer> http;
  std::uint16_t port = 0;
};

TEST_CASE("the handler is told of every answer once, also of those it did not give") {
  Server server({.max_body = 10});
  const std::string end = " HTTP/1.1\r\nHost: a\r\n";
  (void)server.ask("GET /echo" + end + "\r\n");
  (void)server.ask("GET /refuse" + end + "\r\n");
  (void)server.ask("POST /echo" + end + "Content-Length: 11\r\n\r\nhello world");
  (void)server.ask("POST /echo" + end + "Content-Length: 0\r\nContent-Length: 0\r\n\r\n");
  CHECK(server.handler.statuses() == std::vector<unsigned>{200, 403, 413, 400});
}

TEST_CASE("gives the handler the request as it was sent") {
  const Server server;
  const HttpAnswer answer =
      server.ask("POST /echo/%41?x=%20&y HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
  CHECK(answer.status == 200);
  CHECK(answer.body == "POST /echo/%41?x=%20&y hello");
}

TEST_CASE("puts the security headers on every answer") {
  const Server server;
  for (const auto* path : {"/echo", "/refuse"}) {
    const HttpAnswer answer =
        server.ask("GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    for (const auto* header :
         {"Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n",
          "X-Content-Type-Options: nosniff\r\n", "Cache-Control: no-store\r\n",
          "Referrer-Policy: no-referrer\r\n"}) {
      CHECK_THAT(answer.header, Contains(header));
    }
  }
}

TEST_CASE("keeps the connection, also after a refused request with a body") {
  const Server server;
  HttpClient client(server.port);
  for (int i = 0; i < 3; ++i) {
    CHECK(client.ask("POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc").status ==
          403);
    CHECK(client.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc").body ==
          "POST /echo abc");
  }
}

TEST_CASE("HEAD gets the header that GET would") {
  const Server server;
  HttpClient client(server.port);
  client.send("HEAD /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  const HttpAnswer head = client.receive_answer(true);
  CHECK(head.status == 200);
  CHECK_THAT(head.header, Contains("Content-Length: 10\r\n"));
  client.send("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.receive_answer(true).status == 200);
  CHECK(client.ask("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n").body == "GET /echo ");
}

TEST_CASE("reads a chunked body, up to the limit") {
  const Server server({.max_body = 10});
  const std::string begin = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  CHECK(server.ask(begin + "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n").body == "POST /echo abcdefg");
  CHECK(server.ask(begin + "8\r\nabcdefgh\r\n3\r\nijk\r\n0\r\n\r\n").status == 413);
}

TEST_CASE("refuses a body over the limit, small or huge") {
  const Server server;
  const std::string body(2 * 1024 * 1024, 'x');
  const std::string begin = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: ";
  HttpClient client(server.port);
  const HttpAnswer answer = client.ask(begin + std::to_string(body.size()) + "\r\n\r\n" + body);
  CHECK(answer.status == 413);
  CHECK_THAT(answer.body, Contains("\"PAYLOAD_TOO_LARGE\""));
  CHECK(client.ask("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n").status == 200);

  const HttpAnswer huge = server.ask(begin + "1073741824\r\n\r\n");
  CHECK(huge.status == 413);
  CHECK_THAT(huge.header, Contains("Connection: close\r\n"));
  CHECK(server.ask(begin + "2097152\r\nExpect: 100-continue\r\n\r\n").status == 413);
  CHECK(server.ask(begin + "1048577\r\n\r\n" + std::string(1048577, 'x')).status == 413);
  CHECK(server.ask(begin + "1048576\r\n\r\n" + std::string(1048576, 'x')).status == 200);
}

TEST_CASE("ends a connection that sends chunks without end") {
  const Server server;
  HttpClient client(server.port);
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "10000\r\n" + std::string(65536, 'x') + "\r\n";
  std::size_t taken = 0;
  while (client.send(chunk)) {
    ++taken;
    REQUIRE(taken < 2048);
  }
  CHECK(server.ask("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n").status == 200);
}

TEST_CASE("refuses a body whose length can be read in two ways, and ends the connection") {
  const Server server;
  for (const auto* headers :
       {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 5, 5\r\n",
        "Content-Length: -5\r\n", "Content-Length: +5\r\n", "Content-Length: 0x5\r\n",
        "Content-Length: 99999999999999999999999\r\n"}) {
    INFO(headers);
    HttpClient client(server.port);
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\n" + std::string(headers) +
                "\r\n0\r\n\r\nGET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
    std::string all;
    for (std::string piece = client.receive(); !piece.empty(); piece = client.receive()) {
      all += piece;
    }
    // libmicrohttpd answers some of them itself, or just ends the connection.
    if (!all.empty()) CHECK_THAT(all, StartsWith("HTTP/1.1 4"));
    CHECK_THAT(all, !Contains("200 OK"));
    CHECK_THAT(all, !Contains("/echo"));
  }
}

TEST_CASE("refuses a header that is too large") {
  const Server server;
  HttpClient client(server.port);
  client.send("GET /echo HTTP/1.1\r\nHost: a\r\nX: " + std::string(64 * 1024, 'x') + "\r\n\r\n");
  CHECK_THAT(client.receive(), StartsWith("HTTP/1.1 4"));
  CHECK(server.ask("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n").status == 200);
}

TEST_CASE("ends an idle connection, but not one whose answer takes long") {
  Server server({.idle_timeout = std::chrono::seconds(1)});
  HttpClient slow(server.port);
  slow.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(server.handler.wait_for_waiting(1));
  HttpClient idle(server.port);
  CHECK(idle.receive().empty());
  server.handler.release();
  CHECK(slow.receive_answer().status == 200);
}

TEST_CASE("answers 503 while the queue is full, and the others when their turn comes") {
  Server server({.handler_threads = 1, .handler_queue = 2});
  std::vector<HttpClient> clients;
  clients.emplace_back(server.port);
  clients[0].send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(server.handler.wait_for_waiting(1));

  // One thread is taken: of three more, two wait and one is refused.
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back(server.port);
    clients.back().send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  std::vector<pollfd> answers;
  for (const HttpClient& client : clients) answers.push_back({client.fd(), POLLIN, 0});
  REQUIRE(::poll(answers.data(), answers.size(), 10'000) == 1);
  server.handler.release();
  int served = 0;
  int refused = 0;
  for (HttpClient& client : clients) {
    const HttpAnswer answer = client.receive_answer();
    served += answer.status == 200 ? 1 : 0;
    refused += answer.status == 503 ? 1 : 0;
    if (answer.status == 503) CHECK_THAT(answer.body, Contains("\"UNAVAILABLE\""));
  }
  CHECK(served == 3);
  CHECK(refused == 1);
}

TEST_CASE("streams what comes, and heartbeats where nothing does") {
  Server server({.heartbeat = milliseconds(20)});
  HttpClient client(server.port);
  client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK_THAT(client.receive_until("\r\n\r\n"), Contains("Content-Type: text/event-stream\r\n"));
  client.receive_until(":\n\n");
  server.handler.pipe.put("data: one\n\n");
  client.receive_until("data: one\n\n");
  const std::string large(200'000, 'x');
  server.handler.pipe.put(large + "END");
  client.receive_until("END");
}

TEST_CASE("limits streams, and frees the place of a client that is gone") {
  Server server({.max_streams = 1, .heartbeat = milliseconds(10)});
  const std::string request = "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n";
  {
    HttpClient first(server.port);
    first.send(request);
    first.receive_until("\r\n\r\n");
    CHECK(server.ask(request).status == 503);
    REQUIRE(server.handler.pipe.wait_for_ends(1));
  }
  REQUIRE(server.handler.pipe.wait_for_ends(0));
  HttpClient second(server.port);
  second.send(request);
  CHECK_THAT(second.receive_until("\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
}

TEST_CASE("notices within seconds that a client is gone, however rare heartbeats are") {
  Server server({.heartbeat = std::chrono::minutes(10)});
  {
    HttpClient client(server.port);
    client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    client.receive_until("\r\n\r\n");
    REQUIRE(server.handler.pipe.wait_for_ends(1));
  }
  CHECK(server.handler.pipe.wait_for_ends(0));
}

TEST_CASE("a client that has ended its direction still gets its stream") {
  Server server({.heartbeat = milliseconds(10)});
  HttpClient client(server.port);
  client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  client.receive_until("\r\n\r\n");
  ::shutdown(client.fd(), SHUT_WR);
  client.receive_until(":\n\n");
  server.handler.pipe.put("data: one\n\n");
  client.receive_until("data: one\n\n");
}

TEST_CASE("ends the answer when its source is over") {
  Server server;
  HttpClient client(server.port);
  client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  client.receive_until("\r\n\r\n");
  server.handler.pipe.put("data: last\n\n");
  client.receive_until("data: last\n\n");
  server.handler.pipe.end();
  client.receive_until("\r\n0\r\n\r\n");
  CHECK(server.handler.pipe.wait_for_ends(0));
  CHECK(client.ask("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n").status == 200);
}

TEST_CASE("stops with streams open, requests under way and requests waiting") {
  Server server({.handler_threads = 1});
  std::vector<HttpClient> streams;
  for (int i = 0; i < 20; ++i) {
    streams.emplace_back(server.port);
    streams.back().send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    streams.back().receive_until("\r\n\r\n");
  }
  HttpClient busy(server.port);
  busy.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(server.handler.wait_for_waiting(1));
  HttpClient waiting(server.port);
  waiting.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");

  std::thread stopper([&] { server.http.reset(); });
  server.handler.release();
  stopper.join();
  for (HttpClient& stream : streams) {
    while (!stream.receive().empty()) {
    }
  }
  REQUIRE(server.handler.pipe.wait_for_ends(0));
  CHECK(open_http_listener("test", "127.0.0.1", server.port).ok());
}

TEST_CASE("stops while streams are being woken") {
  for (int round = 0; round < 20; ++round) {
    Server server({.heartbeat = milliseconds(1)});
    HttpClient client(server.port);
    client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    client.receive_until("\r\n\r\n");
    std::atomic<bool> done{false};
    std::thread writer([&] {
      while (!done) server.handler.pipe.put("x");
    });
    client.receive_until("x");
    server.http.reset();
    done = true;
    writer.join();
  }
}

// A server that talks TLS, with the certificate of `all`.
struct TlsServer {
  explicit TlsServer(const net::Certificates& all, TlsOptions more = {}, HttpOptions options = {}) {
    more.certificate = all.server.certificate_file;
    more.key = all.server.key_file;
    show(more);
    options.tls = &slot;
    server = std::make_unique<Server>(options);
  }
  void show(const TlsOptions& options) {
    auto loaded = TlsCredentials::load(options);
    REQUIRE(loaded.ok());
    slot.set(*std::move(loaded));
  }

  TlsSlot slot;
  std::unique_ptr<Server> server;
};

// Until the server ends the connection, perhaps with an alert of TLS.
std::string rest_of(HttpClient& client) {
  std::string all;
  for (std::string piece = client.receive(); !piece.empty(); piece = client.receive()) all += piece;
  return all;
}

TEST_CASE("over TLS: answers, a body, and several requests of a connection") {
  const net::Certificates all;
  const TlsServer tls(all);
  TlsClient client(tls.server->port);
  REQUIRE(client.shook_hands());
  const std::string body(200'000, 'x');
  for (int i = 0; i < 3; ++i) {
    const std::string answer = client.ask(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 200001\r\n\r\n" + body + "!", "!");
    CHECK_THAT(answer, StartsWith("HTTP/1.1 200") && Contains("\r\n\r\nPOST /echo xxx"));
  }
}

TEST_CASE("over TLS: a stream goes on while others get a new certificate") {
  const net::Certificates all;
  TlsServer tls(all);
  TestHandler& handler = tls.server->handler;
  TlsClient stream(tls.server->port);
  handler.pipe.put("one\n");
  CHECK_THAT(stream.ask("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n", "one\n"), Contains("one\n"));
  tls.show({.certificate = all.stranger.certificate_file, .key = all.stranger.key_file});
  CHECK_THAT(TlsClient(tls.server->port).server(), Contains("CN=stranger"));
  handler.pipe.put("two\n");
  CHECK_THAT(stream.receive_until("two\n"), Contains("two\n"));
  CHECK_THAT(stream.server(), Contains("CN=server"));
  handler.pipe.end();
}

TEST_CASE("over TLS: a client without the right certificate reaches no handler") {
  const net::Certificates all;
  const TlsServer tls(all, {.client_ca = all.ca.certificate_file});
  const std::string request = "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n";
  // In TLS 1.3 a client's handshake is done before the server has judged its certificate: it asks
  // before the refusal, or after the connection has ended.
  TlsClient nameless(tls.server->port);
  TlsClient stranger(tls.server->port, all.stranger.certificate_file, all.stranger.key_file);
  CHECK(nameless.ask(request, "/echo") == "");
  CHECK(tls.server->handler.wait_for_unused(2));
  CHECK(stranger.ask(request, "/echo") == "");
  CHECK(tls.server->handler.statuses().empty());
  CHECK_THAT(TlsClient(tls.server->port, all.client.certificate_file, all.client.key_file)
                 .ask(request, "/echo"),
             StartsWith("HTTP/1.1 200"));
}

TEST_CASE("over TLS: a handshake has its own time, and then the other one holds") {
  const net::Certificates all;
  const TlsServer tls(
      all, {},
      {.idle_timeout = std::chrono::seconds(60), .handshake_timeout = std::chrono::seconds(1)});
  TlsClient quiet(tls.server->port);
  TlsClient known(tls.server->port);
  CHECK_THAT(known.ask("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", "/echo"),
             StartsWith("HTTP/1.1 200"));
  HttpClient silent(tls.server->port);
  CHECK(rest_of(silent).size() < 100);
  CHECK(quiet.receive_until("anything").empty());
  CHECK_THAT(known.ask("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", "/echo"),
             StartsWith("HTTP/1.1 200"));
}

TEST_CASE("over TLS: plain HTTP gets no answer") {
  const net::Certificates all;
  const TlsServer tls(all);
  HttpClient client(tls.server->port);
  client.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK_THAT(rest_of(client), !Contains("HTTP"));
  CHECK(tls.server->handler.statuses().empty());
}

}  // namespace
}  // namespace waymark::admin
