#include "waymark/upstream_server.h"

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <condition_variable>
#include <limits>
#include <mutex>
#include <utility>
#include <vector>

#include "base/status.h"
#include "base/utf8.h"
#include "sdk/acceptor.h"
#include "sdk/credentials.h"
#include "sdk/listen_address.h"
#include "sdk/queue_thread.h"
#include "sdk/service.h"

namespace waymark {
namespace {

constexpr int kMaxThreads = 256;

absl::Status validate(const UpstreamOptions& options) {
  if (options.threads < 1 || options.threads > kMaxThreads) {
    return error(absl::StatusCode::kInvalidArgument, "threads: {} is not within 1 to {}",
                 options.threads, kMaxThreads);
  }
  constexpr auto kMost = static_cast<std::size_t>(std::numeric_limits<int>::max());
  if (options.max_message == 0 || options.max_message > kMost) {
    return error(absl::StatusCode::kInvalidArgument, "max_message: {} is not within 1 to {} bytes",
                 options.max_message, kMost);
  }
  constexpr std::size_t kMostNameBytes = 255;
  if (options.name.size() > kMostNameBytes || !is_utf8(options.name)) {
    return error(absl::StatusCode::kInvalidArgument, "name: not UTF-8 of at most {} bytes",
                 kMostNameBytes);
  }
  if (options.max_open_replies == 0) {
    return absl::InvalidArgumentError("max_open_replies: must not be 0");
  }
  return absl::OkStatus();
}

void set_arguments(grpc::ServerBuilder& builder, const UpstreamOptions& options) {
  constexpr int kMiB = 1024 * 1024;
  builder.SetMaxReceiveMessageSize(static_cast<int>(options.max_message));
  builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 16 * kMiB);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_WRITE_BUFFER_SIZE, kMiB);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, kMiB);
  // A proxy's keepalive is never "too many pings".
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // A port that is taken is an error, not a share of its connections.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

}  // namespace

class UpstreamServer::Impl {
 public:
  Impl(const UpstreamOptions& options, UpstreamHandler& handler, sdk::ListenAddress address)
      : address_(std::move(address)),
        service_{handler, options, std::make_shared<sdk::Directory>()} {}

  [[nodiscard]] absl::Status start();
  void shutdown(std::chrono::milliseconds patience);
  void wait();

  [[nodiscard]] const std::string& address_text() const { return address_text_; }
  [[nodiscard]] int port() const { return address_.port; }
  [[nodiscard]] Sender sender() const { return Sender(service_.directory); }

 private:
  enum class State : std::uint8_t { serving, stopping, stopped };

  sdk::ListenAddress address_;
  std::string address_text_;
  sdk::Service service_;

  // Destroyed from the bottom up.
  grpc::AsyncGenericService generic_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<sdk::Acceptor> acceptor_;
  std::vector<std::unique_ptr<sdk::QueueThread>> threads_;

  std::mutex mutex_;
  std::condition_variable stopped_;
  State state_ = State::serving;
};

absl::Status UpstreamServer::Impl::start() {
  const auto& tls = service_.options.tls;
  auto credentials = sdk::make_credentials(tls);
  if (!credentials.ok()) return credentials.status();
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(address_.to_string(), *credentials, &port);
  builder.RegisterAsyncGenericService(&generic_);
  set_arguments(builder, service_.options);
  std::vector<std::unique_ptr<grpc::ServerCompletionQueue>> queues;
  for (int i = 0; i < service_.options.threads; ++i) queues.push_back(builder.AddCompletionQueue());
  server_ = builder.BuildAndStart();
  if (!server_ && tls) {
    return error(absl::StatusCode::kInvalidArgument,
                 "tls: {} and {} are not, in PEM, a certificate and its key{}", tls->certificate,
                 tls->key,
                 tls->client_ca.empty() ? "" : fmt::format(", or {} holds no CA", tls->client_ca));
  }
  if (!server_) {
    return error(absl::StatusCode::kUnavailable, "listen on {}: the address cannot be used",
                 address_.to_string());
  }
  address_.port = static_cast<std::uint16_t>(port);
  address_text_ = address_.to_string();
  if (service_.options.name.empty()) service_.options.name = address_text_;

  std::vector<grpc::ServerCompletionQueue*> waiting;
  for (auto& queue : queues) {
    waiting.push_back(queue.get());
    threads_.push_back(std::make_unique<sdk::QueueThread>(std::move(queue)));
  }
  acceptor_ = std::make_unique<sdk::Acceptor>(service_, generic_, std::move(waiting));
  acceptor_->accept_next();
  return absl::OkStatus();
}

void UpstreamServer::Impl::shutdown(std::chrono::milliseconds patience) {
  {
    std::lock_guard lock(mutex_);
    if (state_ != State::serving) return;
    state_ = State::stopping;
  }
  for (const auto& outbox : service_.directory->all()) {
    outbox->push({.action = wire::ActionKind::drain});
  }
  // First the server, then its streams, then the queues: gRPC aborts on any other order.
  server_->Shutdown(std::chrono::system_clock::now() + patience);
  acceptor_->wait_until_empty();
  threads_.clear();

  std::lock_guard lock(mutex_);
  state_ = State::stopped;
  stopped_.notify_all();
}

void UpstreamServer::Impl::wait() {
  std::unique_lock lock(mutex_);
  stopped_.wait(lock, [this] { return state_ == State::stopped; });
}

absl::StatusOr<std::unique_ptr<UpstreamServer>> UpstreamServer::start(
    const UpstreamOptions& options, UpstreamHandler& handler) {
  if (absl::Status status = validate(options); !status.ok()) return status;
  absl::StatusOr<sdk::ListenAddress> address = sdk::ListenAddress::parse(options.listen);
  if (!address.ok()) return address.status();
  if (absl::Status status = address->probe(); !status.ok()) return status;
  auto impl = std::make_unique<Impl>(options, handler, *std::move(address));
  if (absl::Status status = impl->start(); !status.ok()) return status;
  return std::unique_ptr<UpstreamServer>(new UpstreamServer(std::move(impl)));
}

UpstreamServer::UpstreamServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

UpstreamServer::~UpstreamServer() {
  shutdown(std::chrono::milliseconds(0));
  wait();
}

const std::string& UpstreamServer::address() const { return impl_->address_text(); }
int UpstreamServer::port() const { return impl_->port(); }
Sender UpstreamServer::sender() const { return impl_->sender(); }
void UpstreamServer::shutdown(std::chrono::milliseconds patience) { impl_->shutdown(patience); }
void UpstreamServer::wait() { impl_->wait(); }

}  // namespace waymark
