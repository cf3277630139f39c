// Ends connections gently: one is read to the end of its frame, and is closed once it has the
// answers to what it sent.
//
//   scheduled --due--> finishing --a frame ended--> settling --answered--> goodbye, FIN
//                      frame_timeout at most        leave_timeout at most
//
// Answered is what the upstream has acked. One that does not ack, or the several of a pool that
// dispatches frames, have answered when neither side has said anything for drain.quiet.
#pragma once

#include <cstdint>
#include <vector>

#include "proxy/closer.h"
#include "proxy/departures.h"
#include "proxy/worker_state.h"

namespace waymark::proxy {

class Leaver {
 public:
  Leaver(WorkerState& state, Closer& closer) : state_(state), closer_(closer) {}

  // The client is to leave for this reason, at a place of its own within `spread` milliseconds.
  // False, and nothing happens, for one that leaves already, or is to before that.
  bool schedule(Client& client, CloseReason reason, std::uint64_t spread);

  // The same for all clients, also for those that were to leave at another time.
  void schedule_all(CloseReason reason, std::uint64_t spread);

  // The client has another mark.
  void renamed(const Client& client);

  // Ten times a second.
  void tick();

 private:
  void begin(Client& client);
  void settle(Client& client);
  // True once it is closed.
  [[nodiscard]] bool carry_on(Client& client);
  [[nodiscard]] bool is_answered(const Client& client) const;

  WorkerState& state_;
  Closer& closer_;
  // A mark may be of another connection by the time it is looked up: its farewell decides.
  Departures departures_;
  std::vector<Mark> on_their_way_;
};

}  // namespace waymark::proxy
