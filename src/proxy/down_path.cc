#include "proxy/down_path.h"

#include <array>

#include "base/unix_clock.h"
#include "frame/egress.h"
#include "wire/lifecycle.h"

namespace waymark::proxy {
namespace {

// Of what is asked of names, groups and attributes: larger than limits.max_name_bytes can be, and
// than attributes may be.
constexpr std::size_t kLargestBody = 8 * 1024;
// Of what one message writes to all clients, beside payloads that are written as they are.
constexpr std::size_t kMostCopied = 1024 * 1024;

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
  Origin origin{.upstream = index,
                .stream = state_.fleet->upstreams()[index].stream,
                .worker = state_.index,
                .hops_left = state_.shared.connections.size() - 1};
  const bool answers_one = command.target == wire::TargetKind::mark &&
                           command.action == wire::ActionKind::send && command.reply_to != 0;
  if (answers_one && state_.fleet->upstreams()[index].link->acks()) {
    if (!completes(origin, command)) return;
    origin.hops_left = 0;  // what this worker sent is of a client of this worker
  }
  if (command.target == wire::TargetKind::mark && command.action == wire::ActionKind::send &&
      !is_in_time(origin, command)) {
    return answers_.refuse(origin, command, wire::Refusal::already_answered);
  }
  count(index, command);
  carry_out(origin, command);
}

void DownPath::count(std::uint32_t index, const wire::Command& command) {
  const bool of_one =
      command.target == wire::TargetKind::mark || command.target == wire::TargetKind::name;
  if (!of_one || command.action != wire::ActionKind::send) return;
  UpstreamCounts& counts = state_.fleet->upstreams()[index].counts;
  ++counts.answers;
  if (command.error) ++counts.failed_answers;
}

// Of an upstream that does not ack: the client has got its timeout_reply where this is false.
bool DownPath::is_in_time(const Origin& origin, const wire::Command& command) {
  Upstream& from = state_.fleet->upstreams()[origin.upstream];
  if (from.replies.remembered() == 0) return true;
  auto reply = session::AwaitedReplies::Reply::unasked;
  if (command.reply_to != 0) {
    reply = from.replies.answered(command.mark, command.reply_to);
  } else if (state_.fleet->pool_of(from).settings->pair_replies) {
    reply = from.replies.answered_oldest(command.mark);
  }
  return reply != session::AwaitedReplies::Reply::too_late;
}

// An answer and the ack of what it answers are one step: the second one is refused.
bool DownPath::completes(const Origin& origin, const wire::Command& command) {
  link::Link& link = *state_.fleet->upstreams()[origin.upstream].link;
  const bool too_late = answers_a_former(link, command);
  const link::Answered answered = link.answer(command.reply_to, command.mark);
  switch (answered.kind) {
    case link::Answered::Kind::accepted:
      state_.note_acked(origin.upstream, answered.entry);
      if (too_late) answers_.refuse(origin, command, wire::Refusal::stale_incarnation);
      return !too_late;
    case link::Answered::Kind::repeated:
      answers_.refuse(origin, command, wire::Refusal::already_answered);
      return false;
    case link::Answered::Kind::other_mark:
      answers_.refuse(origin, command, wire::Refusal::not_reachable);
      return false;
    case link::Answered::Kind::never_sent:
      return false;
  }
  return false;
}

// The frame that it answers came on an earlier connection with the mark.
bool DownPath::answers_a_former(const link::Link& link, const wire::Command& command) {
  const Client* client = look_up(command.mark);
  if (client == nullptr || !client->incarnation) return false;
  if (!link.ledger().find(command.reply_to)) return false;
  const ChunkRange frame = link.ledger().range_of(command.reply_to);
  return state_.client_of(wire::header_of_entry(frame.bytes())) == nullptr;
}

void DownPath::carry_out(const Origin& origin, const wire::Command& command) {
  switch (command.action) {
    case wire::ActionKind::send:
    case wire::ActionKind::close:
    case wire::ActionKind::half_close:
    case wire::ActionKind::set_attributes:
    case wire::ActionKind::join:
    case wire::ActionKind::leave:
    case wire::ActionKind::bind:
    case wire::ActionKind::unbind:
    case wire::ActionKind::set_mark:
      break;
    case wire::ActionKind::lookup:
      return sideways_.lookup(origin, command);
    case wire::ActionKind::relay:
      return sideways_.relay(origin, command);
    case wire::ActionKind::drain:
      return steering_.leave_as_asked(origin.upstream);
    default:
      ++state_.counters.commands_ignored;
      return;
  }
  // Before it goes to many, or to other workers.
  if (command.body.size() > kLargestBody) {
    return answers_.refuse(origin, command, wire::Refusal::too_large);
  }
  // A name is of one connection, and so is a key.
  const bool of_one = command.action == wire::ActionKind::bind ||
                      command.action == wire::ActionKind::unbind ||
                      command.action == wire::ActionKind::set_mark;
  switch (command.target) {
    case wire::TargetKind::none:
      ++state_.counters.commands_ignored;
      return;
    case wire::TargetKind::mark:
      return to_mark(origin, command);
    case wire::TargetKind::name:
      return to_name(origin, command);
    case wire::TargetKind::group:
    case wire::TargetKind::broadcast:
      if (of_one) return answers_.refuse(origin, command, wire::Refusal::invalid);
      return command.target == wire::TargetKind::group ? to_group(origin, command)
                                                       : broadcast(origin, command);
  }
}

// Answers to the frames of one read come one after the other.
Client* DownPath::look_up(const Mark& mark) {
  if (last_ == nullptr || last_->retired || last_->session.mark() != mark) {
    last_ = state_.clients.find(mark);
  }
  return last_;
}

void DownPath::to_mark(const Origin& origin, const wire::Command& command) {
  if (look_up(command.mark) != nullptr) {
    note_answer(origin, *last_, command.reply_to);
    const bool receipt = command.action == wire::ActionKind::send && command.receipt != 0;
    if (receipt && !may_want_receipt(*last_)) {
      return answers_.refuse(origin, command, wire::Refusal::too_many);
    }
    if (apply(origin, *last_, command) && receipt) want_receipt(origin, *last_, command);
    return;
  }
  if (origin.hops_left > 0) return forward(origin, command);
  answers_.refuse(origin, command, wire::Refusal::no_such_mark);
}

// From here on it is a command for a mark.
void DownPath::to_name(const Origin& origin, const wire::Command& command) {
  if (const auto problem = sideways_.problem_of(command.target_text);
      problem != wire::Refusal::unspecified) {
    return answers_.refuse(origin, command, problem);
  }
  const std::string name = command.target_text.to_string();
  Origin named = origin;
  named.target = name;
  const auto mark = sideways_.find(origin, name);
  if (!mark) return answers_.refuse(named, command, wire::Refusal::no_such_name);
  wire::Command one = command;
  one.target = wire::TargetKind::mark;
  one.mark = *mark;
  to_mark(named, one);
}

// To those who are in the group when the command comes to their worker. It goes from worker to
// worker behind what was sent to a mark before, a Join too; each looks for its own, and the last
// one tells what came of it.
void DownPath::to_group(const Origin& origin, const wire::Command& command) {
  const auto problem = sideways_.problem_of(command.target_text);
  if (problem != wire::Refusal::unspecified) return answers_.refuse(origin, command, problem);
  const std::string group = command.target_text.to_string();
  Origin grouped = origin;
  grouped.target = group;
  if (const auto part = sideways_.members(origin, group)) {
    grouped.group_pool = part->pool;
    wire::Command one = command;
    one.target = wire::TargetKind::mark;
    for (const Mark& mark : part->here) {
      Client* client = state_.clients.find(mark);
      if (client == nullptr || !in_reach(origin, *client)) continue;
      one.mark = mark;
      ++grouped.attempted;
      if (!apply(grouped, *client, one)) ++grouped.failed;
    }
  }
  if (origin.hops_left > 0) return forward(grouped, command);
  if (grouped.group_pool) return answers_.counted(grouped, command);
  answers_.refuse(grouped, command, wire::Refusal::no_such_group);
}

// Of the upstream that has the client alone: others were not sent the frame.
void DownPath::note_answer(const Origin& origin, Client& client, std::uint64_t reply_to) {
  session::AnswerWatch& answers = client.session.answers();
  if (!answers.watches(reply_to) || client.session.upstream() != origin.upstream) return;
  if (message_ns_ == 0) message_ns_ = unix_ns();
  const auto time = answers.answered(reply_to, message_ns_);
  if (time) state_.upstream_of(client).answers.observe(*time);
}

bool DownPath::may_want_receipt(Client& client) {
  if (outcomes_.takes_more(client.session.mark())) return true;
  flush(client);  // perhaps the kernel takes what was gathered
  return !client.retired && outcomes_.takes_more(client.session.mark());
}

void DownPath::want_receipt(const Origin& origin, const Client& client,
                            const wire::Command& command) {
  outcomes_.want_receipt(client.session.mark(), origin.worker,
                         {.mark = command.mark,
                          .upstream = origin.upstream,
                          .stream = origin.stream,
                          .reply_to = command.reply_to,
                          .receipt = command.receipt,
                          .target = std::string(origin.target)});
}

bool DownPath::apply(const Origin& origin, Client& client, const wire::Command& command) {
  wire::Refusal refusal = wire::Refusal::unspecified;
  if (!in_reach(origin, client)) {
    refusal = wire::Refusal::not_reachable;
  } else if (command.incarnation != 0 && command.incarnation != client.number_of(command.mark)) {
    refusal = wire::Refusal::stale_incarnation;
  } else if (command.action == wire::ActionKind::send) {
    refusal = send(client, command);
  } else if (Sideways::is_for_clients(command.action)) {
    sideways_.apply(origin, client, command);
  } else {
    end(origin, client, command);
  }
  if (refusal != wire::Refusal::unspecified) answers_.refuse(origin, command, refusal);
  return refusal == wire::Refusal::unspecified;
}

// Closes the client, or its direction down.
void DownPath::end(const Origin& origin, Client& client, const wire::Command& command) {
  flush(client);
  if (client.retired) return;
  if (command.action == wire::ActionKind::close) {
    return closer_.close(client, CloseReason::upstream_closed);
  }
  const bool several = state_.pool_of(client).work != nullptr;
  if (several && !dispatcher_.seating().half_close(client, origin.upstream)) return;
  client.session.end_down();
  client.shutdown_when_drained();
  if (client.session.both_ended()) closer_.close(client, CloseReason::client_closed);
}

wire::Refusal DownPath::send(Client& client, const wire::Command& command) {
  if (client.session.down_ended()) return wire::Refusal::closed;
  if (command.error && command.payload.empty()) {
    gather_.add(client, {}, command.payload);  // so that a receipt comes behind what is before it
    return wire::Refusal::unspecified;
  }
  if (gather_.copied_bytes() >= kMostCopied) {
    flush_all();
    if (client.retired) return wire::Refusal::slow_consumer;
  }
  const ListenerSettings& settings = *client.listener->settings;
  const PayloadPieces pieces(command.payload);
  const auto envelope =
      frame::wrap(client.framer.framing(), client.framer.last_ending(), pieces.get());
  if (!envelope) return wire::Refusal::not_frameable;

  const std::size_t size = envelope->size(command.payload.size());
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
  if (client.gather_first == Client::kNone) {  // an empty payload where nothing is put around it
    if (!client.retired && client.queued_bytes() == 0) {
      outcomes_.settle(client.session.mark(), wire::Refusal::unspecified);
    }
    return;
  }
  const auto parts = gather_.take(client);
  if (client.retired) return;
  if (!client.write(parts)) return closer_.close_broken(client, client.last_error());
  const std::size_t queued = client.queued_bytes();
  if (queued == 0) return outcomes_.settle(client.session.mark(), wire::Refusal::unspecified);
  if (queued > client.listener->settings->down_soft) state_.note_queue(client, true);
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

void DownPath::flush_all() {
  for (Client* client : gather_.clients()) {
    flush(*client);
    overload_.relieve();  // here, because one message may be for all clients
  }
  gather_.clear();
}

void DownPath::end_of_message() {
  flush_all();
  last_ = nullptr;
  message_ns_ = 0;
}

void DownPath::on_drained(Client& client) {
  state_.note_queue(client, false);
  outcomes_.settle(client.session.mark(), wire::Refusal::unspecified);
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
  Origin counting = origin;
  for (Client* client : targets) {
    if (client->retired) continue;
    wire::Command one = command;
    one.target = wire::TargetKind::mark;
    one.mark = client->session.mark();
    ++counting.attempted;
    if (!apply(counting, *client, one)) ++counting.failed;
  }
  if (origin.hops_left > 0) return forward(counting, command);
  answers_.counted(counting, command);
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
      return client.session.belongs_to(origin.upstream) ||
             dispatcher_.seating().knows(origin.upstream, client);
  }
  return false;
}

// --- marks of other workers ---

void DownPath::forward(const Origin& origin, const wire::Command& command) {
  // What waits in the inbox of a worker that does not keep up counts towards max_memory.
  if (command.action == wire::ActionKind::send &&
      state_.shared.budget.level() == MemoryBudget::Level::close_largest) {
    return answers_.refuse(origin, command, wire::Refusal::slow_consumer);
  }
  ForwardedCommands mail{.upstream = origin.upstream,
                         .stream = origin.stream,
                         .from = origin.worker,
                         .hops_left = origin.hops_left - 1,
                         .group_pool = origin.group_pool,
                         .attempted = origin.attempted,
                         .failed = origin.failed,
                         .target = std::string(origin.target)};
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
    carry_out({.upstream = mail.upstream,
               .stream = mail.stream,
               .worker = mail.from,
               .hops_left = mail.hops_left,
               .group_pool = mail.group_pool,
               .attempted = mail.attempted,
               .failed = mail.failed,
               .target = mail.target},
              command);
  }
  end_of_message();
  state_.shared.budget.remove(mail.commands.size());
}

}  // namespace waymark::proxy
