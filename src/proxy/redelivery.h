// When a link is lost: its clients move to the next ready upstream and its events are written
// again; when none is ready, both are held until one is.
#pragma once

#include <string_view>
#include <vector>

#include "proxy/dead_letter.h"
#include "proxy/up_path.h"
#include "proxy/worker_state.h"

namespace waymark::proxy {

class Redelivery {
 public:
  Redelivery(WorkerState& state, UpPath& up, Dispatcher& dispatcher)
      : state_(state), up_(up), dispatcher_(dispatcher) {}

  void link_lost(std::uint32_t index, std::string_view why, std::vector<link::LostBatch> batches);
  void link_ready(std::uint32_t index);
  // The upstream takes connections from now on, and its link is ready: if its pool had none,
  // clients and frames that were held go to it.
  void begin_serving(std::uint32_t index);

  // An upstream has refused a frame it was sent (Nack): it comes again, and what its connection
  // sent after it, now or in a while, or it is given up.
  void refused(std::uint32_t index, const wire::Nack& nack);
  // Gives again what is due, and what there is room for.
  void tick();
  // The same for what waits for room on the link of this upstream.
  void give_backlog(std::uint32_t index);

  // Takes back what the client's upstream has not acked, if it acks at all, and notes what it has.
  // For give_again(), once the client has another upstream, or none.
  [[nodiscard]] std::vector<link::LostBatch> take_back(Client& client) const;
  // The client goes to another pool. What is held back of it goes along, to be held back there; but
  // a pool that queues frames gets it at once, behind `before`: its line is what waits there.
  void take_along(Client& client, std::size_t target, std::vector<link::LostBatch>& before) const;
  void give_again(std::size_t pool, std::vector<link::LostBatch> batches);

  // Nobody is ready in this pool. If a reload gave all its clients another one where somebody is,
  // they and the frames that were held go there; otherwise nothing happens.
  void leave_pool(std::size_t slot);

  // Frames that wait for an upstream.
  [[nodiscard]] std::uint64_t stranded_frames() const;

 private:
  // The clients have lost a link that acks, and `batches` with it.
  void note_last_acked(const std::vector<Client*>& clients,
                       const std::vector<link::LostBatch>& batches) const;
  // Their clients have got the timeout_reply.
  void drop_those_that_are_late(const Upstream& upstream, std::vector<link::LostBatch>& batches);
  // What is written again is awaited where it goes then.
  static void forget_those_that_come_again(Pool& pool, const std::vector<link::LostBatch>& batches);
  // `had_them`: the upstream that had the batches, for dead letters; null if it is not known.
  // Gives each client its new upstream, then `batches` to those, then lets reading go on.
  void move(Pool& pool, const std::vector<Client*>& clients, std::vector<link::LostBatch> batches,
            Upstream* had_them = nullptr);
  void move_formers(Pool& pool, const std::vector<link::LostBatch>& batches, Upstream* had_them);
  void write_again(Pool& pool, const std::vector<link::LostBatch>& batches,
                   Upstream* had_them = nullptr);
  void refused_one(std::uint32_t index, const wire::Nack& nack);
  void rewind(const Mark& mark);
  void come_again(const Mark& mark, Rewinds::Held held);
  // False: some of its backlog found no room.
  bool give_backlog_of(Client& client, const link::Link& link);
  // Nothing of it is held back for room any more.
  void go_on(Client& client);
  void give_up(std::uint32_t index, std::uint64_t delivery, DeadLetter::Reason why);

  WorkerState& state_;
  UpPath& up_;
  Dispatcher& dispatcher_;
  bool giving_ = false;  // a full batch may bring room at once, in the middle of giving
};

}  // namespace waymark::proxy
