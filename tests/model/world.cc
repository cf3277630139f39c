#include "world.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace waymark::model {
namespace {

constexpr std::size_t kPool = 0;

proxy::Settings settings_of(const proxy::PoolSettings& pool) {
  proxy::Settings settings;
  settings.proxy_id = "model";
  settings.pools = {pool};
  proxy::ListenerSettings listener;
  listener.name = "clients";
  listener.pool = pool.name;
  listener.framing.kind = frame::Kind::line;
  listener.up_window = World::kShare;
  listener.down_soft = 64;
  listener.down_hard = 256;
  settings.listeners = {listener};
  return settings;
}

proxy::Client& client_of(net::Connection& connection) {
  return static_cast<proxy::Client&>(connection);
}

proxy::LayoutPtr layout_of(const proxy::Settings& settings, proxy::Framings& framings) {
  return std::make_shared<const proxy::Layout>(*proxy::next_layout({}, settings, framings));
}

}  // namespace

World::World(const proxy::PoolSettings& pool, History& history)
    : history_(history),
      settings_(settings_of(pool)),
      shared_(settings_, 1, *this),
      poller_(loop_),
      state_{
          .shared = shared_, .loop = loop_, .layout = layout_of(settings_, framings_), .index = 0},
      fleet_(proxy::Fleet::Process{shared_.proxy_id, shared_.boot_id, 0}, completion_thread_,
             shared_.chunks, *this),
      outcomes_(state_),
      dispatcher_(state_),
      closer_(state_, outcomes_, dispatcher_),
      leaver_(state_, closer_),
      overload_(state_, closer_),
      up_(state_, dispatcher_, closer_),
      marking_(state_, closer_),
      entrance_(state_, marking_, up_, closer_, poller_, *this),
      late_keys_(state_, marking_, outcomes_, closer_, leaver_),
      redelivery_(state_, up_, dispatcher_),
      mover_(state_, up_, dispatcher_, redelivery_),
      answers_(state_, outcomes_),
      sideways_(state_, answers_, late_keys_),
      steering_(state_, dispatcher_, mover_, redelivery_, sideways_),
      down_(state_, dispatcher_, closer_, overload_, steering_, sideways_, outcomes_, answers_),
      sweep_(state_, up_, dispatcher_, mover_, redelivery_, overload_, closer_, leaver_) {
  state_.fleet = &fleet_;
  state_.counters.listeners.resize(1);
  fleet_.set_layout(state_.layout);
  for (std::uint32_t upstream = 0; upstream < kUpstreams; ++upstream) {
    order(upstream, proxy::Role::serve);
  }
}

World::~World() {
  for (proxy::Client* client : std::vector(state_.clients.live())) {
    closer_.close(*client, CloseReason::admin);
  }
  pass();
}

int World::connect_client() {
  entrance_.take_in({{.listener = 0, .fd = clients_, .peer = {}, .proxy_tlvs = {}}, tickets_++});
  shared_.connections[0].fetch_add(1);
  shared_.pool_connections[kPool].fetch_add(1);
  return clients_++;
}

net::Connection* World::socket_of(int client) const {
  const auto at = poller_.connections.find(client);
  return at == poller_.connections.end() ? nullptr : at->second;
}

void World::order(std::uint32_t upstream, proxy::Role role) {
  proxy::UpstreamOrder order;
  order.index = upstream;
  order.pool = kPool;
  order.settings.address = fmt::format("upstream-{}", upstream);
  order.role = role;
  steering_.apply(order);
}

link::Link& World::link_of(std::uint32_t upstream) const {
  return *fleet_.upstreams()[upstream].link;
}

void World::pass() {
  bool moved = true;
  while (moved) {
    moved = false;
    for (int client = 0; client < clients_; ++client) {
      net::Connection* socket = socket_of(client);
      if (socket == nullptr) continue;
      if (socket->closing()) {
        released(*socket);
        moved = true;
      } else if (socket->is_readable()) {
        readable(*socket);
        moved = true;
      }
    }
  }
}

void World::tick() {
  loop_.pass(100);
  fleet_.tick(loop_.now_ms());
  sweep_.tick();
  leaver_.tick();
  steering_.tick();
  redelivery_.tick();
  late_keys_.tick();
  dispatcher_.tick();
  pass();
}

std::uint64_t World::frames_accounted_for() const {
  std::uint64_t frames = redelivery_.stranded_frames() + state_.frames_held_back() +
                         fleet_.dropped_links().frames_sent + fleet_.frames_dropped() +
                         dead_letters_ + state_.counters.frames_discarded_in_doubt +
                         state_.counters.frames_copies_dropped + dispatcher_.frames();
  for (const proxy::Upstream& upstream : fleet_.upstreams()) {
    frames += upstream.link->counters().frames_sent + upstream.link->outstanding_frames();
  }
  return frames;
}

