#include "proxy/proxy.h"

#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "base/status.h"
#include "identity/random_mark.h"
#include "proxy/machine.h"

namespace waymark::proxy {
namespace {

session::Ms as_ms(Millis duration) { return static_cast<session::Ms>(duration.count()); }

ListenerContext context_of(const Settings& settings, const ListenerSettings& listener) {
  ListenerContext context;
  context.settings = &listener;
  const auto pool =
      std::find_if(settings.pools.begin(), settings.pools.end(),
                   [&](const PoolSettings& candidate) { return candidate.name == listener.pool; });
  context.pool = static_cast<std::size_t>(pool - settings.pools.begin());
  context.deadlines = {
      .frame_timeout = as_ms(listener.frame_timeout),
      .idle_timeout = as_ms(listener.idle_timeout),
      .half_close_timeout = as_ms(listener.half_close_timeout),
      .no_upstream_timeout = as_ms(pool->no_upstream_timeout),
      .down_soft_timeout = as_ms(listener.down_soft_timeout),
  };
  return context;
}

net::SocketOptions socket_options(const ListenerSettings& listener) {
  return {
      .send_buffer = listener.send_buffer,
      .user_timeout_ms = static_cast<unsigned>(listener.tcp_user_timeout.count()),
      .keepalive_idle_s = static_cast<int>(listener.keepalive.idle.count()),
      .keepalive_interval_s = static_cast<int>(listener.keepalive.interval.count()),
      .keepalive_count = listener.keepalive.count,
  };
}

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

void merge(SurveyAnswer& sum, SurveyAnswer part) {
  sum.matched += part.matched;
  sum.done += part.done;
  sum.failed += part.failed;
  sum.skipped += part.skipped;
  sum.more |= part.more;
  std::move(part.connections.begin(), part.connections.end(), std::back_inserter(sum.connections));
}

}  // namespace

Proxy::Proxy(Settings settings, Observer& observer, std::size_t worker_count)
    : shared_(std::move(settings), worker_count, observer),
      max_connections_(shared_.settings.limits.max_connections != 0
                           ? shared_.settings.limits.max_connections
                           : default_max_connections()),
      tickets_(shared_.settings.pools.size()) {
  shared_.boot_id.resize(16);
  identity::fill_random(shared_.boot_id.data(), shared_.boot_id.size());
  shared_.post = [this](std::size_t worker, Mail mail) { workers_[worker]->post(std::move(mail)); };
}

std::size_t worker_count(const Settings& settings) {
  return settings.workers > 0 ? static_cast<std::size_t>(settings.workers) : default_workers();
}

absl::StatusOr<std::unique_ptr<Proxy>> Proxy::start(Settings settings, Observer& observer,
                                                    net::Loop& loop,
                                                    std::function<void()> on_ended) {
  const std::size_t workers = worker_count(settings);
  std::unique_ptr<Proxy> proxy(new Proxy(std::move(settings), observer, workers));
  if (absl::Status opened = proxy->open_listeners(loop); !opened.ok()) {
    for (auto& listener : proxy->listeners_) listener->close();
    return opened;
  }
  proxy->running_ = workers;
  proxy->shared_.worker_ended = [self = proxy.get(), on_ended = std::move(on_ended)] {
    if (self->running_.fetch_sub(1) == 1) on_ended();
  };
  for (std::size_t i = 0; i < workers; ++i) {
    proxy->workers_.push_back(std::make_unique<Worker>(proxy->shared_, proxy->contexts_, i));
  }
  for (auto& worker : proxy->workers_) worker->start();
  return proxy;
}

Proxy::~Proxy() = default;

absl::Status Proxy::open_listeners(net::Loop& loop) {
  const Settings& settings = shared_.settings;
  for (const ListenerSettings& listener : settings.listeners) {
    auto address = net::Address::from_numeric(listener.host, listener.port);
    if (!address.ok()) return address.status();
    const std::size_t index = contexts_.size();
    contexts_.push_back(context_of(settings, listener));
    contexts_.back().index = index;
    auto opened = net::Listener::open(
        loop,
        {.address = *address,
         .backlog = listener.backlog,
         .accepts_per_turn = settings.limits.accepts_per_turn,
         .socket = socket_options(listener)},
        [this, index](net::Accepted accepted) { hand_out(index, std::move(accepted)); },
        [this] { return connections() < max_connections_; });
    if (!opened.ok()) {
      return error(opened.status().code(), "listener '{}': {}", listener.name,
                   message_of(opened.status()));
    }
    contexts_.back().local = (*opened)->address().to_string();
    listeners_.push_back(*std::move(opened));
  }
  return absl::OkStatus();
}

std::size_t Proxy::connections() const {
  std::size_t sum = 0;
  for (const auto& count : shared_.connections) sum += count.load(std::memory_order_relaxed);
  return sum;
}

// To the worker with the fewest connections.
void Proxy::hand_out(std::size_t listener, net::Accepted accepted) {
  std::size_t least = 0;
  for (std::size_t i = 1; i < shared_.connections.size(); ++i) {
    if (shared_.connections[i].load(std::memory_order_relaxed) <
        shared_.connections[least].load(std::memory_order_relaxed)) {
      least = i;
    }
  }
  shared_.connections[least].fetch_add(1, std::memory_order_relaxed);
  workers_[least]->post(NewClient{.fd = accepted.fd,
                                  .listener = listener,
                                  .ticket = tickets_[contexts_[listener].pool]++,
                                  .peer = accepted.peer});
}

void Proxy::drain(Millis within) {
  for (auto& listener : listeners_) listener->close();
  for (auto& worker : workers_) {
    worker->post(DrainRequest{.within = within, .quiet = shared_.settings.drain.quiet});
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
            [](const auto& a, const auto& b) { return a.mark < b.mark; });
  if (sum.connections.size() > order.limit) {
    sum.connections.resize(order.limit);
    sum.more = true;
  }
  return sum;
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
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    const net::Listener::Counters& counters = listeners_[i]->counters();
    all.listeners.push_back({.name = contexts_[i].settings->name,
                             .address = contexts_[i].local,
                             .accepted = counters.accepted,
                             .paused_at_cap = counters.paused_at_cap,
                             .paused_without_fds = counters.paused_without_fds,
                             .failed = counters.failed});
  }
  all.memory_used = shared_.budget.used();
  all.memory_limit = shared_.budget.limit();
  all.max_connections = max_connections_;
  return all;
}

bool Proxy::every_pool_seen() const { return pool_not_seen().empty(); }

std::string Proxy::pool_not_seen() const {
  for (const ListenerContext& context : contexts_) {
    if (!shared_.pool_seen[context.pool].load(std::memory_order_relaxed)) {
      return context.settings->pool;
    }
  }
  return {};
}

std::vector<std::string> Proxy::listener_addresses() const {
  std::vector<std::string> addresses;
  for (const ListenerContext& context : contexts_) addresses.push_back(context.local);
  return addresses;
}

}  // namespace waymark::proxy
