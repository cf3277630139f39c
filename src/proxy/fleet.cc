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

std::size_t largest_frame(const Settings& settings, const std::string& pool) {
  std::size_t largest = 0;
  for (const ListenerSettings& listener : settings.listeners) {
    if (listener.pool == pool) largest = std::max(largest, listener.framing.max_frame_bytes);
  }
  return largest;
}

}  // namespace

Fleet::Fleet(const Settings& settings, std::uint32_t worker, const std::string& boot_id,
             link::CompletionThread& thread, ChunkPool& chunks, link::LinkEvents& owner)
    : settings_(settings),
      worker_(worker),
      boot_id_(boot_id),
      thread_(thread),
      chunks_(chunks),
      owner_(owner) {
  for (const PoolSettings& pool : settings.pools) {
    pools_.push_back({.settings = &pool, .ready = route::Picker(pool.balance)});
  }
}

Upstream& Fleet::add(const UpstreamOrder& order) {
  while (upstreams_.size() <= order.index) {
    upstreams_.emplace_back().vacant = true;
  }
  Upstream& upstream = upstreams_[order.index];
  if (!upstream.vacant) return upstream;
  upstream = Upstream();
  upstream.pool = order.pool;
  upstream.settings = order.settings;
  renew_link(upstream);
  return upstream;
}

void Fleet::renew_link(Upstream& upstream) {
  const PoolSettings& pool = *pools_[upstream.pool].settings;
  link::LinkOptions options{
      .address = upstream.settings.address,
      .pool = pool.name,
      .protocol = wanted(upstream.settings.protocol),
      .proxy_id = settings_.proxy_id,
      .boot_id = boot_id_,
      .worker = worker_,
      .max_frame = largest_frame(settings_, pool.name),
      .window_bytes = pool.window_bytes,
      .window_events = pool.window_events,
      .connect_timeout = pool.connect_timeout,
      .welcome_timeout = pool.welcome_timeout,
      .progress_timeout = pool.progress_timeout,
      .ping_interval = pool.ping_interval,
      .metadata = upstream.settings.metadata,
      .tag = static_cast<std::uint32_t>(&upstream - upstreams_.data()),
  };
  drop_link(upstream);
  upstream.asked_drain = false;
  upstream.link = std::make_unique<link::Link>(std::move(options), thread_, chunks_, owner_);
}

void Fleet::drop_link(Upstream& upstream) {
  if (!upstream.link) return;
  upstream.link->settle();
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

bool Fleet::stopped() const {
  return std::all_of(upstreams_.begin(), upstreams_.end(), [](const Upstream& upstream) {
    return !upstream.link || upstream.link->stopped();
  });
}

}  // namespace waymark::proxy
