// Carries out what the control thread orders about upstreams, and what an upstream asks for itself.
#pragma once

#include "proxy/mover.h"
#include "proxy/redelivery.h"
#include "proxy/sideways.h"
#include "proxy/upstream_order.h"
#include "proxy/worker_state.h"

namespace waymark::proxy {

class Steering {
 public:
  Steering(WorkerState& state, Dispatcher& dispatcher, Mover& mover, Redelivery& redelivery,
           Sideways& sideways)
      : state_(state),
        dispatcher_(dispatcher),
        mover_(mover),
        redelivery_(redelivery),
        sideways_(sideways) {}

  void apply(const UpstreamOrder& order);
  // The upstream's own wish, on the link it has now: no more connections.
  void leave_as_asked(std::uint32_t index);
  // About ten times a second: moves go on, links that are not needed end.
  void tick();

 private:
  void begin_rest(Upstream& upstream);
  void carry_on(Upstream& upstream, std::uint32_t index);
  void carry_on_rest(Upstream& upstream, std::uint32_t index);
  void forget(Upstream& upstream, std::uint32_t index);

  WorkerState& state_;
  Dispatcher& dispatcher_;
  Mover& mover_;
  Redelivery& redelivery_;
  Sideways& sideways_;
};

}  // namespace waymark::proxy