std::string World::too_many_in_flight() const {
  for (const proxy::Upstream& upstream : fleet_.upstreams()) {
    std::size_t frames = 0;  // what ended clients leave behind goes out at once
    upstream.link->ledger().for_each([&](std::uint64_t, const ChunkRange& range, bool frame) {
      if (frame && state_.clients.find(wire::mark_of_entry(range.bytes())) != nullptr) ++frames;
    });
    if (frames > kMostOnALink) return "a window was exceeded";
  }
  const proxy::Dispatch dispatch = settings_.pools.front().dispatch;
  if (dispatch == proxy::Dispatch::connection || dispatch == proxy::Dispatch::all) return {};
  std::map<Mark, int> of_one;
  for (const proxy::Upstream& upstream : fleet_.upstreams()) {
    const session::Ledger& ledger = upstream.link->ledger();
    if (ledger.frames() > kMostInFlight) return "an upstream has more than max_in_flight";
    ledger.for_each([&](std::uint64_t, const ChunkRange& range, bool frame) {
      if (frame) ++of_one[wire::mark_of_entry(range.bytes())];
    });
  }
  if (dispatch != proxy::Dispatch::frame_ordered) return {};
  for (const auto& [mark, frames] : of_one) {
    if (frames > 1) return "two frames of one connection are out";
  }
  return {};
}

std::size_t World::largest_share() const {
  std::size_t largest = 0;
  for (const proxy::Client* client : state_.clients.live()) {
    largest = std::max(largest, client->session.share().outstanding(0));
  }
  return largest;
}

std::string World::leftovers() const {
  std::string left;
  const auto expect_none = [&left](std::string_view what, std::size_t count) {
    if (count != 0) left += fmt::format("{} {}; ", count, what);
  };
  expect_none("clients", state_.clients.live().size() + state_.clients.retired().size());
  expect_none("stranded frames", redelivery_.stranded_frames());
  expect_none("frames that are held back", state_.frames_held_back());
  expect_none("queued frames", dispatcher_.frames());
  if (const auto& work = state_.fleet->pools()[kPool].work) {
    expect_none("held ends of queued frames", work->ended.size());
    for (std::uint32_t i = 0; i < kUpstreams; ++i) expect_none("seats", work->seats.count_at(i));
  }
  expect_none("receipts", outcomes_.wanted());
  expect_none("held ends", state_.fleet->pools()[kPool].held_ends.size());
  for (const proxy::Upstream& upstream : fleet_.upstreams()) {
    expect_none("attached clients", upstream.clients);
    expect_none("moving clients", upstream.moving.size());
    expect_none("bytes in a window", upstream.link->window().bytes());
    expect_none("events in a window", upstream.link->window().events());
    expect_none("events in a ledger", upstream.link->ledger().events());
    expect_none("retained bytes", upstream.link->ledger().retained_bytes());
  }
  return left;
}

void World::readable(net::Connection& connection) { up_.read(client_of(connection)); }
void World::drained(net::Connection& connection) { down_.on_drained(client_of(connection)); }
void World::broken(net::Connection& connection, int error_number) {
  closer_.close_broken(client_of(connection), error_number);
}
void World::released(net::Connection& connection) { closer_.release(client_of(connection)); }

void World::link_ready(link::Link& link) {
  redelivery_.link_ready(link.tag());
  sideways_.link_ready(link.tag());
}
void World::link_lost(link::Link& link, std::string_view why,
                      std::vector<link::LostBatch> batches) {
  sideways_.link_ended(link.tag());
  redelivery_.link_lost(link.tag(), why, std::move(batches));
}
void World::link_command(link::Link& link, const wire::Command& command) {
  down_.command(link.tag(), command);
}
void World::link_commands_end(link::Link&) {
  down_.end_of_message();
  pump();
}
void World::link_acked(link::Link& link, const session::Ledger::Entry& entry) {
  state_.note_acked(link.tag(), entry);
}
void World::link_nacked(link::Link& link, const wire::Nack& nack) {
  redelivery_.refused(link.tag(), nack);
}
void World::link_has_room(link::Link& link) {
  redelivery_.give_backlog(link.tag());
  up_.on_room(fleet_.upstreams()[link.tag()], link.tag());
  pump();
}

void World::pump() {
  proxy::Pool& pool = fleet_.pools()[kPool];
  if (pool.work) dispatcher_.pump(pool);
}

}  // namespace waymark::model
