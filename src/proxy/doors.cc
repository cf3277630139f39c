#include "proxy/doors.h"

#include <algorithm>

#include "base/status.h"

namespace waymark::proxy {
namespace {

net::SocketOptions socket_options(const ListenerSettings& listener) {
  return {
      .send_buffer = listener.send_buffer,
      .user_timeout_ms = static_cast<unsigned>(listener.tcp_user_timeout.count()),
      .keepalive_idle_s = static_cast<int>(listener.keepalive.idle.count()),
      .keepalive_interval_s = static_cast<int>(listener.keepalive.interval.count()),
      .keepalive_count = listener.keepalive.count,
  };
}

std::optional<TokenBucket::Rate> rate_of(const ListenerSettings& listener) {
  const std::uint64_t rate = listener.admission.max_new_per_second;
  const std::uint64_t burst = listener.admission.new_burst;
  if (rate == 0) return std::nullopt;
  return TokenBucket::Rate{.per_second = rate, .burst = burst == 0 ? rate : burst};
}

// Of a listener behind a balancer every connection counts: all have the balancer's address, as far
// as is known when they are accepted.
std::vector<net::Cidr> without_rate(const ListenerSettings& listener) {
  if (listener.proxy_protocol) return {};
  std::vector<net::Cidr> blocks = listener.admission.exempt;
  for (const std::string_view loopback : {"127.0.0.0/8", "::1"}) {
    blocks.push_back(*net::Cidr::parse(loopback));
  }
  return blocks;
}

}  // namespace

void Doors::Counts::add(const net::Listener::Counters& counters) {
  accepted += counters.accepted;
  paused_at_cap += counters.paused_at_cap;
  paused_for_rate += counters.paused_for_rate;
  paused_without_fds += counters.paused_without_fds;
  failed += counters.failed;
}

const net::Listener* Doors::bound_to(const std::string& bind, std::size_t slot) const {
  // A port the system chooses belongs to the listener it was chosen for.
  if (slot < doors_.size() && doors_[slot].bind == bind) return doors_[slot].listener.get();
  if (bind.ends_with(":0")) return nullptr;
  const auto at = std::find_if(doors_.begin(), doors_.end(), [&](const Door& door) {
    return door.listener && door.bind == bind;
  });
  return at == doors_.end() ? nullptr : at->listener.get();
}

absl::StatusOr<Doors::Planned> Doors::plan(const ListenerContext& listener,
                                           int accepts_per_turn) const {
  auto address = net::Address::from_numeric(listener.settings->host, listener.settings->port);
  if (!address.ok()) return address.status();
  Planned planned{.slot = listener.index,
                  .bind = address->to_string(),
                  .options = {.backlog = listener.settings->backlog,
                              .accepts_per_turn = accepts_per_turn,
                              .socket = socket_options(*listener.settings),
                              .rate = rate_of(*listener.settings),
                              .without_rate = without_rate(*listener.settings)}};
  const net::Listener* bound = bound_to(planned.bind, planned.slot);
  const bool stays =
      planned.slot < doors_.size() && doors_[planned.slot].listener.get() == bound && bound;
  if (stays) return planned;
  auto socket = bound != nullptr ? bound->socket().share()
                                 : net::ListenSocket::open(*address, planned.options.backlog,
                                                           planned.options.socket);
  if (!socket.ok()) return socket.status();
  planned.socket = *std::move(socket);
  return planned;
}

absl::Status Doors::prepare(Layout& next, int accepts_per_turn) {
  planned_.clear();
  for (ListenerContext& listener : next.listeners) {
    if (!listener.open) continue;
    auto planned = plan(listener, accepts_per_turn);
    if (!planned.ok()) {
      planned_.clear();
      return error(planned.status().code(), "listener '{}': {}", listener.settings->name,
                   message_of(planned.status()));
    }
    const net::Address local =
        planned->socket ? planned->socket->address() : doors_[listener.index].listener->address();
    listener.local = local.to_string();
    planned_.push_back(*std::move(planned));
  }
  return absl::OkStatus();
}

void Doors::commit() {
  std::erase_if(closed_, [](const auto& listener) { return listener->gone(); });
  std::vector<Door> before = std::exchange(doors_, {});
  doors_.resize(before.size());
  std::vector<std::string> open;  // addresses
  for (Planned& planned : planned_) {
    if (doors_.size() <= planned.slot) doors_.resize(planned.slot + 1);
    Door& door = doors_[planned.slot];
    if (planned.socket) {
      make_listener(door, planned);
    } else {
      door.listener = std::move(before[planned.slot].listener);
    }
    door.listener->retune(planned.options);  // a socket that was there may have had others
    door.bind = std::move(planned.bind);
    open.push_back(door.listener->address().to_string());
  }
  planned_.clear();
  for (std::size_t slot = 0; slot < before.size(); ++slot) {
    doors_[slot].before = before[slot].before;
    std::unique_ptr<net::Listener> leaving = std::move(before[slot].listener);
    if (!leaving) continue;
    const bool goes_on =
        std::find(open.begin(), open.end(), leaving->address().to_string()) != open.end();
    if (!goes_on) leaving->accept_waiting();
    doors_[slot].before.add(leaving->counters());
    leaving->close();
    closed_.push_back(std::move(leaving));
  }
}

void Doors::make_listener(Door& door, Planned& planned) {
  const auto on_accept = [this, slot = planned.slot](net::Accepted accepted) {
    on_accept_(slot, std::move(accepted));
  };
  door.listener = std::make_unique<net::Listener>(loop_, *std::move(planned.socket),
                                                  planned.options, on_accept, has_room_);
}

void Doors::close() {
  for (Door& door : doors_) {
    if (door.listener) door.listener->close();
  }
}

std::vector<ListenerSnapshot> Doors::snapshot(const Layout& layout) const {
  std::vector<ListenerSnapshot> all;
  for (const ListenerContext& listener : layout.listeners) {
    const Door& door = doors_[listener.index];
    Counts counts = door.before;
    if (door.listener) counts.add(door.listener->counters());
    all.push_back({.name = listener.settings->name,
                   .address = listener.local,
                   .open = listener.open,
                   .accepted = counts.accepted,
                   .paused_at_cap = counts.paused_at_cap,
                   .paused_for_rate = counts.paused_for_rate,
                   .paused_without_fds = counts.paused_without_fds,
                   .failed = counts.failed});
  }
  return all;
}

}  // namespace waymark::proxy
