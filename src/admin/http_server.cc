#include "admin/http_server.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <charconv>
#include <utility>

#include "admin/handler_pool.h"
#include "admin/stream.h"
#include "admin/tls_door.h"
#include "base/status.h"

namespace waymark::admin {
namespace {

// One request between its first line and its end; libmicrohttpd keeps the pointer. Never freed
// while its connection is suspended.
struct Exchange {
  Request request;
  bool head = false;       // answered without its body
  bool has_begun = false;  // the header has been looked at
  std::size_t body_bytes = 0;
  std::optional<Response> refusal;  // decided before the body was complete
  std::optional<Response> answer;   // written by a handler thread before `answered`
  std::atomic<bool> answered{false};
};

std::string peer_of(MHD_Connection* connection) {
  const MHD_ConnectionInfo* info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  if (info == nullptr || info->client_addr == nullptr) return "";
  std::array<char, INET6_ADDRSTRLEN> text{};
  const sockaddr* address = info->client_addr;
  if (address->sa_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
    inet_ntop(AF_INET6, &v6->sin6_addr, text.data(), text.size());
    return host_and_port(text.data(), ntohs(v6->sin6_port));
  }
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
  inet_ntop(AF_INET, &v4->sin_addr, text.data(), text.size());
  return host_and_port(text.data(), ntohs(v4->sin_port));
}

MHD_Result collect_header(void* request, MHD_ValueKind /*kind*/, const char* name,
                          const char* value) {
  Header header{name, value == nullptr ? "" : value};
  std::transform(header.name.begin(), header.name.end(), header.name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  static_cast<Request*>(request)->headers.push_back(std::move(header));
  return MHD_YES;
}

struct Framing {
  std::size_t length = 0;  // announced
  bool chunked = false;
};

// How long the body is. libmicrohttpd takes the first of several lengths and prefers chunks to a
// length; a proxy before us may have chosen otherwise and see another request begin.
absl::StatusOr<Framing> framing_of(const Request& request) {
  Framing framing;
  const std::size_t lengths = request.header_count("content-length");
  const std::size_t codings = request.header_count("transfer-encoding");
  if (lengths + codings > 1) {
    return error(absl::StatusCode::kInvalidArgument,
                 "more than one of Content-Length and Transfer-Encoding");
  }
  if (codings == 1) {
    std::string coding = *request.header("transfer-encoding");
    std::transform(coding.begin(), coding.end(), coding.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (coding != "chunked") {
      return error(absl::StatusCode::kInvalidArgument, "Transfer-Encoding is not chunked");
    }
    framing.chunked = true;
  }
  if (lengths == 1) {
    const std::string& text = *request.header("content-length");
    const auto [end, fault] =
        std::from_chars(text.data(), text.data() + text.size(), framing.length);
    if (fault != std::errc() || end != text.data() + text.size()) {
      return error(absl::StatusCode::kInvalidArgument, "Content-Length is not a number of bytes");
    }
  }
  return framing;
}

// Of those that every answer has, the ones of `response` itself go before ours.
void add_headers(MHD_Response* to, const Response& response) {
  const auto add_unless_given = [&](std::string_view name, const char* value) {
    const bool given = std::any_of(response.headers.begin(), response.headers.end(),
                                   [name](const Header& header) { return header.name == name; });
    if (!given) MHD_add_response_header(to, std::string(name).c_str(), value);
  };
  MHD_add_response_header(to, "Content-Type", response.content_type.c_str());
  add_unless_given("Cache-Control", "no-store");
  add_unless_given("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  MHD_add_response_header(to, "X-Content-Type-Options", "nosniff");
  MHD_add_response_header(to, "Referrer-Policy", "no-referrer");
  for (const Header& header : response.headers) {
    MHD_add_response_header(to, header.name.c_str(), header.value.c_str());
  }
  if (response.close) MHD_add_response_header(to, "Connection", "close");
}

ssize_t read_stream(void* stream, std::uint64_t /*position*/, char* out, std::size_t room) {
  return static_cast<Stream*>(stream)->read(out, room);
}

void free_stream(void* stream) { delete static_cast<Stream*>(stream); }

}  // namespace

// What the callbacks of libmicrohttpd know, and the running instance of it.
class HttpServer::Impl {
 public:
  Impl(const HttpOptions& options, HttpHandler& handler)
      : options_(options),
        handler_(handler),
        pool_("wm-" + options.name, options.handler_threads, options.handler_queue),
        streams_(options.max_streams, options.heartbeat),
        door_({.slot = options.tls,
               .handshake_timeout = options.handshake_timeout,
               .idle_timeout = options.idle_timeout,
               .on_unused = [&handler] { handler.ended_unused(); }}) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    // libmicrohttpd aborts the program when it is stopped with a connection suspended.
    pool_.stop();
    streams_.end_all();
    if (daemon_ != nullptr) MHD_stop_daemon(daemon_);
  }

  // Takes the descriptor also when it fails: some failing paths of libmicrohttpd close it, and
  // closing it twice would be worse than losing it.
  [[nodiscard]] bool run(int listener) {
    daemon_ = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME | door_.flags(), 0,
        nullptr, nullptr, &on_request, this,                                                  //
        MHD_OPTION_ARRAY, door_.daemon_options(),                                             //
        MHD_OPTION_LISTEN_SOCKET, listener,                                                   //
        MHD_OPTION_URI_LOG_CALLBACK, &on_target, this,                                        //
        MHD_OPTION_NOTIFY_COMPLETED, &on_request_end, nullptr,                                //
        MHD_OPTION_CONNECTION_LIMIT, options_.max_connections,                                //
        MHD_OPTION_CONNECTION_TIMEOUT, static_cast<unsigned>(options_.idle_timeout.count()),  //
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, options_.max_header,                              //
        MHD_OPTION_STRICT_FOR_CLIENT, 1,                                                      //
        MHD_OPTION_END);
    return daemon_ != nullptr;
  }

 private:
  // With the first line, as it was sent; what it answers becomes the `state` below.
  static void* on_target(void* self, const char* target, MHD_Connection* connection) {
    static_cast<const Impl*>(self)->door_.request_begins(connection);
    auto* exchange = new Exchange;
    exchange->request.target = target;
    return exchange;
  }

  // Called once with the header, for every piece of the body, once at its end, and once more after
  // the connection was suspended there.
  static MHD_Result on_request(void* self, MHD_Connection* connection, const char* /*path*/,
                               const char* method, const char* /*version*/, const char* body,
                               std::size_t* body_size, void** state) {
    auto& impl = *static_cast<Impl*>(self);
    auto& exchange = *static_cast<Exchange*>(*state);
    if (!std::exchange(exchange.has_begun, true)) return impl.begin(connection, method, exchange);
    if (*body_size != 0) return impl.take_body({body, std::exchange(*body_size, 0)}, exchange);
    if (exchange.answered.load(std::memory_order_acquire)) {
      return impl.send(connection, exchange, *exchange.answer);
    }
    if (exchange.refusal) return impl.send(connection, exchange, *exchange.refusal);
    impl.hand_over(connection, exchange);
    return MHD_YES;
  }

  static void on_request_end(void* /*cls*/, MHD_Connection* /*connection*/, void** state,
                             MHD_RequestTerminationCode /*how*/) {
    delete static_cast<Exchange*>(std::exchange(*state, nullptr));
  }

  MHD_Result begin(MHD_Connection* connection, std::string_view method, Exchange& exchange) {
    Request& request = exchange.request;
    exchange.head = method == "HEAD";
    request.method = exchange.head ? "GET" : method;
    request.peer = peer_of(connection);
    MHD_get_connection_values(connection, MHD_HEADER_KIND, &collect_header, &request);

    const absl::StatusOr<Framing> framing = framing_of(request);
    if (!framing.ok()) {
      Response response = error_response(framing.status());
      response.close = true;
      return send(connection, exchange, response);
    }
    request.has_body = framing->chunked || framing->length != 0;
    exchange.refusal = handler_.admit(request);
    if (!exchange.refusal && framing->length > options_.max_body) exchange.refusal = too_large();

    const std::string* expect = request.header("expect");
    const bool at_once =
        framing->length > kMaxIgnoredBody || (request.has_body && expect != nullptr);
    if (exchange.refusal && at_once) {
      exchange.refusal->close = true;
      return send(connection, exchange, *exchange.refusal);
    }
    return MHD_YES;
  }

  MHD_Result take_body(std::string_view piece, Exchange& exchange) const {
    exchange.body_bytes += piece.size();
    if (!exchange.refusal && exchange.body_bytes > options_.max_body) {
      exchange.refusal = too_large();
      exchange.request.body = std::string();
    }
    if (!exchange.refusal) exchange.request.body.append(piece);
    return exchange.body_bytes <= kMaxIgnoredBody ? MHD_YES : MHD_NO;
  }

  [[nodiscard]] Response too_large() const {
    return error_response(413, fmt::format("the body is larger than {} bytes", options_.max_body));
  }

  void hand_over(MHD_Connection* connection, Exchange& exchange) {
    const auto resume_with = [connection, &exchange](Response response) {
      exchange.answer = std::move(response);
      exchange.answered.store(true, std::memory_order_release);
      MHD_resume_connection(connection);
    };
    MHD_suspend_connection(connection);
    const bool taken = pool_.submit([this, &exchange, resume_with](bool ending) {
      resume_with(ending ? error_response(503, "the process is ending")
                         : handler_.handle(exchange.request));
    });
    if (!taken) resume_with(error_response(503, "too many requests wait for their answer"));
  }

  MHD_Result send(MHD_Connection* connection, const Exchange& exchange, Response& response) {
    if (response.stream != nullptr && !exchange.head) {
      std::unique_ptr<Stream> stream = streams_.open(connection, std::move(response.stream));
      if (stream != nullptr) return send_stream(connection, exchange, response, std::move(stream));
      response = error_response(
          503, fmt::format("no more than {} streams at a time", options_.max_streams));
    }
    MHD_Response* out = MHD_create_response_from_buffer(response.body.size(), response.body.data(),
                                                        MHD_RESPMEM_MUST_COPY);
    return queue(connection, exchange, response, out);
  }

  MHD_Result send_stream(MHD_Connection* connection, const Exchange& exchange,
                         const Response& response, std::unique_ptr<Stream> stream) {
    constexpr std::size_t kBlock = 4096;  // bytes read from the source at a time
    MHD_Response* out = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, kBlock, &read_stream,
                                                          stream.get(), &free_stream);
    if (out == nullptr) return MHD_NO;
    (void)stream.release();  // free_stream() has it
    return queue(connection, exchange, response, out);
  }

  MHD_Result queue(MHD_Connection* connection, const Exchange& exchange, const Response& response,
                   MHD_Response* out) {
    if (out == nullptr) return MHD_NO;
    handler_.answered(exchange.request, response.status);
    add_headers(out, response);
    const MHD_Result queued = MHD_queue_response(connection, response.status, out);
    MHD_destroy_response(out);
    return queued;
  }

  const HttpOptions options_;
  HttpHandler& handler_;
  HandlerPool pool_;
  StreamSet streams_;
  TlsDoor door_;
  MHD_Daemon* daemon_ = nullptr;
};

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::start(const HttpOptions& options,
                                                              HttpListener listener,
                                                              HttpHandler& handler) {
  auto impl = std::make_unique<Impl>(options, handler);
  if (!impl->run(listener.fd.release())) {
    return error(absl::StatusCode::kInternal, "{} port {}: the HTTP server did not start",
                 options.name, listener.port);
  }
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl), listener.port));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl, std::uint16_t bound_port)
    : impl_(std::move(impl)), bound_port_(bound_port) {}

HttpServer::~HttpServer() = default;

}  // namespace waymark::admin
