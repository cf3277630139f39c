// Ends connections, each as its row of session/ending.h says.
#pragma once

#include "proxy/worker_state.h"
#include "waymark/close_reason.h"

namespace waymark::proxy {

class Closer {
 public:
  explicit Closer(WorkerState& state) : state_(state) {}

  // Tells the upstream and the log, and starts to end the socket. The client is no longer found by
  // its mark; its object lives until release().
  void close(Client& client, CloseReason reason);

  // The socket failed with `error_number`.
  void close_broken(Client& client, int error_number);

  // The socket is closed: destroys the client.
  void release(Client& client);

 private:
  void tell_upstream(Client& client, CloseReason reason);
  void tell_observer(const Client& client, CloseReason reason);

  WorkerState& state_;
};

}  // namespace waymark::proxy
