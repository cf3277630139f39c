// Moves connections to other upstreams in order: a client is paused, its upstream gets the rest of
// what it sent and then Closed{MOVED}, another gets Opened{resumed}, and reading goes on. Answers
// of the upstream it left still reach it.
//
//   reading --pause--> moving --all it sent is done, or leave_timeout--> reading, elsewhere
//
// Without the wait, frames of a link that is lost meanwhile would come after newer ones. For the
// same reason what an upstream has not acked by leave_timeout is taken back from it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "proxy/redelivery.h"
#include "proxy/up_path.h"
#include "proxy/worker_state.h"

namespace waymark::proxy {

class Mover {
 public:
  static constexpr std::size_t kAtOnce = 256;  // clients of one upstream in one tick

  Mover(WorkerState& state, UpPath& up, Dispatcher& dispatcher, Redelivery& redelivery)
      : state_(state), up_(up), dispatcher_(dispatcher), redelivery_(redelivery) {}

  // Pauses the client, for it to be given an upstream anew; that may turn out to be the same.
  // False, and nothing happens, for one that has no upstream, is on its way already, or has ended
  // its direction: an upstream that learnt of that end without the frames before it would end the
  // client before the answer to those.
  bool begin(Client& client);

  // The upstream takes no connections: begins with the next few of its clients, as long as another
  // one is there for them.
  void empty(std::uint32_t index);

  // Moves on those of this upstream's clients that may, a few at a time.
  void finish(std::uint32_t index);

 private:
  [[nodiscard]] static bool is_done(const Client& client, const Moving& moving,
                                    const link::Link& link);
  void transfer(Client& client, Upstream& from, std::uint32_t index);

  WorkerState& state_;
  UpPath& up_;
  Dispatcher& dispatcher_;
  Redelivery& redelivery_;
};

}  // namespace waymark::proxy
