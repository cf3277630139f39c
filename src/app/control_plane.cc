#include "app/control_plane.h"

#include <algorithm>
#include <utility>

#include "app/promise.h"
#include "app/upstream_rules.h"
#include "base/field_error.h"
#include "base/status.h"
#include "identity/random_mark.h"

namespace waymark::app {
namespace {

constexpr std::chrono::milliseconds kTick{100};
constexpr std::chrono::seconds kAnswerTimeout{5};

control::ProbeResult result_of(const link::ProbeNews& news) {
  using Kind = control::ProbeResult::Kind;
  switch (news.kind) {
    case link::ProbeNews::Kind::passing:
      return {Kind::passing, news.text};
    case link::ProbeNews::Kind::not_serving:
      return {Kind::not_serving, news.text};
    case link::ProbeNews::Kind::failed:
      return {Kind::failed, news.text};
    case link::ProbeNews::Kind::unsupported:
      return {Kind::unsupported, news.text};
  }
  return {Kind::failed, news.text};
}

control::Control::Options options_of(const Config& config, std::size_t workers) {
  control::Control::Options options;
  options.pools = pool_rules_of(config);
  options.workers = workers;
  options.max_upstreams = config.proxy.limits.max_upstreams;
  options.random = [] {
    std::uint32_t bits = 0;
    identity::fill_random(&bits, sizeof(bits));
    return bits;
  };
  return options;
}

}  // namespace

ControlPlane::ControlPlane(RunningConfig& running, std::size_t workers, net::Loop& loop, Log& log,
                           store::Store& store, UpstreamListener listener)
    : running_(running),
      config_(running.get()),
      loop_(loop),
      log_(log),
      store_(store),
      listener_(std::move(listener)),
      control_(options_of(*config_, workers), *this),
      inbox_(loop, [](std::function<void()>&& task) { task(); }),
      timer_(loop, [this] { on_tick(); }),
      prober_(loop,
              [this](std::uint32_t upstream, const link::ProbeNews& news) {
                control_.probed(upstream, result_of(news));
              }),
      names_(
          loop, watched_names_of(*config_),
          [this](const NameWatch::Name& name, const std::vector<std::string>& addresses) {
            on_resolved(name, addresses);
          },
          [this](const NameWatch::Name& name, const absl::Status& why) {
            log_.write(LogLevel::warn, "name_not_resolved",
                       {{"name", name.spec.address}, {"why", message_of(why)}});
          }) {}

ControlPlane::~ControlPlane() = default;

void ControlPlane::begin(proxy::Proxy& proxy, const store::StoredState& remembered) {
  proxy_ = &proxy;
  const std::vector<std::string> passed_over =
      control_.begin(fixed_upstreams_of(*config_), remembered, loop_.now_ms());
  for (const std::string& line : passed_over) {
    log_.write(LogLevel::warn, "upstream_not_restored", {{"why", line}});
  }
  timer_.start(kTick);
}

void ControlPlane::on_tick() {
  if (!ending_) {
    control_.tick(loop_.now_ms());
    names_.tick();
    look_for_bare_pools();
  }
  prober_.tick();
}

void ControlPlane::look_for_bare_pools() {
  std::string bare;
  for (const proxy::ListenerSettings& listener : config_->proxy.listeners) {
    const bool any =
        std::any_of(control_.all().begin(), control_.all().end(), [&](const auto& upstream) {
          return upstream->spec.pool == listener.pool &&
                 std::find(upstream->ready.begin(), upstream->ready.end(), true) !=
                     upstream->ready.end();
        });
    if (!any) bare = listener.pool;
  }
  std::lock_guard lock(mutex_);
  pool_without_ = std::move(bare);
}

std::string ControlPlane::pool_without_upstreams() const {
  std::lock_guard lock(mutex_);
  return pool_without_;
}

void ControlPlane::on_resolved(const NameWatch::Name& name,
                               const std::vector<std::string>& addresses) {
  if (addresses.size() == 1 && !warned_single_) {
    warned_single_ = true;
    log_.write(LogLevel::warn, "name_with_one_address",
               {{"name", name.spec.address},
                {"address", addresses.front()},
                {"note",
                 "if this is a virtual address, its upstreams are seen as one: use a name "
                 "that resolves to each, such as that of a headless service"}});
  }
  control_.set_resolved(name.spec, addresses);
}

void ControlPlane::end() {
  ending_ = true;
  names_.close();
  prober_.stop();
}

void ControlPlane::close() {
  timer_.close();
  prober_.close();
  inbox_.close();
}

// --- what the control asks for ---

void ControlPlane::order(const control::Upstream& upstream, control::Role role,
                         std::uint32_t weight_parts, bool remove) {
  if (ending_) return;
  proxy_->order(order_of(*proxy_->layout(), upstream, role, weight_parts, remove));
}

void ControlPlane::probe(const control::Upstream& upstream, bool wanted) {
  if (ending_ || !wanted) return prober_.unwatch(upstream.index);
  auto options = probe_of(*config_, *proxy_->layout(), upstream.spec);
  if (options) prober_.watch(upstream.index, *std::move(options));
}

void ControlPlane::probe_at(const control::Upstream& upstream, std::uint64_t at_ms) {
  prober_.ask_at(upstream.index, at_ms);
}

void ControlPlane::write(store::Change change, std::function<void(absl::Status)> done) {
  store_.write(std::move(change), [this, done = std::move(done)](absl::Status status) {
    inbox_.post([done, status = std::move(status)] { done(status); });
  });
}

absl::Status ControlPlane::may_connect(const control::UpstreamSpec& spec) const {
  const std::string problem = connect_problem(*config_, spec);
  return problem.empty() ? absl::OkStatus() : field_error("address", "{}", problem);
}

bool ControlPlane::pool_empty(std::string_view pool) const {
  return proxy_->pool_empty(*proxy_->layout()->any_pool_slot(pool));
}

void ControlPlane::warn(std::string_view what) {
  log_.write(LogLevel::warn, "upstream_not_taken_in", {{"why", what}});
}

void ControlPlane::changed(const control::Upstream& upstream, std::string_view what) {
  const UpstreamView view = view_of(upstream, loop_.now_ms());
  log_.write(LogLevel::info, "upstream_" + std::string(what),
             {{"pool", view.resource.pool()},
              {"address", view.resource.address()},
              {"id", view.resource.id()},
              {"source", view.resource.source()},
              {"state", view.resource.state()},
              {"admin_state", view.resource.admin_state()},
              {"problem", view.resource.problem()}});
  listener_(view, what);
}

// --- what others ask ---

void ControlPlane::post(std::function<void(control::Control&)> task) {
  inbox_.post([this, task = std::move(task)] { task(control_); });
}

template <typename Answer>
absl::StatusOr<Answer> ControlPlane::ask(Question<Answer> question) {
  if (ending_) return error(absl::StatusCode::kUnavailable, "the proxy is shutting down");
  auto promise = std::make_shared<Promise<Answer>>(kAnswerTimeout);
  inbox_.post([this, promise, question = std::move(question)] {
    if (!promise->begin()) return;
    if (ending_) {
      return promise->keep(error(absl::StatusCode::kUnavailable, "the proxy is shutting down"));
    }
    question([promise](absl::StatusOr<Answer> answer) { promise->keep(std::move(answer)); });
  });
  return promise->wait();
}

control::Control::Done ControlPlane::answer_with(Reply reply) {
  return [this, reply = std::move(reply)](absl::StatusOr<const control::Upstream*> upstream) {
    if (!upstream.ok()) return reply(upstream.status());
    reply(view_of(**upstream, loop_.now_ms()));
  };
}

absl::StatusOr<std::vector<UpstreamView>> ControlPlane::upstreams() {
  return ask<std::vector<UpstreamView>>([this](auto reply) {
    std::vector<UpstreamView> views;
    for (const auto& upstream : control_.all()) views.push_back(view_of(*upstream, loop_.now_ms()));
    reply(std::move(views));
  });
}

absl::Status ControlPlane::take(ConfigPtr config) {
  return ask<bool>([this, config = std::move(config)](auto reply) {
           const absl::Status taken = take_here(config);
           reply(taken.ok() ? absl::StatusOr<bool>(true) : taken);
         })
      .status();
}

absl::Status ControlPlane::take_here(const ConfigPtr& config) {
  if (absl::Status may = check_added(*config); !may.ok()) return may;
  const proxy::LayoutPtr before = proxy_->layout();
  if (absl::Status served = proxy_->serve(config->proxy); !served.ok()) return served;
  log_.listeners(*proxy_->layout(), *before);
  log_.set_level(config->log.level);
  config_ = config;
  running_.set(config);
  control_.set_pools(pool_rules_of(*config));
  control_.set_max_upstreams(config->proxy.limits.max_upstreams);
  control_.set_file(fixed_upstreams_of(*config));
  names_.set(watched_names_of(*config));
  renew_probes(*before);
  return absl::OkStatus();
}

absl::Status ControlPlane::check_added(const Config& config) const {
  for (const auto& upstream : control_.all()) {
    const bool added =
        upstream->source == control::Source::api || upstream->source == control::Source::lease;
    if (!added || upstream->leaving) continue;
    const std::string problem = connect_problem(config, upstream->spec);
    if (problem.empty()) continue;
    return error(absl::StatusCode::kFailedPrecondition, "pools[{}]: upstream '{}' ({}): {}",
                 upstream->spec.pool, upstream->id, control::name_of(upstream->source), problem);
  }
  return absl::OkStatus();
}

// Probes of pools whose TLS is another now begin anew.
void ControlPlane::renew_probes(const proxy::Layout& before) {
  const proxy::LayoutPtr now = proxy_->layout();
  for (const auto& upstream : control_.all()) {
    if (!prober_.watches(upstream->index)) continue;
    if (tls_of(before, upstream->spec) != tls_of(*now, upstream->spec)) probe(*upstream, true);
  }
}

absl::StatusOr<UpstreamView> ControlPlane::upstream(const std::string& id) {
  return ask<UpstreamView>([this, id](Reply reply) { answer_with(reply)(control_.find(id)); });
}

absl::StatusOr<api::UpstreamHistory> ControlPlane::history(const std::string& id) {
  return ask<api::UpstreamHistory>([this, id](auto reply) {
    const auto found = control_.find(id);
    if (!found.ok()) return reply(found.status());
    reply(history_of(**found, loop_.now_ms()));
  });
}

absl::StatusOr<UpstreamView> ControlPlane::add(std::string id, control::UpstreamSpec spec) {
  return ask<UpstreamView>(
      [this, id, spec](Reply reply) { control_.add(id, spec, answer_with(std::move(reply))); });
}

absl::StatusOr<UpstreamView> ControlPlane::change(const std::string& id,
                                                  const control::Control::Wish& wish) {
  return ask<UpstreamView>([this, id, wish](Reply reply) {
    const auto found = control_.find(id);
    if (!found.ok()) return reply(found.status());
    control_.change((*found)->id, wish, answer_with(std::move(reply)));
  });
}

absl::StatusOr<UpstreamView> ControlPlane::remove(const std::string& id) {
  return ask<UpstreamView>([this, id](Reply reply) {
    const auto found = control_.find(id);
    if (!found.ok()) return reply(found.status());
    control_.remove((*found)->id, answer_with(std::move(reply)));
  });
}

absl::StatusOr<LeaseView> ControlPlane::put_lease(const std::string& id, control::UpstreamSpec spec,
                                                  std::uint32_t ttl_seconds) {
  return ask<LeaseView>(
      [this, id, spec, ttl_seconds](std::function<void(absl::StatusOr<LeaseView>)> reply) {
        control_.put_lease(
            id, spec, ttl_seconds,
            [this, reply](absl::StatusOr<const control::Upstream*> upstream, bool is_new) {
              if (!upstream.ok()) return reply(upstream.status());
              reply(LeaseView{view_of(**upstream, loop_.now_ms()), is_new});
            });
      });
}

absl::StatusOr<UpstreamView> ControlPlane::end_lease(const std::string& id) {
  return ask<UpstreamView>(
      [this, id](Reply reply) { control_.end_lease(id, answer_with(std::move(reply))); });
}

}  // namespace waymark::app
