#include "proxy/worker.h"

#include <pthread.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <utility>

namespace waymark::proxy {
namespace {

constexpr std::chrono::milliseconds kTick{100};

std::string_view name_of(link::Link::State state) {
  switch (state) {
    case link::Link::State::idle:
      return "idle";
    case link::Link::State::connecting:
      return "connecting";
    case link::Link::State::greeting:
      return "greeting";
    case link::Link::State::asking_ready:
      return "asking_ready";
    case link::Link::State::ready:
      return "ready";
    case link::Link::State::backing_off:
      return "backing_off";
    case link::Link::State::stopping:
      return "stopping";
    case link::Link::State::stopped:
      return "stopped";
  }
  return "unknown";
}

Client& client_of(net::Connection& connection) { return static_cast<Client&>(connection); }

}  // namespace

Worker::Worker(Shared& shared, LayoutPtr layout, std::size_t index)
    : inbox_(loop_, [this](Mail&& mail) { on_mail(std::move(mail)); }),
      completions_waker_(loop_, [this] { on_completions(); }),
      timer_(loop_, [this] { on_tick(); }),
      poller_(loop_),
      completion_thread_(
          std::make_unique<link::CompletionThread>([this] { completions_waker_.wake(); })),
      state_{.shared = shared, .loop = loop_, .layout = std::move(layout), .index = index},
      fleet_(std::make_unique<Fleet>(
          Fleet::Process{shared.proxy_id, shared.boot_id, static_cast<std::uint32_t>(index)},
          *completion_thread_, shared.chunks, *this)),
      outcomes_(state_),
      dispatcher_(state_),
      closer_(state_, outcomes_, dispatcher_),
      leaver_(state_, closer_),
      overload_(state_, closer_),
      up_(state_, dispatcher_, closer_),
      marking_(state_, closer_),
      entrance_(state_, marking_, up_, closer_, poller_, *this),
      late_keys_(state_, marking_, outcomes_, closer_, leaver_),
      handshakes_(state_, poller_,
                  [this](NewClient client) { entrance_.take_in(std::move(client)); }),
      redelivery_(state_, up_, dispatcher_),
      mover_(state_, up_, dispatcher_, redelivery_),
      answers_(state_, outcomes_),
      sideways_(state_, answers_, late_keys_),
      steering_(state_, dispatcher_, mover_, redelivery_, sideways_),
      down_(state_, dispatcher_, closer_, overload_, steering_, sideways_, outcomes_, answers_),
      sweep_(state_, up_, dispatcher_, mover_, redelivery_, overload_, closer_, leaver_),
      reply_timeouts_(state_, dispatcher_, up_, down_),
      drain_(state_, dispatcher_, closer_, leaver_) {
  state_.fleet = fleet_.get();
  serve_layout(state_.layout);
}

Worker::~Worker() {
  if (thread_.joinable()) {
    thread_.join();
    return;
  }
  // Never started: the handles are closed here, where no loop runs.
  fleet_.reset();
  completion_thread_.reset();
  timer_.close();
  poller_.close();
  completions_waker_.close();
  inbox_.close();
}

void Worker::start() {
  thread_ = std::thread([this] { run(); });
}

void Worker::run() {
  const std::string name = "wm-worker-" + std::to_string(state_.index);
  pthread_setname_np(pthread_self(), name.c_str());
  last_tick_ = std::chrono::steady_clock::now();
  state_.shared.heartbeats[state_.index].beat(last_tick_);
  timer_.start(kTick);
  loop_.run_in_thread([this] { return fleet_->end_pass(); });
  state_.counters.frames_discarded_at_exit +=
      redelivery_.stranded_frames() + state_.frames_held_back() + dispatcher_.frames();
  fleet_.reset();
  completion_thread_.reset();  // nobody wakes us after this
  timer_.close();
  poller_.close();
  completions_waker_.close();
  inbox_.close();
  state_.shared.heartbeats[state_.index].end();
  state_.shared.worker_ended();
}

void Worker::on_mail(Mail&& mail) {
  if (auto* client = std::get_if<NewClient>(&mail)) return take_in(std::move(*client));
  if (auto* order = std::get_if<TakeOver>(&mail)) return marking_.take_over(*order);
  if (auto* done = std::get_if<TakenOver>(&mail)) return give_mark(*done);
  if (auto* commands = std::get_if<ForwardedCommands>(&mail)) return down_.forwarded(*commands);
  if (auto* outcome = std::get_if<SendOutcome>(&mail)) return outcomes_.tell(*outcome);
  if (auto* answer = std::get_if<Answer>(&mail)) return answers_.deliver(*answer);
  if (auto* notice = std::get_if<UpstreamNotice>(&mail)) return sideways_.tell(*notice);
  if (auto* request = std::get_if<SnapshotRequest>(&mail)) return request->answer(snapshot());
  if (auto* order = std::get_if<UpstreamOrder>(&mail)) return steering_.apply(*order);
  if (auto* step = std::get_if<SurveyStep>(&mail)) return carry_on(std::move(*step));
  if (auto* step = std::get_if<ReplayStep>(&mail)) return carry_on(std::move(*step));
  if (auto* change = std::get_if<LayoutChange>(&mail))
    return serve_layout(std::move(change->layout));
  if (auto* request = std::get_if<DrainRequest>(&mail)) return begin_drain(*request);
}

void Worker::give_mark(const TakenOver& done) {
  Client* client = marking_.taken_over(done);
  if (client == nullptr) return;
  client->arriving ? entrance_.admit(*client) : LateKeys::taken_over(*client);
}

void Worker::take_in(NewClient&& client) {
  if (!state_.layout->listeners[client.arrival.listener].tls) {
    return entrance_.take_in(std::move(client));
  }
  handshakes_.take(std::move(client));
}

void Worker::begin_drain(const DrainRequest& request) {
  drain_.begin(request);
  handshakes_.close();
  entrance_.close();
}

void Worker::serve_layout(LayoutPtr layout) {
  const std::vector<ListenerContext>& listeners = layout->listeners;
  for (const auto* clients :
       {&state_.clients.arriving(), &state_.clients.live(), &state_.clients.retired()}) {
    for (Client* client : *clients) {
      client->listener = &listeners[client->listener->index];
      client->follow_rates();
    }
  }
  state_.counters.listeners.resize(listeners.size());
  fleet_->set_layout(layout);
  state_.layout = std::move(layout);
}

// One turn, and the next behind whatever else came meanwhile.
void Worker::carry_on(SurveyStep&& step) {
  const auto begun = std::chrono::steady_clock::now();
  const auto until = begun + Survey::turn(begun - step.since);
  do {
    if (step.survey->step({state_, closer_, down_, mover_, leaver_})) return;
  } while (std::chrono::steady_clock::now() < until);
  inbox_.post(SurveyStep{std::move(step.survey)});
}

void Worker::carry_on(ReplayStep&& step) {
  if (step.replay->step(state_, dispatcher_)) return;
  const std::size_t next = (state_.index + 1) % state_.shared.connections.size();
  state_.shared.post(next, std::move(step));
}

void Worker::on_completions() {
  completion_thread_->deliver(
      [this](link::Completion& completion) { fleet_->on_completion(completion); });
}

// The loop makes up for nothing: each tick is due kTick after the one before it came.
void Worker::note_lag() {
  const auto before = std::exchange(last_tick_, std::chrono::steady_clock::now());
  state_.shared.heartbeats[state_.index].beat(last_tick_);
  const auto late = std::chrono::nanoseconds(last_tick_ - before - kTick).count();
  state_.counters.loop_lag.observe(late > 0 ? static_cast<std::uint64_t>(late) : 0);
}

void Worker::on_tick() {
  note_lag();
  on_completions();  // those that came without a wake-up
  fleet_->tick(loop_.now_ms());
  handshakes_.tick();
  entrance_.tick();
  late_keys_.tick();
  sweep_.tick();
  leaver_.tick();
  steering_.tick();
  redelivery_.tick();
  up_.tick();
  reply_timeouts_.tick();
  dispatcher_.tick();
  state_.taps.tick(state_.clients, loop_.now_ms());
  if (drain_.tick()) loop_.stop();
}

WorkerSnapshot Worker::snapshot() const {
  WorkerSnapshot all{.worker = state_.index,
                     .connections = state_.clients.live().size(),
                     .arriving = state_.clients.arriving().size(),
                     .stranded_frames = redelivery_.stranded_frames() + state_.frames_held_back() +
                                        dispatcher_.frames(),
                     .tls_waiting = handshakes_.waiting(),
                     .queued_connections = sweep_.queued().connections,
                     .queued_bytes = sweep_.queued().bytes,
                     .frames_sent = fleet_->dropped_links().frames_sent,
                     .frames_dropped = fleet_->frames_dropped(),
                     .up = fleet_->dropped_links().up,
                     .down = fleet_->dropped_links().down,
                     .upstream_counts = fleet_->forgotten_counts(),
                     .answers = fleet_->forgotten_answers(),
                     .counters = state_.counters};
  for (const Pool& pool : fleet_->pools()) {
    all.pools.push_back({.name = pool.settings->name,
                         .stranded_frames = link::frames_in(pool.stranded) +
                                            Dispatcher::frames(pool) +
                                            state_.rewinds.frames_of(all.pools.size()) +
                                            state_.backlog.frames_of(all.pools.size())});
  }
  std::size_t served = 0;
  for (std::uint32_t i = 0; i < fleet_->upstreams().size(); ++i) {
    const Upstream& upstream = fleet_->upstreams()[i];
    if (upstream.vacant) continue;
    served += upstream.clients;
    const link::Link& link = *upstream.link;
    const link::LinkCounters& counters = link.counters();
    all.frames_sent += counters.frames_sent;
    all.up.add(counters.up);
    all.down.add(counters.down);
    all.upstream_counts.add(upstream.counts);
    all.answers.add(upstream.answers);
    if (link.ready() && upstream.takes_connections()) ++all.pools[upstream.pool].ready_upstreams;
    all.upstreams.push_back({
        .index = i,
        .incarnation = upstream.incarnation,
        .pool = fleet_->pools()[upstream.pool].settings->name,
        .address = link.address(),
        .name = link.upstream_name(),
        .state = name_of(link.state()),
        .problem = link.last_problem(),
        .connections = upstream.clients,
        .events_sent = counters.events_sent,
        .frames_sent = counters.frames_sent,
        .batches_sent = counters.batches_sent,
        .bytes_sent = counters.bytes_sent,
        .messages_received = counters.messages_received,
        .times_lost = counters.times_lost,
        .times_failed = counters.times_failed,
        .malformed = counters.malformed,
        .batch_frames = counters.batch_frames,
        .answers = upstream.answers,
        .counts = upstream.counts,
        .outstanding_events = link.window().events(),
        .outstanding_frames = link.outstanding_frames(),
        .outstanding_bytes = link.window().bytes(),
        .window_bytes = link.window().max_bytes(),
        .window_events = link.window().max_events(),
        .waiting = upstream.waiting.size(),
    });
  }
  all.held = state_.clients.live().size() - served;
  if (all.held == 0) return all;
  for (const Client* client : state_.clients.live()) {
    if (!client->session.attached()) ++all.pools[client->pool].held;
  }
  return all;
}

// --- from sockets ---

void Worker::readable(net::Connection& connection) {
  Client& client = client_of(connection);
  client.arriving ? entrance_.look(client) : up_.read(client);
}
void Worker::drained(net::Connection& connection) { down_.on_drained(client_of(connection)); }
void Worker::broken(net::Connection& connection, int error_number) {
  closer_.close_broken(client_of(connection), error_number);
}
void Worker::released(net::Connection& connection) { closer_.release(client_of(connection)); }

// --- from links ---

void Worker::link_ready(link::Link& link) {
  redelivery_.link_ready(fleet_->index_of(link));
  sideways_.link_ready(fleet_->index_of(link));
}
void Worker::link_lost(link::Link& link, std::string_view why,
                       std::vector<link::LostBatch> batches) {
  sideways_.link_ended(fleet_->index_of(link));
  redelivery_.link_lost(fleet_->index_of(link), why, std::move(batches));
}
void Worker::link_failed(link::Link& link, std::string_view why) {
  const Upstream& upstream = fleet_->upstreams()[fleet_->index_of(link)];
  state_.shared.observer.upstream_failed({fleet_->index_of(link), state_.index},
                                         fleet_->pools()[upstream.pool].settings->name,
                                         link.address(), why);
}
void Worker::link_command(link::Link& link, const wire::Command& command) {
  down_.command(fleet_->index_of(link), command);
}
void Worker::link_commands_end(link::Link& link) {
  down_.end_of_message();
  // Acks have made room.
  Pool& pool = fleet_->pool_of(fleet_->upstreams()[fleet_->index_of(link)]);
  if (pool.work) dispatcher_.pump(pool);
}
void Worker::link_acked(link::Link& link, const session::Ledger::Entry& entry) {
  state_.note_acked(fleet_->index_of(link), entry);
}
void Worker::link_nacked(link::Link& link, const wire::Nack& nack) {
  redelivery_.refused(fleet_->index_of(link), nack);
}
void Worker::link_has_room(link::Link& link) {
  const std::uint32_t index = fleet_->index_of(link);
  Upstream& upstream = fleet_->upstreams()[index];
  redelivery_.give_backlog(index);  // before anything newer
  up_.on_room(upstream, index);
  Pool& pool = fleet_->pool_of(upstream);
  if (pool.work) dispatcher_.pump(pool);
}

}  // namespace waymark::proxy
