#include "link/channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

namespace waymark::link {
namespace {

std::shared_ptr<grpc::ChannelCredentials> credentials_of(const UpstreamTlsPtr& tls) {
  if (!tls) return grpc::InsecureChannelCredentials();
  return grpc::SslCredentials(
      {.pem_root_certs = tls->ca, .pem_private_key = tls->key, .pem_cert_chain = tls->certificate});
}

}  // namespace

std::shared_ptr<grpc::Channel> make_channel(const ChannelOptions& options) {
  constexpr int kMiB = 1024 * 1024;
  grpc::ChannelArguments arguments;
  // One connection each, and a fast return of an upstream: at most 0.5 s between two tries.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS,
                   static_cast<int>(options.connect_timeout.count()));
  // Large windows from the start instead of a probe that costs a ping per burst.
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 16 * kMiB);
  arguments.SetInt(GRPC_ARG_HTTP2_WRITE_BUFFER_SIZE, kMiB);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, kMiB);
  arguments.SetMaxReceiveMessageSize(static_cast<int>(options.max_message));
  arguments.SetMaxSendMessageSize(static_cast<int>(options.max_message));
  // Links stay as they are; nothing may redirect or retry them.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetServiceConfigJSON("{}");
  // The authority is what gRPC asks for by SNI and looks for in the certificate.
  if (options.tls && !options.tls->server_name.empty()) {
    arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, options.tls->server_name);
  }
  return grpc::CreateCustomChannel(options.address, credentials_of(options.tls), arguments);
}

}  // namespace waymark::link
