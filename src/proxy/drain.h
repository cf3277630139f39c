// How a worker ends in order.
//
//   serving -> delivering -> ending clients -> ending links -> done
//              what was read goes out,  FIN      streams are
//              answers come in                   half-closed
#pragma once

#include "proxy/closer.h"
#include "proxy/mail.h"
#include "proxy/worker_state.h"

namespace waymark::proxy {

class Drain {
 public:
  Drain(WorkerState& state, const Dispatcher& dispatcher, Closer& closer)
      : state_(state), dispatcher_(dispatcher), closer_(closer) {}

  void begin(const DrainRequest& request);
  // About ten times a second. True once everything has ended and the loop may stop.
  [[nodiscard]] bool tick();

 private:
  enum class Phase : std::uint8_t { serving, delivering, ending_clients, ending_links };

  void end_clients();

  WorkerState& state_;
  const Dispatcher& dispatcher_;
  Closer& closer_;
  Phase phase_ = Phase::serving;
  std::uint64_t quiet_ms_ = 0;
  std::uint64_t deliver_until_ms_ = 0;
  std::uint64_t deadline_ms_ = 0;
};

}  // namespace waymark::proxy
