// The links of one worker, by pool, and the clients that wait for them.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "link/link.h"
#include "proxy/settings.h"
#include "route/picker.h"
#include "waymark/mark.h"

namespace waymark::proxy {

// One upstream as a worker sees it.
struct Upstream {
  std::size_t pool = 0;
  const UpstreamSettings* settings = nullptr;
  std::unique_ptr<link::Link> link;
  std::deque<Mark> waiting;  // paused clients, first come first served; some may have ended since
};

// The end of a client that had been served before and then had no upstream to be told to.
struct HeldEnd {
  Mark mark;
  std::string closed;  // the body of its Closed event
};

struct Pool {
  const PoolSettings* settings = nullptr;
  route::Picker ready;
  std::uint64_t next_move = 0;            // ticket of the next connection that has to move
  std::vector<link::LostBatch> stranded;  // events that had no ready upstream to go to
  std::vector<HeldEnd> held_ends;         // clients that ended meanwhile
};

class Fleet {
 public:
  Fleet(const Settings& settings, std::uint32_t worker, const std::string& boot_id,
        link::CompletionThread& thread, ChunkPool& chunks, link::LinkEvents& owner);

  [[nodiscard]] std::vector<Upstream>& upstreams() { return upstreams_; }
  [[nodiscard]] const std::vector<Upstream>& upstreams() const { return upstreams_; }
  [[nodiscard]] std::vector<Pool>& pools() { return pools_; }
  [[nodiscard]] Pool& pool_of(const Upstream& upstream) { return pools_[upstream.pool]; }

  [[nodiscard]] std::uint32_t index_of(const link::Link& link) const;

  void start(std::uint64_t now_ms);
  void stop(std::uint64_t now_ms);
  void tick(std::uint64_t now_ms);
  void on_completion(link::Completion& completion);
  // True: some link wants a pass that does not block (Link::end_pass).
  [[nodiscard]] bool end_pass();

  [[nodiscard]] bool quiet() const;    // no link has anything outstanding
  [[nodiscard]] bool stopped() const;  // every link has

 private:
  std::vector<Pool> pools_;
  std::vector<Upstream> upstreams_;
};

}  // namespace waymark::proxy
