// A dead letter on its way to an upstream again. It goes from worker to worker, in two rounds:
// first for the one that has the client, then for one with an upstream that takes it. The client's
// own upstream, or the one whose turn it is, gets the frame alone; without the client, one is told
// of a client that has opened and closed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "proxy/dead_letter.h"
#include "proxy/dispatcher.h"
#include "proxy/worker_state.h"

namespace waymark::proxy {

struct ReplayResult {
  // Where nobody takes it, what the worker said that came nearest: the later value.
  enum class Kind : std::uint8_t {
    no_pool,      // there is none of this name
    no_upstream,  // none is ready
    too_large,    // for those that are
    no_room,      // on their links, now
    delivered,    // put into the batch of a link
  };
  Kind kind = Kind::no_pool;
  std::string upstream;  // its address, if delivered
};

class Replay {
 public:
  using Done = std::function<void(ReplayResult)>;
  // `done` is called once, on the thread of a worker, unless the workers end before.
  Replay(DeadLetter letter, std::size_t workers, Done done)
      : letter_(std::move(letter)), workers_(workers), done_(std::move(done)) {}

  // One worker's turn. True once `done` was called; else it is the next worker's.
  [[nodiscard]] bool step(WorkerState& state, Dispatcher& dispatcher);

 private:
  [[nodiscard]] ReplayResult give(WorkerState& state, Dispatcher& dispatcher, Client& client) const;
  [[nodiscard]] ReplayResult give_as_orphan(WorkerState& state, Dispatcher& dispatcher) const;
  // Where frames are dispatched. `with_client`: it is there.
  [[nodiscard]] ReplayResult dispatch(WorkerState& state, Dispatcher& dispatcher, Pool& pool,
                                      bool with_client) const;
  // `delivered` if nothing speaks against it.
  [[nodiscard]] ReplayResult::Kind fits(const link::Link& link) const;
  [[nodiscard]] wire::EventHeader header(const Pool& pool) const;
  // Of a client that is gone.
  [[nodiscard]] wire::Opened opening() const;

  const DeadLetter letter_;
  const std::size_t workers_;
  const Done done_;
  std::size_t turn_ = 0;  // of 2 * workers_
  ReplayResult nearest_;
};

}  // namespace waymark::proxy
