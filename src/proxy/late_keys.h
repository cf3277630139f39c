// Keys that were found after their client had been let in under another mark (Entrance). The client
// is not read from until all it has sent under that mark is done; then its upstream is told Marked,
// and the old mark stays an alias.
#pragma once

#include <vector>

#include "proxy/closer.h"
#include "proxy/marking.h"
#include "proxy/worker_state.h"

namespace waymark::proxy {

class LateKeys {
 public:
  LateKeys(WorkerState& state, Marking& marking, Closer& closer)
      : state_(state), marking_(marking), closer_(closer) {}

  // Whoever had the mark of this client is gone.
  void go_on(Client& client);
  // About ten times a second.
  void tick();

 private:
  [[nodiscard]] bool is_quiet(Client& client) const;
  void claim(Client& client);

  WorkerState& state_;
  Marking& marking_;
  Closer& closer_;
};

}  // namespace waymark::proxy
