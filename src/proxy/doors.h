// The listening sockets of a proxy, one for each slot that is open. Control thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "net/listener.h"
#include "net/loop.h"
#include "proxy/layout.h"
#include "proxy/snapshot.h"

namespace waymark::proxy {

class Doors {
 public:
  using OnAccept = std::function<void(std::size_t slot, net::Accepted accepted)>;
  Doors(net::Loop& loop, OnAccept on_accept, net::Listener::HasRoom has_room)
      : loop_(loop), on_accept_(std::move(on_accept)), has_room_(std::move(has_room)) {}

  // Opens what `next` needs and fills in where it is bound. On an error, which names the listener,
  // nothing has changed. A socket that is bound to the right address already is kept, whatever its
  // listener is called now. Nothing is accepted for a new listener before the loop runs again.
  [[nodiscard]] absl::Status prepare(Layout& next, int accepts_per_turn);
  // After prepare(): what is not needed any more accepts who waits, and closes.
  void commit();

  void close();

  // What has been counted, by slot of `layout`, also of those that are closed. Any thread, not at
  // the same time as prepare() or commit().
  [[nodiscard]] std::vector<ListenerSnapshot> snapshot(const Layout& layout) const;

 private:
  struct Counts {
    std::uint64_t accepted = 0;
    std::uint64_t paused_at_cap = 0;
    std::uint64_t paused_for_rate = 0;
    std::uint64_t paused_without_fds = 0;
    std::uint64_t failed = 0;

    void add(const net::Listener::Counters& counters);
  };
  struct Door {
    std::unique_ptr<net::Listener> listener;  // null: closed
    std::string bind;                         // what its address was asked to be
    Counts before;                            // of the listeners it had before this one
  };
  struct Planned {
    std::size_t slot = 0;
    std::string bind;
    net::Listener::Options options;
    std::optional<net::ListenSocket> socket;  // none: the listener it has stays
  };

  [[nodiscard]] absl::StatusOr<Planned> plan(const ListenerContext& listener,
                                             int accepts_per_turn) const;
  [[nodiscard]] const net::Listener* bound_to(const std::string& bind, std::size_t slot) const;
  void make_listener(Door& door, Planned& planned);

  net::Loop& loop_;
  const OnAccept on_accept_;
  const net::Listener::HasRoom has_room_;
  std::vector<Door> doors_;  // by slot
  std::vector<Planned> planned_;
  std::vector<std::unique_ptr<net::Listener>> closed_;  // whose handles may still be closing
};

}  // namespace waymark::proxy
