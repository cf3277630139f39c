#include "admin/telemetry_server.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <utility>

#include "base/status.h"

namespace waymark::admin {
namespace {

constexpr std::size_t kMaxIgnoredBody = 64 * 1024;  // bytes; a longer body ends the connection
constexpr int kBacklog = 128;

constexpr const char* kPlain = "text/plain; charset=utf-8";
constexpr const char* kMetrics = "text/plain; version=0.0.4; charset=utf-8";
constexpr const char* kJson = "application/json";

struct Answer {
  unsigned status = MHD_HTTP_OK;
  const char* content_type = kPlain;
  std::string body;
};

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

absl::StatusOr<Address> parse_address(const TelemetryOptions& options) {
  Address address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (inet_pton(AF_INET, options.host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(options.port);
    address.size = sizeof(*v4);
  } else if (inet_pton(AF_INET6, options.host.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(options.port);
    address.size = sizeof(*v6);
  } else {
    return error(absl::StatusCode::kInvalidArgument,
                 "telemetry address \"{}\" is not a numeric IPv4 or IPv6 address", options.host);
  }
  return address;
}

// "host:port", an IPv6 host in brackets.
std::string text_of(const TelemetryOptions& options) {
  const bool v6 = options.host.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", options.host, options.port)
            : fmt::format("{}:{}", options.host, options.port);
}

std::uint16_t port_of(const Address& address) {
  return ntohs(address.storage.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6*>(&address.storage)->sin6_port
                   : reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_port);
}

// Owns a descriptor until it is released to somebody else.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

// Bound here and not by libmicrohttpd, which does not say why a bind failed.
absl::StatusOr<Descriptor> listen_on(const Address& address, const std::string& name) {
  Descriptor fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return errno_error(errno, "telemetry socket for " + name);
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (::bind(fd.get(), address.get(), address.size) != 0) {
    return errno_error(errno, "telemetry bind " + name);
  }
  if (::listen(fd.get(), kBacklog) != 0) return errno_error(errno, "telemetry listen " + name);
  return fd;
}

Answer refuse(unsigned status, std::string_view code, std::string_view message) {
  return {status, kJson, fmt::format("{{\"code\":\"{}\",\"message\":\"{}\"}}\n", code, message)};
}

Answer answer_to(std::string_view method, std::string_view path, TelemetrySource& source) {
  const bool known = path == "/livez" || path == "/readyz" || path == "/metrics";
  if (!known) {
    return refuse(MHD_HTTP_NOT_FOUND, "NOT_FOUND", "there are /livez, /readyz and /metrics");
  }
  if (method != MHD_HTTP_METHOD_GET && method != MHD_HTTP_METHOD_HEAD) {
    return refuse(MHD_HTTP_METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "only GET and HEAD");
  }
  if (path == "/livez") return {MHD_HTTP_OK, kPlain, "live\n"};
  if (path == "/metrics") return {MHD_HTTP_OK, kMetrics, source.metrics()};
  const Readiness readiness = source.readiness();
  if (readiness.ready) return {MHD_HTTP_OK, kPlain, "ready\n"};
  return {MHD_HTTP_SERVICE_UNAVAILABLE, kPlain, readiness.reason + "\n"};
}

MHD_Result send(MHD_Connection* connection, const Answer& answer) {
  MHD_Response* response = MHD_create_response_from_buffer(
      answer.body.size(), const_cast<char*>(answer.body.data()), MHD_RESPMEM_MUST_COPY);
  if (response == nullptr) return MHD_NO;
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer.content_type);
  MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
  if (answer.status == MHD_HTTP_METHOD_NOT_ALLOWED) {
    MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
  }
  const MHD_Result queued = MHD_queue_response(connection, answer.status, response);
  MHD_destroy_response(response);
  return queued;
}

// One request between its header and its end; libmicrohttpd keeps the pointer.
struct Request {
  std::size_t body_bytes = 0;
};

// Called once with the header, then for every piece of the body, then once more at the end. An
// answer before the end would make libmicrohttpd close the connection with the body unread.
MHD_Result on_request(void* source, MHD_Connection* connection, const char* path,
                      const char* method, const char* /*version*/, const char* /*body*/,
                      std::size_t* body_size, void** state) {
  if (*state == nullptr) {
    *state = new Request;
    return MHD_YES;
  }
  if (*body_size != 0) {
    auto* request = static_cast<Request*>(*state);
    request->body_bytes += std::exchange(*body_size, 0);
    return request->body_bytes <= kMaxIgnoredBody ? MHD_YES : MHD_NO;
  }
  return send(connection, answer_to(method, path, *static_cast<TelemetrySource*>(source)));
}

void on_request_end(void* /*cls*/, MHD_Connection* /*connection*/, void** state,
                    MHD_RequestTerminationCode /*how*/) {
  delete static_cast<Request*>(std::exchange(*state, nullptr));
}

}  // namespace

// Owns the running libmicrohttpd instance: its thread, listening descriptor and connections.
class TelemetryServer::Daemon {
 public:
  explicit Daemon(MHD_Daemon* daemon) : daemon_(daemon) {}
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  ~Daemon() { MHD_stop_daemon(daemon_); }

 private:
  MHD_Daemon* const daemon_;
};

absl::StatusOr<std::unique_ptr<TelemetryServer>> TelemetryServer::start(
    const TelemetryOptions& options, TelemetrySource& source) {
  absl::StatusOr<Address> address = parse_address(options);
  if (!address.ok()) return address.status();
  const std::string name = text_of(options);

  absl::StatusOr<Descriptor> listener = listen_on(*address, name);
  if (!listener.ok()) return listener.status();
  if (::getsockname(listener->get(), address->get(), &address->size) != 0) {
    return errno_error(errno, "telemetry getsockname " + name);
  }

  // The descriptor is libmicrohttpd's from here on, also when the start fails: some of its failing
  // paths close it, and closing it twice would be worse than losing it.
  MHD_Daemon* daemon = MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC, 0, nullptr, nullptr, &on_request, &source,
      MHD_OPTION_LISTEN_SOCKET, listener->release(),                                       //
      MHD_OPTION_NOTIFY_COMPLETED, &on_request_end, nullptr,                               //
      MHD_OPTION_CONNECTION_LIMIT, options.max_connections,                                //
      MHD_OPTION_CONNECTION_TIMEOUT, static_cast<unsigned>(options.idle_timeout.count()),  //
      MHD_OPTION_END);
  if (daemon == nullptr) {
    return error(absl::StatusCode::kInternal, "telemetry {}: the HTTP server did not start", name);
  }
  return std::unique_ptr<TelemetryServer>(
      new TelemetryServer(std::make_unique<Daemon>(daemon), port_of(*address)));
}

TelemetryServer::TelemetryServer(std::unique_ptr<Daemon> daemon, std::uint16_t bound_port)
    : daemon_(std::move(daemon)), bound_port_(bound_port) {}

TelemetryServer::~TelemetryServer() = default;

}  // namespace waymark::admin
