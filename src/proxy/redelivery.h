// When a link is lost: its clients move to the next ready upstream and its events are written
// again; when none is ready, both are held until one is.
#pragma once

#include <string_view>
#include <vector>

#include "proxy/up_path.h"
#include "proxy/worker_state.h"

namespace waymark::proxy {

class Redelivery {
 public:
  Redelivery(WorkerState& state, UpPath& up) : state_(state), up_(up) {}

  void link_lost(std::uint32_t index, std::string_view why, std::vector<link::LostBatch> batches);
  void link_ready(std::uint32_t index);
  // The upstream takes connections from now on, and its link is ready: if its pool had none,
  // clients and frames that were held go to it.
  void begin_serving(std::uint32_t index);

  // Nobody is ready in this pool. If a reload gave all its clients another one where somebody is,
  // they and the frames that were held go there; otherwise nothing happens.
  void leave_pool(std::size_t slot);

  // Frames that wait for an upstream.
  [[nodiscard]] std::uint64_t stranded_frames() const;

 private:
  // Gives each client its new upstream, then `batches` to those, then lets reading go on.
  void move(Pool& pool, const std::vector<Client*>& clients, std::vector<link::LostBatch> batches);
  void write_again(Pool& pool, const std::vector<link::LostBatch>& batches);

  WorkerState& state_;
  UpPath& up_;
};

}  // namespace waymark::proxy
