// An HTTP/1.1 server for blocking handlers and endless streams.
//
//   HTTP thread (of libmicrohttpd)             handler threads
//   header -> HttpHandler::admit
//   body, at most max_body
//   suspended ------------------ queue ------> HttpHandler::handle
//   written <----------------- resumed ------- answer
//
// A refused request's body is read over up to kMaxIgnoredBody, since a client that still sends
// does not see an answer before a reset; beyond that, and to one that waits for "100 Continue", the
// answer goes out at once and the connection ends.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "admin/http_listener.h"
#include "admin/request.h"
#include "admin/response.h"
#include "admin/tls_credentials.h"

namespace waymark::admin {

class HttpHandler {
 public:
  virtual ~HttpHandler() = default;

  // Called with the header alone on the HTTP thread, so it may not wait. An answer refuses the
  // request, and its body is not kept.
  [[nodiscard]] virtual std::optional<Response> admit(const Request& request) = 0;
  // Called with the whole request on a handler thread, several at a time; may wait.
  [[nodiscard]] virtual Response handle(const Request& request) = 0;
  // Called on the HTTP thread as the answer to a request goes out, with its status, whoever gave
  // it; may not wait.
  virtual void answered(const Request& request, unsigned status) = 0;
  // Called on the HTTP thread as a connection over TLS ends that brought no request; may not wait.
  virtual void ended_unused() = 0;
};

struct HttpOptions {
  std::string name;                       // begins errors: "admin"; at most 9 characters
  unsigned max_connections = 256;         // more wait in the backlog
  std::chrono::seconds idle_timeout{30};  // not for a request being handled, nor a stream
  std::size_t max_header = 32 * 1024;     // bytes: request line and header
  std::size_t max_body = 1024 * 1024;     // bytes
  std::size_t handler_threads = 4;
  std::size_t handler_queue = 64;  // requests that wait for a thread; more are answered 503
  std::size_t max_streams = 64;    // more are answered 503
  std::chrono::milliseconds heartbeat{15'000};
  const TlsSlot* tls = nullptr;  // outlives the server; null: plain HTTP
  // From connecting to the first line of a request, where there is TLS.
  std::chrono::seconds handshake_timeout{10};
};

class HttpServer {
 public:
  static constexpr std::size_t kMaxIgnoredBody = 16 * 1024 * 1024;  // bytes

  // `handler` must outlive the server, and may be called before this returns.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<HttpServer>> start(const HttpOptions& options,
                                                                         HttpListener listener,
                                                                         HttpHandler& handler);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Waits for the requests being handled, answers 503 to those that wait, ends the streams, the
  // connections and the threads.
  ~HttpServer();

  [[nodiscard]] std::uint16_t bound_port() const { return bound_port_; }

 private:
  class Impl;

  HttpServer(std::unique_ptr<Impl> impl, std::uint16_t bound_port);

  const std::unique_ptr<Impl> impl_;
  const std::uint16_t bound_port_;
};

}  // namespace waymark::admin
