// max_memory is nearly reached: the clients with the most waiting are closed.
#pragma once

#include <vector>

#include "proxy/closer.h"
#include "proxy/worker_state.h"

namespace waymark::proxy {

class Overload {
 public:
  Overload(WorkerState& state, Closer& closer) : state_(state), closer_(closer) {}

  // At the level, closes the largest of this worker's clients until what is held is well below it,
  // so that what comes next does not bring it back at once. To be
  // called after everything that may have made much more wait; cheap while the level is normal.
  void relieve();

  // Ten times a second: as relieve(), which may have found nobody the last time.
  void tick();

 private:
  WorkerState& state_;
  Closer& closer_;
  std::vector<Client*> by_size_;
  // Nothing waits for clients of this worker. Kept so that a full memory, which others hold, does
  // not make each message look through all clients.
  bool nobody_left_ = false;
};

}  // namespace waymark::proxy
