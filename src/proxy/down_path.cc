#include "proxy/down_path.h"

#include <array>

#include "base/unix_clock.h"
#include "frame/egress.h"
#include "wire/lifecycle.h"

namespace waymark::proxy {
namespace {

// The pieces of a payload, as frame::wrap() wants them: one nearly always.
class PayloadPieces {
 public:
  explicit PayloadPieces(const wire::Bytes& payload) : one_(payload.head()) {
    if (payload.contiguous()) return;
    payload.for_each([this](std::string_view piece) { many_.push_back(piece); });
  }
  [[nodiscard]] std::span<const std::string_view> get() const {
    return many_.empty() ? std::span(&one_, 1) : std::span(many_);
  }

 private:
  std::string_view one_;
  std::vector<std::string_view> many_;
};

}  // namespace

void DownPath::command(std::uint32_t index, const wire::Command& command) {
  state_.last_command_ms = state_.loop.now_ms();
  carry_out({index, state_.index, state_.shared.connections.size() - 1}, command);
}

void DownPath::carry_out(const Origin& origin, const wire::Command& command) {
  switch (command.action) {
    case wire::ActionKind::send:
    case wire::ActionKind::close:
    case wire::ActionKind::half_close:
      break;
    case wire::ActionKind::drain:
      return steering_.leave_as_asked(origin.upstream);
    default:
      ++state_.counters.commands_ignored;
      return;
  }
  if (command.target == wire::TargetKind::broadcast) return broadcast(origin, command);
  if (command.target != wire::TargetKind::mark) {
    ++state_.counters.commands_ignored;
    return;
  }
  // Answers to the frames of one read come one after the other.
  if (last_ == nullptr || last_->retired || last_->session.mark() != command.mark) {
    last_ = state_.clients.find(command.mark);
  }
  if (last_ != nullptr) {
    note_answer(origin, *last_, command.reply_to);
    return apply(origin, *last_, command);
  }
  if (origin.hops_left > 0) return forward(origin, command);
  refuse(origin, command, wire::Refusal::no_such_mark);
}

// Of the upstream that has the client alone: others were not sent the frame.
void DownPath::note_answer(const Origin& origin, Client& client, std::uint64_t reply_to) {
  session::AnswerWatch& answers = client.session.answers();
  if (!answers.watches(reply_to) || client.session.upstream() != origin.upstream) return;
  if (message_ns_ == 0) message_ns_ = unix_ns();
  const auto time = answers.answered(reply_to, message_ns_);
  if (time) state_.upstream_of(client).answers.observe(*time);
}

void DownPath::apply(const Origin& origin, Client& client, const wire::Command& command) {
  if (!in_reach(origin, client)) return refuse(origin, command, wire::Refusal::not_reachable);
  if (command.action == wire::ActionKind::send) {
    const wire::Refusal refusal = send(client, command);
    if (refusal != wire::Refusal::unspecified) refuse(origin, command, refusal);
    return;
  }
  flush(client);
  if (client.retired) return;
  if (command.action == wire::ActionKind::close) {
    return closer_.close(client, CloseReason::upstream_closed);
  }
  client.session.end_down();
  client.shutdown_when_drained();
  if (client.session.both_ended()) closer_.close(client, CloseReason::client_closed);
}

wire::Refusal DownPath::send(Client& client, const wire::Command& command) {
  if (client.session.down_ended()) return wire::Refusal::closed;
  const ListenerSettings& settings = *client.listener->settings;
  const PayloadPieces pieces(command.payload);
  const auto envelope =
      frame::wrap(client.framer.framing(), client.framer.last_ending(), pieces.get());
  if (!envelope) return wire::Refusal::not_frameable;

  const std::size_t size = envelope->head_size + command.payload.size() + envelope->tail.size();
  if (client.gather_bytes + client.queued_bytes() + size > settings.down_hard) {
    // Perhaps the kernel takes what was gathered. A payload larger than the limit goes out when
    // nothing else is queued.
    flush(client);
    if (client.retired) return wire::Refusal::slow_consumer;
    const std::size_t queued = client.queued_bytes();
    if (queued > 0 && queued + size > settings.down_hard) {
      closer_.close(client, CloseReason::slow_consumer);
      return wire::Refusal::slow_consumer;
    }
  }
  gather_.add(client, *envelope, command.payload);
  client.session.add_output(command.payload.size(), state_.loop.now_ms());
  ListenerTraffic& traffic = state_.traffic_of(client);
  ++traffic.frames_down;
  traffic.bytes_down += command.payload.size();
  if (client.tapped) {
    state_.taps.show(client, TapFrame::Direction::down, client.session.frames_down(), unix_ns(),
                     command.payload);
  }
  return wire::Refusal::unspecified;
}

void DownPath::flush(Client& client) {
  if (client.gather_first == Client::kNone) return;
  const auto parts = gather_.take(client);
  if (client.retired) return;
  if (!client.write(parts)) return closer_.close_broken(client, client.last_error());
  const std::size_t queued = client.queued_bytes();
  if (queued == 0) return;
  if (queued > client.listener->settings->down_soft) {
    client.session.set_queue_high(true, state_.loop.now_ms());
  }
  state_.charge(client);
}

bool DownPath::deliver(Client& client, std::string_view payload) {
  wire::Command command;
  command.action = wire::ActionKind::send;
  command.payload = wire::Bytes(payload);
  const wire::Refusal refusal = send(client, command);
  end_of_message();
  return refusal == wire::Refusal::unspecified && !client.retired;
}

void DownPath::end_of_message() {
  for (Client* client : gather_.clients()) flush(*client);
  gather_.clear();
  last_ = nullptr;
  message_ns_ = 0;
}

void DownPath::on_drained(Client& client) {
  client.session.set_queue_high(false, state_.loop.now_ms());
  state_.charge(client);
}

void DownPath::broadcast(const Origin& origin, const wire::Command& command) {
  const Pool& pool = state_.fleet->pools()[state_.fleet->upstreams()[origin.upstream].pool];
  const std::uint64_t within =
      command.within_ms != 0 ? command.within_ms
                             : static_cast<std::uint64_t>(pool.settings->active_within.count());
  const std::uint64_t now = state_.loop.now_ms();
  // A snapshot: closing a client changes the table.
  std::vector<Client*> targets;
  for (Client* client : state_.clients.live()) {
    const bool active = client->session.active(within, now);
    const bool wanted = command.scope == wire::Scope::all ||
                        (command.scope == wire::Scope::active && active) ||
                        (command.scope == wire::Scope::inactive && !active);
    if (wanted && in_reach(origin, *client)) targets.push_back(client);
  }
  for (Client* client : targets) {
    if (client->retired) continue;
    wire::Command one = command;
    one.target = wire::TargetKind::mark;
    one.mark = client->session.mark();
    apply(origin, *client, one);
  }
  if (origin.hops_left > 0) forward(origin, command);
}

bool DownPath::in_reach(const Origin& origin, const Client& client) const {
  const Upstream& upstream = state_.fleet->upstreams()[origin.upstream];
  switch (state_.fleet->pools()[upstream.pool].settings->reach) {
    case Reach::any:
      return true;
    case Reach::pool:
      // One that has moved to another pool still gets the answers of the upstream it left.
      return client.pool == upstream.pool || client.session.belongs_to(origin.upstream);
    case Reach::own:
      return client.session.belongs_to(origin.upstream);
  }
  return false;
}

// --- marks of other workers ---

void DownPath::forward(const Origin& origin, const wire::Command& command) {
  // What waits in the inbox of a worker that does not keep up counts towards max_memory.
  if (command.action == wire::ActionKind::send &&
      state_.shared.budget.level() == MemoryBudget::Level::close_largest) {
    return refuse(origin, command, wire::Refusal::slow_consumer);
  }
  ForwardedCommands mail{
      .upstream = origin.upstream, .from = origin.worker, .hops_left = origin.hops_left - 1};
  wire::add_command(mail.commands, command);
  state_.shared.budget.add(mail.commands.size());
  ++state_.counters.commands_forwarded;
  const std::size_t next = (state_.index + 1) % state_.shared.connections.size();
  state_.shared.post(next, std::move(mail));
}

void DownPath::forwarded(const ForwardedCommands& mail) {
  state_.last_command_ms = state_.loop.now_ms();
  const std::string_view piece = mail.commands;
  wire::CommandReader reader(wire::Pieces(&piece, 1));
  wire::Command command;
  while (reader.next(command) == wire::ReadResult::item) {
    carry_out({mail.upstream, mail.from, mail.hops_left}, command);
  }
  end_of_message();
  state_.shared.budget.remove(mail.commands.size());
}

void DownPath::refuse(const Origin& origin, const wire::Command& command, wire::Refusal reason) {
  ++state_.counters.refused[static_cast<std::size_t>(reason)];
  if (command.action != wire::ActionKind::send) return;
  const ForwardedRefusal refusal{command.mark, origin.upstream, command.reply_to, command.receipt,
                                 reason};
  if (origin.worker == state_.index) return forwarded_refusal(refusal);
  state_.shared.post(origin.worker, refusal);
}

void DownPath::forwarded_refusal(const ForwardedRefusal& refusal) {
  const Upstream& upstream = state_.fleet->upstreams()[refusal.upstream];
  if (upstream.vacant) return;  // forgotten meanwhile
  link::Link& link = *upstream.link;
  // Refusals bypass the window like all lifecycle events, but an upstream that sends nonsense
  // faster than it reads gets no more of them than the window holds.
  if (!link.ready() || !link.window().has_room()) return;
  link.append({.mark = refusal.mark}, wire::EventKind::undeliverable,
              wire::encode(wire::Undeliverable{refusal.reason, refusal.reply_to, refusal.receipt}));
}

}  // namespace waymark::proxy
