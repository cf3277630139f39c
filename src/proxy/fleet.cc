#include "proxy/fleet.h"

#include <algorithm>

namespace waymark::proxy {
namespace {

link::LinkOptions::Wanted wanted(Protocol protocol) {
  switch (protocol) {
    case Protocol::automatic:
      return link::LinkOptions::Wanted::automatic;
    case Protocol::link:
      return link::LinkOptions::Wanted::link;
    case Protocol::legacy:
      return link::LinkOptions::Wanted::legacy;
  }
  return link::LinkOptions::Wanted::automatic;
}

}  // namespace

Fleet::Fleet(const Process& process, link::CompletionThread& thread, ChunkPool& chunks,
             link::LinkEvents& owner)
    : process_(process), thread_(thread), chunks_(chunks), owner_(owner) {}

void Fleet::set_layout(LayoutPtr layout) {
  layout_ = std::move(layout);
  pools_.resize(layout_->pools.size());
  for (std::size_t slot = 0; slot < pools_.size(); ++slot) {
    Pool& pool = pools_[slot];
    pool.settings = layout_->pools[slot].settings;
    pool.ready.set_balance(pool.settings->balance);
    const Dispatch dispatch = pool.settings->dispatch;
    // It stays what it was: a reload that changes it is refused.
    if (!pool.work && dispatch != Dispatch::connection) {
      pool.work = std::make_unique<Work>(dispatch);
    }
    if (!pool.awaits_replies()) pool.unanswered = {};
  }
  for (Upstream& upstream : upstreams_) {
    // Until now somebody may have waited for these.
    if (!pool_of(upstream).awaits_replies()) upstream.replies = {};
    if (upstream.link) upstream.link->retune(options_of(upstream));
  }
}

Upstream& Fleet::add(const UpstreamOrder& order) {
  while (upstreams_.size() <= order.index) {
    upstreams_.emplace_back().vacant = true;
  }
  Upstream& upstream = upstreams_[order.index];
  if (!upstream.vacant) return upstream;
  upstream = Upstream();
  upstream.incarnation = ++last_incarnation_;
  upstream.pool = order.pool;
  upstream.settings = order.settings;
  renew_link(upstream);
  return upstream;
}

link::LinkOptions Fleet::options_of(const Upstream& upstream) const {
  const PoolSettings& pool = *pools_[upstream.pool].settings;
  return {
      .address = upstream.settings.address,
      .pool = pool.name,
      .protocol = wanted(upstream.settings.protocol),
      .proxy_id = process_.proxy_id,
      .boot_id = process_.boot_id,
      .worker = process_.worker,
      .max_frame = layout_->largest_frame(upstream.pool),
      .window_bytes = pool.window_bytes,
      .window_events = pool.window_events,
      .connect_timeout = pool.connect_timeout,
      .welcome_timeout = pool.welcome_timeout,
      .progress_timeout = pool.progress_timeout,
      .ping_interval = pool.ping_interval,
      .metadata = upstream.settings.metadata,
      .tls = layout_->pools[upstream.pool].tls,
      .tag = index_in(upstream),
  };
}

void Fleet::renew_link(Upstream& upstream) {
  drop_link(upstream);
  upstream.asked_drain = false;
  upstream.link = std::make_unique<link::Link>(options_of(upstream), thread_, chunks_, owner_);
}

void Fleet::forget(Upstream& upstream) {
  drop_link(upstream);
  forgotten_counts_.add(upstream.counts);
  forgotten_answers_.add(upstream.answers);
  upstream.vacant = true;
}

void Fleet::drop_link(Upstream& upstream) {
  if (!upstream.link) return;
  upstream.link->settle();
  upstream.counts.former_frames += upstream.link->counters().frames_sent;
  dropped_links_.add(upstream.link->counters());
  frames_dropped_ += upstream.link->outstanding_frames();
  upstream.link.reset();
}

std::uint32_t Fleet::index_of(const link::Link& link) const { return link.tag(); }

void Fleet::stop(std::uint64_t now_ms) {
  for (Upstream& upstream : upstreams_) {
    if (upstream.link) upstream.link->stop(now_ms);
  }
}

void Fleet::tick(std::uint64_t now_ms) {
  for (Upstream& upstream : upstreams_) {
    if (upstream.link) upstream.link->tick(now_ms);
  }
}

void Fleet::on_completion(link::Completion& completion) {
  for (Upstream& upstream : upstreams_) {
    if (upstream.link && upstream.link->owns(completion)) {
      return upstream.link->on_completion(completion);
    }
  }
}

bool Fleet::end_pass() {
  bool again = false;
  for (Upstream& upstream : upstreams_) {
    if (upstream.link) again |= upstream.link->end_pass();
  }
  return again;
}

bool Fleet::quiet() const {
  return std::all_of(upstreams_.begin(), upstreams_.end(), [](const Upstream& upstream) {
    return !upstream.link || upstream.link->quiet();
  });
}

bool Fleet::unacked() const {
  return std::any_of(upstreams_.begin(), upstreams_.end(), [](const Upstream& upstream) {
    return upstream.link && !upstream.link->ledger().empty();
  });
}

bool Fleet::all_ack() const {
  return std::all_of(upstreams_.begin(), upstreams_.end(), [this](const Upstream& upstream) {
    const auto& work = pools_[upstream.pool].work;
    const std::size_t known =
        upstream.clients + (work ? work->seats.count_at(index_in(upstream)) : 0);
    return known == 0 || (upstream.link && upstream.link->acks());
  });
}

bool Fleet::stopped() const {
  return std::all_of(upstreams_.begin(), upstreams_.end(), [](const Upstream& upstream) {
    return !upstream.link || upstream.link->stopped();
  });
}

}  // namespace waymark::proxy
