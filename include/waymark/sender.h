// Speaks to clients without being asked.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
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
  // Those that take a `receipt`: a number of the caller's own choice, which comes back with what
  // became of the payload, as UpstreamHandler::receipt() or undeliverable(); 0 asks for none.

  bool send(const Mark& mark, std::string_view payload, std::uint64_t receipt = 0) const;

  // Ends both directions once everything sent before was written. Not in the legacy protocol.
  bool close(const Mark& mark) const;

  // Ends the direction to the client once everything sent before was written. Not in the legacy
  // protocol.
  bool half_close(const Mark& mark) const;

  // Sends to every client in scope of every proxy that is linked. `within` is the time that parts
  // active from inactive clients; 0 leaves it to the proxy.
  bool broadcast(BroadcastScope scope, std::string_view payload,
                 std::chrono::milliseconds within = {}, std::uint64_t receipt = 0) const;

  // --- names, groups and attributes of connections; nothing of these in the legacy protocol ---
  //
  // They are kept by the proxy, as long as the connection is there, and are of its pool. A name or
  // a group is UTF-8 without control characters, not empty and at most as long as the proxy's
  // setting (`limits`). What the proxy does not do comes back as UpstreamHandler::refused().

  // Gives the connection a name that no other one has: LookupResult says that it is done, Refused
  // with name_taken that it is not.
  bool bind(const Mark& mark, std::string_view name) const;
  bool unbind(const Mark& mark, std::string_view name) const;

  bool join(const Mark& mark, std::string_view group) const;
  bool leave(const Mark& mark, std::string_view group) const;

  // What every later Opened of the connection says, in place of what was stored before. At most
  // 1 KiB, keys included.
  using Attributes = std::map<std::string, std::string, std::less<>>;
  bool set_attributes(const Mark& mark, const Attributes& attributes) const;

  // The upstream knows who the connection is: it gets the mark that follows from "upstream:" and
  // this key, of at most 255 bytes of UTF-8, on every proxy, once what it has sent before is acked.
  // UpstreamHandler::marked() follows. A connection that has that mark already is dealt with as the
  // listener's `duplicates` says.
  bool set_mark(const Mark& mark, std::string_view key) const;
  // The key it claims is its own: it is vouched for from here on. UpstreamHandler::marked()
  // follows, with the same mark.
  bool confirm_mark(const Mark& mark) const;

  // Asks who has a name: comes back as UpstreamHandler::lookup_result(). `mark` is the connection
  // on whose behalf; it comes back too, and its proxy is asked.
  bool lookup(std::string_view name, const Mark& mark = {}) const;

  // Sends to the connection with this name. `mark`: on whose behalf; its proxy is asked.
  bool send_to_name(std::string_view name, std::string_view payload, const Mark& mark = {},
                    std::uint64_t receipt = 0) const;
  // Sends to each connection that is in this group now, of every proxy that is linked.
  bool send_to_group(std::string_view group, std::string_view payload,
                     std::uint64_t receipt = 0) const;

  // To the other upstreams of the pool that the proxy is linked to: to the one called `to`
  // (UpstreamOptions::name), or to all if it is empty. Not kept for one that is not there. Not in
  // the legacy protocol.
  bool relay(std::string_view to, std::string_view payload) const;

  // For the SDK.
  explicit Sender(std::shared_ptr<sdk::Directory> directory) : directory_(std::move(directory)) {}

 private:
  std::shared_ptr<sdk::Directory> directory_;  // shared: handles may outlive the server
};

}  // namespace waymark
