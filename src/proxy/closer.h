// Ends connections, each as its row of session/ending.h says.
#pragma once

#include <vector>

#include "proxy/dispatcher.h"
#include "proxy/outcomes.h"
#include "proxy/worker_state.h"
#include "waymark/close_reason.h"

namespace waymark::proxy {

class Closer {
 public:
  Closer(WorkerState& state, Outcomes& outcomes, Dispatcher& dispatcher)
      : state_(state), outcomes_(outcomes), dispatcher_(dispatcher) {}

  // Tells the upstream and the log, and starts to end the socket. The client is no longer found by
  // its mark; its object lives until release().
  void close(Client& client, CloseReason reason);

  // The socket failed with `error_number`.
  void close_broken(Client& client, int error_number);

  // The socket is closed: destroys the client.
  void release(Client& client);

  // The client waits for a mark no longer.
  void give_up_pending(Client& client);
  // Another connection gets the mark of one that has ended, whatever that one has left.
  void forget_former(const Mark& mark);

 private:
  void give_up_marks(Client& client);
  void tell_upstream(Client& client, CloseReason reason);
  void give_what_is_held_back(Client& client);
  void give(Client& client, std::vector<link::LostBatch> events);
  void tell_observer(const Client& client, CloseReason reason);

  WorkerState& state_;
  Outcomes& outcomes_;
  Dispatcher& dispatcher_;
};

}  // namespace waymark::proxy
