// The way of a frame in a pool that does not pin connections to upstreams: each frame goes to the
// next upstream that may take one, or to all of them, and waits while none may.
//
//   read -> (an upstream is free) -> link                     acked, or written: finished
//        -> (none is) -> WorkQueue -> link, when one is       its link is lost: queued again
//
// A connection has a home all the same, chosen as in other pools: it counts there, and is held when
// there is none. It is read only while nothing of it waits in the queue.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/seating.h"
#include "proxy/worker_state.h"

namespace waymark::proxy {

class Dispatcher {
 public:
  explicit Dispatcher(WorkerState& state) : state_(state), seating_(state) {}

  [[nodiscard]] Seating& seating() { return seating_; }
  [[nodiscard]] const Seating& seating() const { return seating_; }

  // The client may be read.
  [[nodiscard]] bool may_read(const Client& client) const;
  // A frame of it was read. False: it is larger than any upstream of the pool accepts.
  [[nodiscard]] bool frame(Client& client, const wire::EventHeader& header,
                           std::string_view payload);
  // The same for a frame that does not wait: to whom it went (the first, where all get it); nobody
  // if none may take it now, or others of its connection go first.
  [[nodiscard]] std::optional<std::uint32_t> frame_now(Pool& pool, const wire::EventHeader& header,
                                                       std::string_view payload);
  // The same for a connection that is not there any more, which is told as opened and closed.
  [[nodiscard]] std::optional<std::uint32_t> frame_of_ended_now(Pool& pool,
                                                                const wire::EventHeader& header,
                                                                std::string_view payload,
                                                                const wire::Opened& opened);
  // No upstream of the pool accepts a frame of this size; where all get it, one does not.
  [[nodiscard]] bool is_too_large(const Pool& pool, std::size_t size) const;
  // It has ended.
  void ended(const Client& client, std::string closed);
  // It goes to another pool: what waits is the caller's, for that one.
  [[nodiscard]] std::vector<link::LostBatch> give_away(const Client& client);
  // A frame of a link that was lost, or one that was refused, comes again, its attempt counted.
  void again(Pool& pool, const wire::Event& frame);
  // An upstream refused a frame, which was taken back, and wants to get it later.
  void delay(std::uint32_t upstream, const wire::Event& frame, std::uint64_t due_ms);

  // The link of an upstream is ready to serve, or was lost.
  void joined(std::uint32_t upstream);
  void lost(std::uint32_t upstream);

  // Gives upstreams what they may take now.
  void pump(Pool& pool);
  void tick();
  // Takes out what was read before `unix_ns` and still waits.
  void expire(Pool& pool, std::uint64_t unix_ns, session::WorkQueue::Visit visit);

  // Frames that wait, of this pool and of all.
  [[nodiscard]] static std::size_t frames(const Pool& pool);
  [[nodiscard]] std::size_t frames() const;

 private:
  [[nodiscard]] Pool& pool_of(std::uint32_t upstream) const {
    return state_.fleet->pool_of(state_.fleet->upstreams()[upstream]);
  }
  [[nodiscard]] link::Link& link_of(std::uint32_t upstream) const {
    return *state_.fleet->upstreams()[upstream].link;
  }
  // The upstreams that get the next frame of `mark` now; empty if it has to wait.
  [[nodiscard]] std::vector<std::uint32_t> choose(Pool& pool, const Mark& mark, std::size_t size);
  // The same for a frame that goes before all that waits, if that waits for something else.
  [[nodiscard]] std::vector<std::uint32_t> choose_now(Pool& pool, const Mark& mark,
                                                      std::size_t size);
  [[nodiscard]] bool takes(const Pool& pool, std::uint32_t upstream, std::size_t size) const;
  [[nodiscard]] std::optional<std::uint32_t> send_now(Pool& pool,
                                                      const std::vector<std::uint32_t>& upstreams,
                                                      const wire::EventHeader& header,
                                                      std::string_view payload);
  void send(Pool& pool, const std::vector<std::uint32_t>& upstreams,
            const wire::EventHeader& header, std::string_view payload);
  void send_one(Pool& pool, std::uint32_t upstream, const wire::EventHeader& header,
                std::string_view payload);
  // Nothing of this connection waits any more.
  void line_over(Pool& pool, const Mark& mark);
  void give_out(Pool& pool);
  // Counts in the budget what the queue holds now.
  void charge(Work& work) const;
  void finish_written(Pool& pool);
  void give_delayed(Pool& pool);
  void give(Pool& pool, const session::DelayedFrame& one);

  WorkerState& state_;
  Seating seating_;
};

}  // namespace waymark::proxy
