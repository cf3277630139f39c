// The worker's look around, ten times a second: deadlines of clients, memory, sockets that are
// paused or on their way out.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "proxy/closer.h"
#include "proxy/leaver.h"
#include "proxy/mover.h"
#include "proxy/overload.h"
#include "proxy/redelivery.h"
#include "proxy/up_path.h"
#include "proxy/worker_state.h"

namespace waymark::proxy {

class Sweep {
 public:
  Sweep(WorkerState& state, UpPath& up, Dispatcher& dispatcher, Mover& mover,
        Redelivery& redelivery, Overload& overload, Closer& closer, Leaver& leaver)
      : state_(state),
        up_(up),
        dispatcher_(dispatcher),
        mover_(mover),
        redelivery_(redelivery),
        overload_(overload),
        closer_(closer),
        leaver_(leaver) {}

  // Each call looks at a tenth of the clients, so that every deadline is met within a second.
  void tick();

  // Output that clients do not take, of the round before this one.
  struct Queued {
    std::size_t connections = 0;
    std::size_t bytes = 0;
  };
  [[nodiscard]] const Queued& queued() const { return queued_; }

 private:
  static constexpr std::size_t kTicksPerRound = 10;

  void check(Client& client);
  void follow_listener(Client& client);

  WorkerState& state_;
  UpPath& up_;
  Dispatcher& dispatcher_;
  Mover& mover_;
  Redelivery& redelivery_;
  Overload& overload_;
  Closer& closer_;
  Leaver& leaver_;
  std::size_t next_ = 0;
  Queued queued_;
  Queued counting_;  // of this round
  std::vector<Client*> due_;
  std::optional<std::size_t> pool_to_leave_;  // some of its clients should
};

}  // namespace waymark::proxy
