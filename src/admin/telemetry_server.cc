#include "admin/telemetry_server.h"

#include <microhttpd.h>

#include <string_view>
#include <utility>

#include "admin/http_listener.h"
#include "base/status.h"

namespace waymark::admin {
namespace {

constexpr std::size_t kMaxIgnoredBody = 64 * 1024;  // bytes; a longer body ends the connection

constexpr const char* kPlain = "text/plain; charset=utf-8";
constexpr const char* kMetrics = "text/plain; version=0.0.4; charset=utf-8";
constexpr const char* kJson = "application/json";

struct Answer {
  unsigned status = MHD_HTTP_OK;
  const char* content_type = kPlain;
  std::string body;
};

Answer refuse(unsigned status, std::string_view code, std::string_view message) {
  return {status, kJson, fmt::format("{{\"code\":\"{}\",\"message\":\"{}\"}}\n", code, message)};
}

bool is_known(std::string_view path) {
  return path == "/livez" || path == "/readyz" || path == "/metrics";
}

bool is_allowed(std::string_view method) {
  return method == MHD_HTTP_METHOD_GET || method == MHD_HTTP_METHOD_HEAD;
}

Answer answer_to(std::string_view method, std::string_view path, TelemetrySource& source) {
  if (!is_known(path)) {
    return refuse(MHD_HTTP_NOT_FOUND, "NOT_FOUND", "there are /livez, /readyz and /metrics");
  }
  if (!is_allowed(method)) {
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

// What the callbacks of libmicrohttpd know.
struct Service {
  TelemetrySource& source;
  RequestCounts* counts;
};

void count(const Service& service, std::string_view method, const char* path, unsigned status) {
  if (service.counts == nullptr) return;
  const bool is_call = is_known(path) && is_allowed(method);
  service.counts->add({.listener = "telemetry",
                       .method = is_call ? MHD_HTTP_METHOD_GET : "other",
                       .route = is_call ? path : "other",
                       .code = status});
}

// One request between its header and its end; libmicrohttpd keeps the pointer.
struct Request {
  std::size_t body_bytes = 0;
};

// Called once with the header, then for every piece of the body, then once more at the end. An
// answer before the end would make libmicrohttpd close the connection with the body unread.
MHD_Result on_request(void* cls, MHD_Connection* connection, const char* path, const char* method,
                      const char* /*version*/, const char* /*body*/, std::size_t* body_size,
                      void** state) {
  if (*state == nullptr) {
    *state = new Request;
    return MHD_YES;
  }
  if (*body_size != 0) {
    auto* request = static_cast<Request*>(*state);
    request->body_bytes += std::exchange(*body_size, 0);
    return request->body_bytes <= kMaxIgnoredBody ? MHD_YES : MHD_NO;
  }
  const auto& service = *static_cast<const Service*>(cls);
  const Answer answer = answer_to(method, path, service.source);
  count(service, method, path, answer.status);
  return send(connection, answer);
}

void on_request_end(void* /*cls*/, MHD_Connection* /*connection*/, void** state,
                    MHD_RequestTerminationCode /*how*/) {
  delete static_cast<Request*>(std::exchange(*state, nullptr));
}

}  // namespace

// Owns the running libmicrohttpd instance: its thread, listening descriptor and connections.
class TelemetryServer::Daemon {
 public:
  explicit Daemon(const Service& service) : service_(service) {}
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  ~Daemon() {
    if (daemon_ != nullptr) MHD_stop_daemon(daemon_);
  }

  // The descriptor is libmicrohttpd's from here on, also when the start fails: some of its failing
  // paths close it, and closing it twice would be worse than losing it.
  [[nodiscard]] bool run(int listener, const TelemetryOptions& options) {
    daemon_ = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC, 0, nullptr, nullptr,
                               &on_request, &service_, MHD_OPTION_LISTEN_SOCKET, listener,  //
                               MHD_OPTION_NOTIFY_COMPLETED, &on_request_end, nullptr,       //
                               MHD_OPTION_CONNECTION_LIMIT, options.max_connections,        //
                               MHD_OPTION_CONNECTION_TIMEOUT,
                               static_cast<unsigned>(options.idle_timeout.count()),  //
                               MHD_OPTION_END);
    return daemon_ != nullptr;
  }

 private:
  Service service_;
  MHD_Daemon* daemon_ = nullptr;
};

absl::StatusOr<std::unique_ptr<TelemetryServer>> TelemetryServer::start(
    const TelemetryOptions& options, TelemetrySource& source) {
  absl::StatusOr<HttpListener> listener =
      open_http_listener("telemetry", options.host, options.port);
  if (!listener.ok()) return listener.status();

  auto daemon = std::make_unique<Daemon>(Service{source, options.counts});
  if (!daemon->run(listener->fd.release(), options)) {
    return error(absl::StatusCode::kInternal, "telemetry {}: the HTTP server did not start",
                 host_and_port(options.host, options.port));
  }
  return std::unique_ptr<TelemetryServer>(new TelemetryServer(std::move(daemon), listener->port));
}

TelemetryServer::TelemetryServer(std::unique_ptr<Daemon> daemon, std::uint16_t bound_port)
    : daemon_(std::move(daemon)), bound_port_(bound_port) {}

TelemetryServer::~TelemetryServer() = default;

}  // namespace waymark::admin
