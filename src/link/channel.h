// The channel of one worker to one upstream.
#pragma once

#include <grpcpp/channel.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "link/upstream_tls.h"

namespace waymark::link {

struct ChannelOptions {
  std::string address;  // "host:port"
  std::chrono::milliseconds connect_timeout{1000};
  std::size_t max_message = 1024 * 1024;  // bytes, each way
  UpstreamTlsPtr tls{};
};

// Not shared with any other channel, even to the same address: each worker has its own connection.
[[nodiscard]] std::shared_ptr<grpc::Channel> make_channel(const ChannelOptions& options);

}  // namespace waymark::link
