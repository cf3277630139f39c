// The links of one worker, by pool, and the clients that wait for them.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/buckets.h"
#include "link/link.h"
#include "proxy/counters.h"
#include "proxy/layout.h"
#include "proxy/upstream_order.h"
#include "proxy/work.h"
#include "route/picker.h"
#include "session/awaited_replies.h"
#include "waymark/mark.h"

namespace waymark::proxy {

// A client on its way to another upstream.
struct Moving {
  Mark mark;
  std::uint32_t batch = 0;       // holds the last event its upstream got
  std::uint64_t give_in_ms = 0;  // moves then, settled or not
};

// One upstream as a worker sees it.
struct Upstream {
  std::size_t pool = 0;
  std::uint64_t incarnation = 0;  // no two of a worker alike, while indices come again
  UpstreamSettings settings;
  Role role = Role::serve;
  std::uint32_t weight = 1;
  bool remove = false;       // to be forgotten once its link has stopped
  bool vacant = false;       // forgotten: the index is free
  bool asked_drain = false;  // by itself, on the link it has now
  std::uint32_t stream = 0;  // of the link it has now, no two of a worker alike; 0: it is not ready
  std::unique_ptr<link::Link> link;
  std::size_t clients = 0;          // it serves
  session::AwaitedReplies replies;  // with a reply_timeout, if it does not ack
  TimeBuckets answers;              // of frames that were watched (session/answer_watch.h)
  UpstreamCounts counts;
  std::deque<Mark> waiting;  // paused clients, first come first served; some may have ended
  // Clients, with what found no room on the link; some may have no such thing any more. Made anew
  // ten times a second.
  std::deque<Mark> backlogged;
  std::deque<Moving> moving;      // clients that leave it; some may have ended
  std::uint64_t leave_by_ms = 0;  // with Role::rest: its link ends then

  // Its link is ready, and still the one that had this number.
  [[nodiscard]] bool has_stream(std::uint32_t number) const {
    return number != 0 && stream == number;
  }
  // May get connections, if its link is ready.
  [[nodiscard]] bool takes_connections() const { return role == Role::serve && !asked_drain; }
};

// The end of a client that had been served before and then had no upstream to be told to.
struct HeldEnd {
  Mark mark;
  std::string closed;  // the body of its Closed event
};

struct Pool {
  std::shared_ptr<const PoolSettings> settings;
  route::Picker ready{route::Balance::round_robin};
  std::uint64_t next_move = 0;            // ticket of the next connection that has to move
  std::vector<link::LostBatch> stranded;  // events that had no ready upstream to go to
  std::vector<HeldEnd> held_ends;         // clients that ended meanwhile
  session::AwaitedReplies unanswered;     // by upstreams that are lost
  std::unique_ptr<Work> work;             // null: connections are pinned to upstreams

  [[nodiscard]] bool awaits_replies() const { return settings->reply_timeout.count() > 0; }
};

class Fleet {
 public:
  // Whose links they are; outlives the fleet.
  struct Process {
    const std::string& proxy_id;
    const std::string& boot_id;
    std::uint32_t worker = 0;
  };
  Fleet(const Process& process, link::CompletionThread& thread, ChunkPool& chunks,
        link::LinkEvents& owner);

  // The pools are these from now on, and the links behave as they say.
  void set_layout(LayoutPtr layout);

  [[nodiscard]] std::vector<Upstream>& upstreams() { return upstreams_; }
  [[nodiscard]] const std::vector<Upstream>& upstreams() const { return upstreams_; }
  [[nodiscard]] std::vector<Pool>& pools() { return pools_; }
  [[nodiscard]] Pool& pool_of(const Upstream& upstream) { return pools_[upstream.pool]; }

  [[nodiscard]] std::uint32_t index_of(const link::Link& link) const;

  // The upstream of this order, made if its index is not in use. Its link has not been started.
  [[nodiscard]] Upstream& add(const UpstreamOrder& order);
  // Gives it a new link, not started yet; the one it has must have stopped.
  void renew_link(Upstream& upstream);
  // It is no more, and its index is free; its link must have stopped.
  void forget(Upstream& upstream);

  // What upstreams that are no more have counted.
  [[nodiscard]] const UpstreamCounts& forgotten_counts() const { return forgotten_counts_; }
  [[nodiscard]] const TimeBuckets& forgotten_answers() const { return forgotten_answers_; }
  // What the links that are no more have counted, and the frames they could not write.
  [[nodiscard]] const link::LinkCounters& dropped_links() const { return dropped_links_; }
  [[nodiscard]] std::uint64_t frames_dropped() const { return frames_dropped_; }

  void stop(std::uint64_t now_ms);
  void tick(std::uint64_t now_ms);
  void on_completion(link::Completion& completion);
  // True: some link wants a pass that does not block (Link::end_pass).
  [[nodiscard]] bool end_pass();

  [[nodiscard]] bool quiet() const;    // no link has anything outstanding
  [[nodiscard]] bool unacked() const;  // something is to be acked
  [[nodiscard]] bool all_ack() const;  // every upstream that serves clients acks
  [[nodiscard]] bool stopped() const;  // every link has

 private:
  [[nodiscard]] std::uint32_t index_in(const Upstream& upstream) const {
    return static_cast<std::uint32_t>(&upstream - upstreams_.data());
  }
  [[nodiscard]] link::LinkOptions options_of(const Upstream& upstream) const;
  void drop_link(Upstream& upstream);

  const Process process_;
  LayoutPtr layout_;
  link::CompletionThread& thread_;
  ChunkPool& chunks_;
  link::LinkEvents& owner_;
  std::vector<Pool> pools_;
  std::vector<Upstream> upstreams_;
  UpstreamCounts forgotten_counts_;
  TimeBuckets forgotten_answers_;
  link::LinkCounters dropped_links_;
  std::uint64_t frames_dropped_ = 0;
  std::uint64_t last_incarnation_ = 0;
};

}  // namespace waymark::proxy
