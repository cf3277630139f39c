// Moves connections to other upstreams in order: a client is paused, its upstream gets the rest of
// what it sent and then Closed{MOVED}, another gets Opened{resumed}, and reading goes on. Answers
// of the upstream it left still reach it.
//
//   reading --pause--> moving --all it sent has settled, or leave_timeout--> reading, elsewhere
//
// Without the wait, frames of a link that is lost meanwhile would come after newer ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "proxy/up_path.h"
#include "proxy/worker_state.h"

namespace waymark::proxy {

class Mover {
 public:
  Mover(WorkerState& state, UpPath& up) : state_(state), up_(up) {}

  // Pauses the client, for it to be given an upstream anew; that may turn out to be the same.
  // Nothing happens to one that has no upstream, or has ended its direction: an upstream that
  // learnt of that end without the frames before it would end the client too early.
  void begin(Client& client);

  // The upstream takes no connections: begins with the next few of its clients, as long as another
  // one is there for them. `all`: also with none, and with those that have ended their direction.
  void empty(std::uint32_t index, bool all);

  // Moves on those of this upstream's clients that may.
  void finish(std::uint32_t index);

 private:
  void transfer(Client& client, Upstream& from, std::uint32_t index);

  static constexpr std::size_t kAtOnce = 256;  // clients of one upstream paused in one tick

  WorkerState& state_;
  UpPath& up_;
  std::vector<Client*> chosen_;  // kept for its capacity
};

}  // namespace waymark::proxy
