// Speaks to clients without being asked.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "waymark/mark.h"

namespace waymark {

namespace sdk {
class Directory;
}

// The values are those of Broadcast.Scope in proto/waymark/link/v1/link.proto.
enum class BroadcastScope : std::uint8_t {
  all = 1,
  active = 2,    // clients that sent a frame within a time
  inactive = 3,  // clients that did not
};

// A handle to the links of a server: copy it freely, use it on any thread, also after the server
// has gone. A command for a mark travels on the link the mark was opened on, and on any open link
// if it was opened on none: the proxy finds the client. How far an upstream reaches is the proxy's
// setting (`reach`).
//
// The calls answer true once the command is on its way to the proxy, and false when it will not be
// sent: no link is open, the payload is larger than the proxy accepts, or more than
// UpstreamOptions::max_queued bytes wait for the proxy already. What the proxy could not write
// comes back as UpstreamHandler::undeliverable().
class Sender {
 public:
  bool send(const Mark& mark, std::string_view payload) const;

  // Ends both directions once everything sent before was written. Not in the legacy protocol.
  bool close(const Mark& mark) const;

  // Ends the direction to the client once everything sent before was written. Not in the legacy
  // protocol.
  bool half_close(const Mark& mark) const;

  // Sends to every client in scope of every proxy that is linked. `within` is the time that parts
  // active from inactive clients; 0 leaves it to the proxy.
  bool broadcast(BroadcastScope scope, std::string_view payload,
                 std::chrono::milliseconds within = {}) const;

  // For the SDK.
  explicit Sender(std::shared_ptr<sdk::Directory> directory) : directory_(std::move(directory)) {}

 private:
  std::shared_ptr<sdk::Directory> directory_;  // shared: handles may outlive the server
};

}  // namespace waymark
