// One client as its worker holds it: the socket, the framer and the session.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "frame/framer.h"
#include "net/address.h"
#include "net/connection.h"
#include "proxy/arriving.h"
#include "proxy/farewell.h"
#include "proxy/incarnation.h"
#include "proxy/late_key.h"
#include "proxy/layout.h"
#include "proxy/throttle.h"
#include "session/session.h"
#include "wire/attributes.h"

namespace waymark::proxy {

class Client final : public net::Connection {
 public:
  Client(net::Poller& poller, int fd, net::ConnectionEvents& owner, const ListenerContext& context,
         const Mark& mark, const net::Address& peer_address)
      : net::Connection(poller, fd, owner),
        session(mark, poller.loop().now_ms()),
        framer(*context.framing),
        listener(&context),
        peer(peer_address),
        pool(static_cast<std::uint32_t>(context.pool)) {
    follow_rates();
  }

  [[nodiscard]] Throttle::Rates rates() const {
    return {.bytes = listener->settings->max_bytes_per_second,
            .frames = listener->settings->max_frames_per_second};
  }
  // The settings of its listener may be others than before.
  void follow_rates() {
    const auto [bytes, frames] = rates();
    if (bytes == 0 && frames == 0) return throttle.reset();
    if (!throttle) throttle = std::make_unique<Throttle>();
  }

  static constexpr std::uint32_t kNone = 0xffffffff;

  // It leaves, and is not read any more.
  [[nodiscard]] bool is_settling() const {
    return farewell && farewell->stage > Farewell::Stage::finishing;
  }
  // The mark it waits for.
  [[nodiscard]] PendingMark& pending() { return arriving ? arriving->pending : late->pending; }
  // Random marks come once.
  [[nodiscard]] std::uint64_t incarnation_number() const {
    return incarnation ? incarnation->number : 1;
  }

  // What Opened has said of the connection under this mark, which it has or had.
  [[nodiscard]] std::uint64_t number_of(const Mark& mark) const {
    if (mark == session.mark() || !incarnation) return incarnation_number();
    const auto& aliases = incarnation->aliases;
    const auto at = std::find_if(aliases.begin(), aliases.end(),
                                 [&mark](const auto& alias) { return alias.mark == mark; });
    return at == aliases.end() ? 1 : at->number;
  }

  session::Session session;
  frame::Framer framer;
  const ListenerContext* listener;  // of the worker's layout
  net::Address peer;
  std::uint32_t pool;                  // slot of the pool that serves it
  std::uint32_t place = 0;             // in the ClientTable
  std::uint32_t charged = 0;           // bytes counted for this client in the MemoryBudget
  std::uint32_t gather_first = kNone;  // what this batch of commands writes (write_gather.h)
  std::uint32_t gather_last = kNone;
  std::uint32_t gather_bytes = 0;
  std::uint32_t attribute_bytes = 0;              // what they take
  std::unique_ptr<wire::Attributes> attributes;   // upstreams stored; null: none
  std::unique_ptr<const std::string> proxy_tlvs;  // of its PROXY header, raw; null: none
  std::unique_ptr<Arriving> arriving;             // null: it has its mark and its place
  std::unique_ptr<LateKey> late;                  // null: no key is expected any more
  std::unique_ptr<Incarnation> incarnation;       // null: its mark is random
  std::unique_ptr<Throttle> throttle;             // null: it may send as fast as it likes
  std::unique_ptr<Farewell> farewell;             // null: nobody wants it to leave
  bool routed = false;              // to another pool than its listener's, where it stays
  bool retired = false;             // ended; its socket is on the way out
  bool waiting = false;             // in the queue of its link for room
  bool throttled = false;           // paused for its rate, and in the list of those (up_path.h)
  bool moving = false;              // paused until its upstream has all it sent (mover.h)
  bool listed = false;              // has or had a name or a group (presence.h)
  bool rewound = false;             // paused until what is held back has come again (rewinds.h)
  bool tapped = false;              // somebody looks at its frames (taps.h)
  bool counted = false;             // by the gate (gate.h)
  bool close_when_drained = false;  // an upstream sent Close
};

}  // namespace waymark::proxy
