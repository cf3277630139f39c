#include "link/greeting.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"
#include "link/batch_queue.h"

namespace waymark::link {
namespace {

constexpr std::size_t kMessageMargin = 64 * 1024;
constexpr std::size_t kMostNameBytes = 255;
constexpr std::size_t kMostFrameBytes = 16 * 1024 * 1024;  // as frame::Framing allows

// The smaller of the two, where the upstream's 0 leaves it to us.
std::size_t agreed(std::size_t ours, std::uint64_t theirs) {
  return theirs == 0 ? ours : std::min(ours, static_cast<std::size_t>(theirs));
}

}  // namespace

std::size_t max_received_message(const LinkOptions& options) {
  return std::max<std::size_t>(1024 * 1024, options.max_frame) + kMessageMargin;
}

std::size_t max_carried_message() { return kMostFrameBytes + kMessageMargin; }

std::size_t max_payload(const wire::Welcome& welcome) {
  const std::size_t accepted = welcome.max_message == 0
                                   ? static_cast<std::size_t>(wire::kDefaultMaxMessage)
                                   : static_cast<std::size_t>(welcome.max_message);
  return accepted > BatchQueue::kEventOverhead ? accepted - BatchQueue::kEventOverhead : 0;
}

std::string encode_hello(const LinkOptions& options) {
  return wire::encode_hello_message({
      .proxy_id = options.proxy_id,
      .boot_id = options.boot_id,
      .worker = options.worker,
      .pool = options.pool,
      .max_message = max_received_message(options),
  });
}

std::string problem_of(const wire::Welcome& welcome) {
  if (welcome.protocol != wire::kProtocolVersion) {
    return fmt::format("the upstream chose protocol {}, allowed: {}", welcome.protocol,
                       wire::kProtocolVersion);
  }
  // It is told to other upstreams, which must be able to read it.
  if (welcome.upstream.size() > kMostNameBytes || !is_utf8(welcome.upstream)) {
    return fmt::format("the upstream's name is not UTF-8 of at most {} bytes", kMostNameBytes);
  }
  return {};
}

bool wants_upstream_changes(const wire::Welcome& welcome) {
  return std::find(welcome.features.begin(), welcome.features.end(),
                   wire::kUpstreamChangedFeature) != welcome.features.end();
}

session::Window window_of(const LinkOptions& options, const wire::Welcome& welcome) {
  return {agreed(options.window_bytes, welcome.window_bytes),
          agreed(options.window_events, welcome.window_events)};
}

}  // namespace waymark::link
