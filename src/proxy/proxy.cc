#include "proxy/proxy.h"

#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "absl/hash/hash.h"
#include "base/status.h"
#include "identity/random_mark.h"
#include "net/socket_options.h"
#include "proxy/machine.h"

namespace waymark::proxy {
namespace {

constexpr std::chrono::milliseconds kLookForEnd{50};

// Collects the workers' answers; outlives a request that gave up waiting.
template <typename Answer>
class Collection {
 public:
  void add(Answer answer) {
    std::lock_guard lock(mutex_);
    answers_.push_back(std::move(answer));
    arrived_.notify_one();
  }
  // Those that are there when all `expected` are, when the time is over, or when `ending` says that
  // some may never come.
  template <typename Ending>
  std::vector<Answer> wait(std::size_t expected, std::chrono::milliseconds timeout,
                           Ending&& ending) {
    const auto until = std::chrono::steady_clock::now() + timeout;
    const auto all_in = [&] { return answers_.size() == expected; };
    std::unique_lock lock(mutex_);
    while (!arrived_.wait_for(lock, kLookForEnd, all_in)) {
      if (ending() || std::chrono::steady_clock::now() >= until) break;
    }
    return std::move(answers_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Answer> answers_;  // guarded by mutex_
};

ListPlace place_of(const ConnectionSnapshot& connection) {
  return {.rank = connection.rank, .mark = connection.mark};
}

void merge(SurveyAnswer& sum, SurveyAnswer part) {
  sum.matched += part.matched;
  sum.done += part.done;
  sum.failed += part.failed;
  sum.skipped += part.skipped;
  if (part.more_after && (!sum.more_after || *part.more_after < *sum.more_after)) {
    sum.more_after = part.more_after;
  }
  std::move(part.connections.begin(), part.connections.end(), std::back_inserter(sum.connections));
}

}  // namespace

Proxy::Proxy(const Settings& settings, Observer& observer, net::Loop& loop,
             std::size_t worker_count)
    : loop_(loop),
      shared_(settings, worker_count, observer),
      porch_(loop, [this](Arrival arrival) { hand_out(std::move(arrival)); }),
      doors_(
          loop,
          [this](std::size_t slot, net::Accepted accepted) {
            porch_.take(layout_->listeners[slot], std::move(accepted));
          },
          [this] { return connections() + porch_.waiting() < max_connections_; }),
      layout_(std::make_shared<const Layout>()) {
  shared_.boot_id.resize(16);
  identity::fill_random(shared_.boot_id.data(), shared_.boot_id.size());
  shared_.roster.set_post([this](std::size_t worker, UpstreamNotice notice) {
    shared_.post(worker, std::move(notice));
  });
  shared_.post = [this](std::size_t worker, Mail mail) { workers_[worker]->post(std::move(mail)); };
}

std::size_t worker_count(const Settings& settings) {
  return settings.workers > 0 ? static_cast<std::size_t>(settings.workers) : default_workers();
}

absl::StatusOr<std::unique_ptr<Proxy>> Proxy::start(const Settings& settings, Observer& observer,
                                                    net::Loop& loop,
                                                    std::function<void()> on_ended) {
  const std::size_t workers = worker_count(settings);
  std::unique_ptr<Proxy> proxy(new Proxy(settings, observer, loop, workers));
  if (absl::Status opened = proxy->serve(settings); !opened.ok()) return opened;
  proxy->pools_at_start_ = proxy->layout_->pools.size();
  proxy->running_ = workers;
  proxy->shared_.worker_ended = [self = proxy.get(), on_ended = std::move(on_ended)] {
    if (self->running_.fetch_sub(1) == 1) on_ended();
  };
  for (std::size_t i = 0; i < workers; ++i) {
    proxy->workers_.push_back(std::make_unique<Worker>(proxy->shared_, proxy->layout_, i));
  }
  for (auto& worker : proxy->workers_) worker->start();
  return proxy;
}

Proxy::~Proxy() = default;

absl::Status Proxy::serve(const Settings& settings) {
  auto next = next_layout(*layout_, settings, framings_);
  if (!next.ok()) return next.status();
  std::lock_guard lock(mutex_);
  if (absl::Status opened = doors_.prepare(*next, settings.limits.accepts_per_turn); !opened.ok()) {
    return opened;
  }
  layout_ = std::make_shared<const Layout>(*std::move(next));
  tickets_.resize(layout_->pools.size());
  max_connections_ = settings.limits.max_connections != 0 ? settings.limits.max_connections
                                                          : default_max_connections();
  shared_.budget.set_limit(settings.limits.max_memory);
  shared_.presence.set_limits(settings.limits);
  shared_.claims.set_remembered(settings.limits.max_remembered_marks);
  shared_.max_tls_handshakes = settings.limits.max_tls_handshakes;
  shared_.gate.set_rules(*layout_);
  drain_ = settings.drain;
  shared_.quiet_ms = static_cast<std::uint64_t>(settings.drain.quiet.count());
  for (auto& worker : workers_) worker->post(LayoutChange{layout_});
  doors_.commit();
  porch_.close_those_of_closed(*layout_);
  return absl::OkStatus();
}

std::chrono::milliseconds Proxy::longest_silence() const {
  const auto now = std::chrono::steady_clock::now();
  auto longest = std::chrono::steady_clock::duration::zero();
  for (const Heartbeat& heart : shared_.heartbeats) longest = std::max(longest, heart.silence(now));
  return std::chrono::duration_cast<std::chrono::milliseconds>(longest);
}

LayoutPtr Proxy::layout() const {
  std::lock_guard lock(mutex_);
  return layout_;
}

std::size_t Proxy::connections() const {
  std::size_t sum = 0;
  for (const auto& count : shared_.connections) sum += count.load(std::memory_order_relaxed);
  return sum;
}

bool Proxy::admit(Arrival& arrival) {
  const Gate::Answer answer = shared_.gate.admit(arrival.listener, arrival.peer, loop_.now_ms());
  arrival.counted = answer.verdict == Admission::Verdict::counted;
  if (arrival.counted || answer.verdict == Admission::Verdict::uncounted) return true;
  net::close_with_reset(arrival.fd);
  if (answer.to_tell == 0) return false;
  const std::string source = arrival.peer.to_string();
  shared_.observer.connections_refused({
      .listener = layout_->listeners[arrival.listener].settings->name,
      .reason = Admission::limit_of(answer.verdict),
      .source = source,
      .count = answer.to_tell,
  });
  return false;
}

// To the worker with the fewest connections.
void Proxy::hand_out(Arrival arrival) {
  if (!admit(arrival)) return;
  std::size_t least = 0;
  for (std::size_t i = 1; i < shared_.connections.size(); ++i) {
    if (shared_.connections[i].load(std::memory_order_relaxed) <
        shared_.connections[least].load(std::memory_order_relaxed)) {
      least = i;
    }
  }
  const std::size_t pool = layout_->listeners[arrival.listener].pool;
  shared_.connections[least].fetch_add(1, std::memory_order_relaxed);
  shared_.pool_connections[pool].fetch_add(1, std::memory_order_relaxed);
  workers_[least]->post(NewClient{std::move(arrival), tickets_[pool]++});
}

void Proxy::drain(Millis within) {
  doors_.close();
  porch_.close();
  for (auto& worker : workers_) {
    worker->post(DrainRequest{.within = within, .quiet = drain_.quiet, .spread = drain_.spread});
  }
}

void Proxy::order(const UpstreamOrder& order) {
  for (auto& worker : workers_) worker->post(order);
}

absl::StatusOr<SurveyAnswer> Proxy::survey(const SurveyOrder& order,
                                           std::chrono::milliseconds timeout) {
  auto collection = std::make_shared<Collection<SurveyAnswer>>();
  for (auto& worker : workers_) {
    worker->post(SurveyStep{std::make_shared<Survey>(
        order, [collection](SurveyAnswer answer) { collection->add(std::move(answer)); })});
  }
  std::vector<SurveyAnswer> answers =
      collection->wait(workers_.size(), timeout, [this] { return running_ < workers_.size(); });
  if (answers.size() < workers_.size()) {
    return error(absl::StatusCode::kUnavailable, "{} of {} workers did not answer within {} ms",
                 workers_.size() - answers.size(), workers_.size(), timeout.count());
  }
  SurveyAnswer sum;
  for (SurveyAnswer& answer : answers) merge(sum, std::move(answer));
  std::sort(sum.connections.begin(), sum.connections.end(),
            [](const auto& a, const auto& b) { return place_of(a) < place_of(b); });
  // What a worker did not list may lie between those of another.
  std::erase_if(sum.connections, [&](const ConnectionSnapshot& connection) {
    return sum.more_after && *sum.more_after < place_of(connection);
  });
  if (sum.connections.size() > order.limit) {
    sum.connections.resize(order.limit);
    sum.more_after = place_of(sum.connections.back());
  }
  return sum;
}

absl::StatusOr<ReplayResult> Proxy::replay(DeadLetter letter, std::chrono::milliseconds timeout) {
  auto collection = std::make_shared<Collection<ReplayResult>>();
  // The same for all frames of one client, so that they stay in order.
  const std::size_t first = absl::Hash<Mark>()(letter.mark) % workers_.size();
  workers_[first]->post(ReplayStep{std::make_shared<Replay>(
      std::move(letter), workers_.size(),
      [collection](ReplayResult result) { collection->add(std::move(result)); })});
  std::vector<ReplayResult> results =
      collection->wait(1, timeout, [this] { return running_ < workers_.size(); });
  if (!results.empty()) return std::move(results.front());
  return error(absl::StatusCode::kUnavailable, "the workers did not answer within {} ms",
               timeout.count());
}

ProxySnapshot Proxy::snapshot(std::chrono::milliseconds timeout) {
  ProxySnapshot all;
  all.worker_count = workers_.size();
  auto collection = std::make_shared<Collection<WorkerSnapshot>>();
  for (auto& worker : workers_) {
    worker->post(SnapshotRequest{
        [collection](WorkerSnapshot answer) { collection->add(std::move(answer)); }});
  }
  all.workers =
      collection->wait(workers_.size(), timeout, [this] { return running_ < workers_.size(); });
  std::sort(all.workers.begin(), all.workers.end(),
            [](const auto& a, const auto& b) { return a.worker < b.worker; });
  {
    std::lock_guard lock(mutex_);
    all.listeners = doors_.snapshot(*layout_);
    for (const ListenerContext& listener : layout_->listeners) {
      all.listeners[listener.index].gate = shared_.gate.counts(listener.index);
    }
  }
  all.presence = shared_.presence.counts();
  all.marks = shared_.claims.counts();
  all.tls_handshakes = shared_.tls_handshakes;
  all.memory_used = shared_.budget.used();
  all.memory_limit = shared_.budget.limit();
  all.max_connections = max_connections_;
  all.waiting_for_header = porch_.waiting();
  all.proxy_headers = porch_.counts();
  return all;
}

std::string Proxy::pool_not_seen() const {
  const LayoutPtr layout = this->layout();
  for (const ListenerContext& listener : layout->listeners) {
    if (!listener.open || listener.pool >= pools_at_start_) continue;
    if (!shared_.pool_seen[listener.pool].load(std::memory_order_relaxed)) {
      return layout->pools[listener.pool].settings->name;
    }
  }
  return {};
}

bool Proxy::pool_empty(std::size_t slot) const {
  return shared_.pool_connections[slot].load(std::memory_order_relaxed) == 0;
}

}  // namespace waymark::proxy
