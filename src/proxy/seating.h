// Tells upstreams of connections whose frames go to several of them: each of the opening before the
// first frame, and of the end if it was told of the opening. Part of dispatcher.h.
#pragma once

#include <cstdint>
#include <string_view>

#include "proxy/worker_state.h"

namespace waymark::proxy {

class Seating {
 public:
  explicit Seating(WorkerState& state) : state_(state) {}

  // The client has found its home, which is told of it; with Dispatch::all every upstream is.
  void take_in(const Client& client);
  // The link of the upstream is ready to serve; with Dispatch::all it is told of all clients.
  void joined(std::uint32_t upstream);
  // The upstream gets no more frames: it is told that those it knows have moved, but for the
  // clients whose home it is.
  void leaving(std::uint32_t upstream);

  // Opened, unless the upstream knows the connection. `seq`: of the first frame it will be given.
  void open(Pool& pool, std::uint32_t upstream, const Mark& mark, std::uint64_t seq);
  // The same for a connection that is not there, and that the upstream does not know.
  void open_as(Pool& pool, std::uint32_t upstream, const Mark& mark, const wire::Opened& opened);
  // HalfClosed to those that have not been told, unless frames still wait.
  void half_closed(Pool& pool, const Mark& mark);
  // Closed to all that know the connection.
  void close(Pool& pool, const Mark& mark, std::string_view closed);
  // A frame will not come.
  void gap(Pool& pool, const Mark& mark, std::string_view gap);
  // The client has moved away from this upstream, or from all.
  void leave(const Client& client, std::uint32_t upstream);
  void leave_all(const Client& client);

  // The upstream was told of the client, whose pool does not pin connections.
  [[nodiscard]] bool knows(std::uint32_t upstream, const Client& client) const;
  // The upstream wants to send the client nothing more. True: neither does any other it is known
  // to, and nothing of it waits.
  [[nodiscard]] bool half_close(const Client& client, std::uint32_t upstream);
  [[nodiscard]] bool is_half_closed(const Client& client) const;

  // The client, if this pool serves it.
  [[nodiscard]] Client* client_of(const Pool& pool, const Mark& mark) const;

 private:
  [[nodiscard]] Pool& pool_of(std::uint32_t upstream) const {
    return state_.fleet->pool_of(state_.fleet->upstreams()[upstream]);
  }
  [[nodiscard]] link::Link& link_of(std::uint32_t upstream) const {
    return *state_.fleet->upstreams()[upstream].link;
  }

  WorkerState& state_;
};

}  // namespace waymark::proxy
