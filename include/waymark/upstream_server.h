// Runs an UpstreamHandler.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "waymark/sender.h"
#include "waymark/upstream_handler.h"

namespace waymark {

enum class UpstreamProtocol : std::uint8_t {
  link,    // waymark.link.v1
  legacy,  // upstream.grpc.service: frames only; no opened(), half_closed() or closed()
};

// PEM files of at most 1 MiB, no pipes, read when the server starts. TLS 1.2 and 1.3 are spoken,
// and no plaintext.
struct UpstreamTlsOptions {
  std::string certificate;  // the server's, and behind it those that lead to its CA
  std::string key;          // its private key, without a password
  std::string client_ca;    // of the CAs that proxies' certificates are signed by; empty: proxies
                            // need not show one
};

struct UpstreamOptions {
  std::string listen = "127.0.0.1:0";  // "host:port", "[v6]:port"; port 0: one the system chooses
  std::string name;                    // stable, shown to operators; empty: the listening address
  UpstreamProtocol protocol = UpstreamProtocol::link;
  // A proxy keeps every event until its handler is done with it, and gives it to another upstream
  // if this one is lost before. Without acks an event is done when the proxy has written it.
  bool acks = true;
  int threads = 1;                             // that call the handler
  bool watch_upstreams = false;                // calls UpstreamHandler::upstream_changed()
  std::size_t max_message = 17 * 1024 * 1024;  // bytes of the largest message a proxy may send

  // A link is not read while the proxy leaves more than `max_queued` bytes unread, or while the
  // handler keeps more than `max_open_replies` frames unfinished; it is read again below half.
  std::size_t max_queued = 16 * 1024 * 1024;
  std::size_t max_open_replies = 65536;

  std::optional<UpstreamTlsOptions> tls{};  // none: plaintext
};

class UpstreamServer {
 public:
  // Listens and serves. Errors: InvalidArgument for an option that cannot be, else what the system
  // said of the address ("listen on 127.0.0.1:7001: Address already in use").
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<UpstreamServer>> start(
      const UpstreamOptions& options, UpstreamHandler& handler);

  UpstreamServer(const UpstreamServer&) = delete;
  UpstreamServer& operator=(const UpstreamServer&) = delete;

  // shutdown() without patience.
  ~UpstreamServer();

  // "host:port" with the host of the options and the port that is bound.
  [[nodiscard]] const std::string& address() const;
  [[nodiscard]] int port() const;

  [[nodiscard]] Sender sender() const;

  // Asks every proxy to move its clients away, goes on serving until all links have ended but for
  // at most `patience`, then cuts the rest off. When it returns the handler is not called any more.
  // From any thread but the handler's own; again is a no-op.
  void shutdown(std::chrono::milliseconds patience);

  // Blocks until shutdown() has returned.
  void wait();

 private:
  class Impl;
  explicit UpstreamServer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace waymark
