#include "play.h"

#include <fmt/format.h>

namespace waymark::model {
namespace {

constexpr int kPatience = 400;  // rounds, each a tenth of a second

proxy::PoolSettings pool(proxy::Dispatch dispatch) {
  proxy::PoolSettings pool;
  pool.dispatch = dispatch;
  pool.max_in_flight = World::kMostInFlight;
  pool.name = "default";
  pool.window_bytes = 512;
  pool.window_events = World::kWindow;
  pool.max_attempts = 5;
  pool.leave_timeout = proxy::Millis(500);
  return pool;
}

}  // namespace

Play::Play(proxy::Dispatch dispatch, std::string* trace)
    : history_(dispatch, trace), world_(pool(dispatch), history_), line_of_(World::kUpstreams) {
  for (std::uint32_t i = 0; i < World::kUpstreams; ++i) {
    upstreams_.emplace_back(history_, static_cast<int>(i));
  }
}

void Play::take(const Step& step) {
  if (step.what == Happening::pool_dispatches) return;
  if (step.what <= Happening::client_reads) {
    client_step(step);
  } else if (step.what == Happening::time_passes) {
    for (std::uint32_t i = 0; i <= step.which % 5; ++i) world_.tick();
  } else if (step.what >= Happening::upstream_answers &&
             step.what <= Happening::upstream_asks_to_drain) {
    upstream_step(step);
  } else {
    link_step(step);
  }
  world_.pass();
  look();
}

void Play::client_step(const Step& step) {
  if (step.what == Happening::client_connects) {
    if (clients_.size() == kMostClients) return;
    clients_.push_back({.number = world_.connect_client()});
    return;
  }
  if (clients_.empty()) return;
  Client& client = clients_[step.which % clients_.size()];
  net::Connection* socket = world_.socket_of(client.number);
  if (socket == nullptr || client.reset) return;
  const std::uint32_t amount = step.which / 16;
  switch (step.what) {
    case Happening::client_sends:
      for (std::uint32_t i = 0; i <= amount % 6 && !client.ended; ++i) {
        socket->input += History::payload_of(client.number, ++client.sent) + "\n";
      }
      break;
    case Happening::client_ends:
      client.ended = socket->client_ended = true;
      break;
    case Happening::client_resets:
      client.reset = socket->reset_by_client = true;
      socket->input.clear();
      break;
    case Happening::client_stops_reading:
      client.slow = true;
      socket->kernel_room = amount % 64;
      break;
    default:
      socket->make_room(amount % 128);
      break;
  }
}

void Play::upstream_step(const Step& step) {
  Upstream& upstream = upstreams_[step.which % World::kUpstreams];
  const std::uint32_t which = step.which / World::kUpstreams;
  switch (step.what) {
    case Happening::upstream_answers:
      return upstream.answer(which);
    case Happening::upstream_acks:
      return upstream.ack(which);
    case Happening::upstream_acks_through:
      return upstream.ack_through(which);
    case Happening::upstream_refuses:
      return upstream.refuse(which, which % 3 * 200, false);
    case Happening::upstream_gives_up:
      return upstream.refuse(which, 0, true);
    case Happening::upstream_repeats:
      return upstream.repeat(which);
    case Happening::upstream_mistakes_a_mark:
      return upstream.mistake(which);
    case Happening::upstream_half_closes:
      return upstream.half_close(which);
    case Happening::upstream_closes:
      return upstream.close(which);
    case Happening::upstream_sends:
      return upstream.send(which);
    default:
      return upstream.ask_to_drain();
  }
}

void Play::link_step(const Step& step) {
  const std::uint32_t upstream = step.which % World::kUpstreams;
  link::Link& link = world_.link_of(upstream);
  switch (step.what) {
    case Happening::link_writes:
      if (link.may_write()) link.write();
      return;
    case Happening::link_completes:
      if (link.may_complete()) link.complete(world_.now_ms());
      return;
    case Happening::upstream_hears:
      return hear(upstream);
    case Happening::proxy_hears:
      if (const auto message = upstreams_[upstream].next_message()) link.receive(*message);
      return;
    case Happening::upstream_dies:
      if (link.ready()) link.lose("killed");
      return upstreams_[upstream].forget();
    case Happening::upstream_comes:
      return come(upstream);
    case Happening::operator_drains:
      return world_.order(upstream, proxy::Role::leave);
    case Happening::operator_rests:
      return world_.order(upstream, proxy::Role::rest);
    default:
      return world_.order(upstream, proxy::Role::serve);
  }
}

void Play::hear(std::uint32_t upstream) {
  if (const auto message = world_.link_of(upstream).arrive()) {
    upstreams_[upstream].take(line_of_[upstream], *message);
  }
}

void Play::come(std::uint32_t upstream) {
  link::Link& link = world_.link_of(upstream);
  if (!link.may_connect()) return;
  upstreams_[upstream].forget();
  line_of_[upstream] = ++lines_;
  link.connect({.upstream = "model", .acks = true});
}

void Play::work() {
  for (std::uint32_t i = 0; i < World::kUpstreams; ++i) {
    world_.order(i, proxy::Role::serve);
    come(i);
    link::Link& link = world_.link_of(i);
    if (link.may_write()) link.write();
    if (link.may_complete()) link.complete(world_.now_ms());
    hear(i);
    upstreams_[i].finish_all();
    while (const auto message = upstreams_[i].next_message()) link.receive(*message);
  }
  for (Client& client : clients_) {
    if (net::Connection* socket = world_.socket_of(client.number)) socket->make_room(1'000);
  }
  world_.tick();
  look();
}

std::string Play::unfinished() const {
  std::string text;
  if (const std::size_t held = world_.state().frames_held_back(); held > 0) {
    text += fmt::format("{} frames held back; ", held);
  }
  if (const std::size_t queued = world_.frames_queued(); queued > 0) {
    text += fmt::format("{} queued frames; ", queued);
  }
  for (std::uint32_t i = 0; i < World::kUpstreams; ++i) {
    const std::size_t events = world_.link_of(i).ledger().events();
    if (events > 0) text += fmt::format("{} events at upstream {}; ", events, i);
  }
  for (const Client& client : clients_) {
    const net::Connection* socket = world_.socket_of(client.number);
    if (socket == nullptr || socket->closing() || socket->input.empty()) continue;
    text += fmt::format("client {} is not read; ", client.number);
  }
  return text;
}

void Play::settle() {
  // One that has asked to be left alone means it until its link ends.
  for (std::uint32_t i = 0; i < World::kUpstreams; ++i) {
    if (!upstreams_[i].wants_to_drain() || !world_.link_of(i).ready()) continue;
    world_.link_of(i).lose("ended");
    upstreams_[i].forget();
  }
  for (int round = 0; round < kPatience && (!unfinished().empty() || round < 20); ++round) work();
  if (!unfinished().empty()) return history_.fail("never done: " + unfinished());
  for (const Client& client : clients_) {
    if (!client.gone && !client.reset) history_.expect_all(client.number, client.sent);
  }
  for (Client& client : clients_) {
    if (net::Connection* socket = world_.socket_of(client.number)) {
      client.ended = socket->client_ended = true;
    }
  }
  for (int round = 0; round < kPatience && !world_.leftovers().empty(); ++round) work();
  if (const std::string left = world_.leftovers(); !left.empty()) {
    history_.fail("left over: " + left);
  }
  for (std::uint32_t i = 0; i < World::kUpstreams; ++i) {
    if (world_.link_of(i).ready()) history_.expect_closed(line_of_[i]);
  }
}

void Play::look() {
  for (Client& client : clients_) look_at(client);
  if (world_.largest_share() > World::kMostOfAShare) history_.fail("a share was exceeded");
  if (const std::string many = world_.too_many_in_flight(); !many.empty()) history_.fail(many);
  if (world_.frames_read() != world_.frames_accounted_for()) {
    history_.fail(fmt::format("conservation: {} frames were read, {} are accounted for",
                              world_.frames_read(), world_.frames_accounted_for()));
  }
}

void Play::look_at(Client& client) {
  if (client.gone) return;
  net::Connection* socket = world_.socket_of(client.number);
  if (socket != nullptr) {
    client.partial += std::exchange(socket->output, {});
    std::size_t end = 0;
    while ((end = client.partial.find('\n')) != std::string::npos) {
      history_.received(client.number, client.partial.substr(0, end));
      client.partial.erase(0, end + 1);
    }
  }
  if (socket != nullptr && !socket->closing()) return;
  client.gone = true;
  if (!may_end(client)) history_.fail("a client was dropped");
}

bool Play::may_end(const Client& client) const {
  if (client.reset || client.slow) return true;
  for (const Upstream& upstream : upstreams_) {
    if (upstream.closed_any() || (client.ended && upstream.half_closed_any())) return true;
  }
  return false;
}

}  // namespace waymark::model
