// How a worker ends in order.
//
//   serving -> (spreading) -> delivering -> ending clients -> ending links -> done
//              with a spread   what was read goes out,  FIN      streams are
//              clients leave   answers come in                   half-closed
//              one by one
#pragma once

#include "proxy/closer.h"
#include "proxy/leaver.h"
#include "proxy/mail.h"
#include "proxy/worker_state.h"

namespace waymark::proxy {

class Drain {
 public:
  Drain(WorkerState& state, const Dispatcher& dispatcher, Closer& closer, Leaver& leaver)
      : state_(state), dispatcher_(dispatcher), closer_(closer), leaver_(leaver) {}

  void begin(const DrainRequest& request);
  // About ten times a second. True once everything has ended and the loop may stop.
  [[nodiscard]] bool tick();

 private:
  enum class Phase : std::uint8_t {
    serving,
    spreading,
    delivering,
    ending_clients,
    ending_links,
  };

  void begin_delivering();
  void end_clients();

  WorkerState& state_;
  const Dispatcher& dispatcher_;
  Closer& closer_;
  Leaver& leaver_;
  Phase phase_ = Phase::serving;
  std::uint64_t quiet_ms_ = 0;
  std::uint64_t deliver_until_ms_ = 0;
  std::uint64_t deadline_ms_ = 0;
};

}  // namespace waymark::proxy
