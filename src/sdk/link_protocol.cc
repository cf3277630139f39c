#include "sdk/link_protocol.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "wire/lifecycle.h"
#include "wire/sideways.h"

namespace waymark::sdk {
namespace {

std::size_t max_message_of(const wire::Hello& hello) {
  return hello.max_message == 0 ? wire::kDefaultMaxMessage : hello.max_message;
}

}  // namespace

absl::Status LinkProtocol::received(wire::Pieces message) {
  return greeted_ ? dispatch(message) : greet(message);
}

void LinkProtocol::ended() {
  service_.directory->remove(outbox());
  for (const auto& [mark, conversation] : std::exchange(conversations_, {})) {
    if (service_.directory->release(mark, outbox())) service_.handler.closed({.mark = mark});
  }
  for (const auto& [mark, aliases] : std::exchange(aliases_, {})) {
    for (const Mark& alias : aliases) (void)service_.directory->release(alias, outbox());
  }
}

absl::Status LinkProtocol::greet(wire::Pieces message) {
  wire::Hello hello;
  if (!wire::decode_hello_message(message, hello)) {
    return absl::FailedPreconditionError("the first message of a link must hold hello");
  }
  if (hello.protocol_min > wire::kProtocolVersion || hello.protocol_max < wire::kProtocolVersion) {
    return error(absl::StatusCode::kFailedPrecondition,
                 "this upstream speaks protocol {}, the proxy {} to {}", wire::kProtocolVersion,
                 hello.protocol_min, hello.protocol_max);
  }
  greeted_ = true;
  outbox().set_max_message(max_message_of(hello));
  wire::Welcome welcome{.upstream = service_.options.name,
                        .acks = service_.options.acks,
                        .max_message = service_.options.max_message};
  if (service_.options.watch_upstreams) {
    welcome.features.emplace_back(wire::kUpstreamChangedFeature);
  }
  outbox().add_message(wire::encode_welcome_message(welcome));
  // A proxy reaches the clients of one pool by any of its links.
  service_.directory->add(shared_outbox(), hello.proxy_id + '\0' + hello.boot_id + hello.pool);
  return absl::OkStatus();
}

absl::Status LinkProtocol::dispatch(wire::Pieces message) {
  wire::EventReader reader(message);
  wire::Event event;
  for (;;) {
    switch (reader.next(event)) {
      case wire::ReadResult::item:
        if (dispatch(event)) {
          const bool gets_reply = event.kind == wire::EventKind::payload;
          if (event.header.delivery != 0 && !gets_reply) outbox().handled(event.header.delivery);
          break;
        }
        [[fallthrough]];
      case wire::ReadResult::malformed:
        return absl::InvalidArgumentError("malformed event");
      case wire::ReadResult::end:
        return absl::OkStatus();
    }
  }
}

bool LinkProtocol::dispatch(const wire::Event& event) {
  if (const std::uint64_t delivery = event.header.delivery; delivery != 0) {
    if (last_delivery_ != 0 && delivery != last_delivery_ + 1) return false;
    last_delivery_ = delivery;
  }
  switch (event.kind) {
    case wire::EventKind::payload:
      return frame(event);
    case wire::EventKind::opened:
      return opened(event);
    case wire::EventKind::half_closed:
      return half_closed(event);
    case wire::EventKind::closed:
      return closed(event);
    case wire::EventKind::gap:
      return gap(event);
    case wire::EventKind::undeliverable:
      return undeliverable(event);
    case wire::EventKind::receipt:
      return receipt(event);
    case wire::EventKind::pressure:
      return pressure(event);
    case wire::EventKind::refused:
      return refused(event);
    case wire::EventKind::lookup_result:
      return lookup_result(event);
    case wire::EventKind::marked:
      return marked(event);
    case wire::EventKind::relayed:
      return relayed(event);
    case wire::EventKind::upstream_changed:
      return upstream_changed(event);
    case wire::EventKind::ping:
      return ping(event);
    default:
      return true;  // nothing that needs an answer
  }
}

// What an earlier connection has left may come when the mark has connected again.
bool LinkProtocol::is_of_a_former(const Mark& mark, std::uint64_t incarnation) const {
  const auto newest = conversations_.find(mark);
  return newest != conversations_.end() && incarnation < newest->second->incarnation;
}

bool LinkProtocol::opened(const wire::Event& event) {
  wire::Opened body;
  if (!wire::decode(event.body, body)) return false;
  const Mark mark = event.header.mark;
  if (is_of_a_former(mark, body.incarnation)) return true;
  std::vector<Tlv> tlvs;
  for (wire::Tlv& tlv : body.proxy_tlvs) {
    tlvs.push_back({static_cast<std::uint8_t>(tlv.type), std::move(tlv.value)});
  }
  std::optional<Tls> tls;
  if (body.tls) {
    tls = Tls{.version = std::move(body.tls->version),
              .cipher = std::move(body.tls->cipher),
              .sni = std::move(body.tls->sni),
              .client_subject = std::move(body.tls->client_subject),
              .client_spki_sha256 = std::move(body.tls->client_spki_sha256),
              .client_names = std::move(body.tls->client_names)};
  }
  conversations_.insert_or_assign(
      mark, std::make_shared<Conversation>(mark, shared_outbox(), body.epoch, body.incarnation));
  service_.directory->claim(mark, shared_outbox());
  service_.handler.opened({.mark = mark,
                           .peer = std::move(body.peer),
                           .local = std::move(body.local),
                           .listener = std::move(body.listener),
                           .attributes = std::move(body.attributes),
                           .incarnation = body.incarnation,
                           .epoch = body.epoch,
                           .proxy_tlvs = std::move(tlvs),
                           .resumed = body.resumed,
                           .next_seq = body.next_seq,
                           .mark_source = static_cast<MarkSource>(body.mark_source),
                           .trust = static_cast<Trust>(body.trust),
                           .key = std::move(body.key),
                           .returning = body.returning,
                           .away_ms = body.away_ms,
                           .tls = std::move(tls)},
                          Sender(service_.directory));
  return true;
}

bool LinkProtocol::marked(const wire::Event& event) {
  wire::Marked body;
  if (!wire::decode(event.body, body)) return false;
  const Mark mark = event.header.mark;
  const std::shared_ptr<Conversation> before = conversation_of(body.old_mark);
  if (mark != body.old_mark) {  // which reaches it until it closes
    std::vector<Mark> aliases = std::move(aliases_[body.old_mark]);
    aliases.push_back(body.old_mark);
    aliases_.erase(body.old_mark);
    aliases_[mark] = std::move(aliases);
    conversations_.erase(body.old_mark);
  }
  conversations_.insert_or_assign(mark,
                                  std::make_shared<Conversation>(mark, *before, body.incarnation));
  service_.directory->claim(mark, shared_outbox());
  service_.handler.marked({.mark = mark,
                           .old_mark = body.old_mark,
                           .mark_source = static_cast<MarkSource>(body.mark_source),
                           .trust = static_cast<Trust>(body.trust),
                           .key = std::move(body.key),
                           .incarnation = body.incarnation,
                           .returning = body.returning,
                           .away_ms = body.away_ms});
  return true;
}

bool LinkProtocol::frame(const wire::Event& event) {
  const std::string_view payload = in_one_piece(event.body);
  const wire::EventHeader& header = event.header;
  std::shared_ptr<Conversation> conversation = conversation_of(header.mark);
  const std::uint32_t epoch = conversation->epoch;
  if (header.attempt > 1) outbox().refused_came(*conversation);
  outbox().open_reply(*conversation, header.delivery);
  service_.handler.frame({.mark = header.mark,
                          .seq = header.seq,
                          .attempt = std::max(header.attempt, 1U),
                          .epoch = epoch,
                          .received_at = header.received_at,
                          .payload = payload},
                         Reply(std::move(conversation), header.delivery, header.seq));
  return true;
}

bool LinkProtocol::half_closed(const wire::Event& event) {
  const std::shared_ptr<Conversation> conversation = conversation_of(event.header.mark);
  switch (service_.handler.half_closed(event.header.mark)) {
    case HalfCloseAction::end_when_done:
      outbox().half_close_when_done(*conversation);
      break;
    case HalfCloseAction::keep_open:
      break;
  }
  return true;
}

bool LinkProtocol::closed(const wire::Event& event) {
  wire::Closed body;
  if (!wire::decode(event.body, body)) return false;
  const Mark mark = event.header.mark;
  if (is_of_a_former(mark, body.incarnation)) return true;
  conversations_.erase(mark);
  if (const auto aliases = aliases_.extract(mark); !aliases.empty()) {
    for (const Mark& alias : aliases.mapped()) {
      const bool is_another = alias == mark || conversations_.contains(alias);
      if (!is_another) (void)service_.directory->release(alias, outbox());
    }
  }
  if (!service_.directory->release(mark, outbox())) return true;
  service_.handler.closed({.mark = mark,
                           .reason = body.reason,
                           .last_seq = body.last_seq,
                           .unfinished_bytes = body.unfinished_bytes,
                           .written_bytes = body.written_bytes,
                           .incarnation = body.incarnation});
  return true;
}

bool LinkProtocol::gap(const wire::Event& event) {
  wire::Gap body;
  if (!wire::decode(event.body, body)) return false;
  outbox().refused_came(*conversation_of(event.header.mark));
  service_.handler.gap(
      {.mark = event.header.mark, .seq = body.seq, .reason = std::move(body.reason)});
  return true;
}

bool LinkProtocol::undeliverable(const wire::Event& event) {
  wire::Undeliverable body;
  if (!wire::decode(event.body, body)) return false;
  service_.handler.undeliverable({.mark = event.header.mark,
                                  .reason = static_cast<Refusal>(body.reason),
                                  .target = std::move(body.target),
                                  .receipt = body.receipt});
  return true;
}

bool LinkProtocol::receipt(const wire::Event& event) {
  wire::Receipt body;
  if (!wire::decode(event.body, body)) return false;
  service_.handler.receipt({.receipt = body.receipt,
                            .outcome = static_cast<Receipt::Outcome>(body.outcome),
                            .mark = event.header.mark,
                            .attempted = body.attempted,
                            .failed = body.failed});
  return true;
}

bool LinkProtocol::pressure(const wire::Event& event) {
  wire::Pressure body;
  if (!wire::decode(event.body, body)) return false;
  service_.handler.pressure(
      {.mark = event.header.mark, .high = body.high, .queued_bytes = body.queued_bytes});
  return true;
}

bool LinkProtocol::refused(const wire::Event& event) {
  wire::Refused body;
  if (!wire::decode(event.body, body)) return false;
  service_.handler.refused({.mark = event.header.mark,
                            .reason = static_cast<Refusal>(body.reason),
                            .action = static_cast<Action>(body.action),
                            .subject = std::move(body.subject),
                            .holder = body.holder});
  return true;
}

bool LinkProtocol::lookup_result(const wire::Event& event) {
  wire::LookupResult body;
  if (!wire::decode(event.body, body)) return false;
  service_.handler.lookup_result(
      {.mark = event.header.mark, .name = std::move(body.name), .holder = body.mark},
      Sender(service_.directory));
  return true;
}

bool LinkProtocol::relayed(const wire::Event& event) {
  wire::Relayed body;
  if (!wire::decode(event.body, body)) return false;
  service_.handler.relayed({.from = std::move(body.from), .payload = in_one_piece(body.payload)},
                           Sender(service_.directory));
  return true;
}

bool LinkProtocol::upstream_changed(const wire::Event& event) {
  wire::UpstreamChanged body;
  if (!wire::decode(event.body, body)) return false;
  service_.handler.upstream_changed(
      {.upstream = std::move(body.upstream), .state = static_cast<UpstreamState>(body.state)});
  return true;
}

std::string_view LinkProtocol::in_one_piece(const wire::Bytes& bytes) {
  if (bytes.contiguous()) return bytes.head();
  joined_.clear();
  bytes.append_to(joined_);
  return joined_;
}

bool LinkProtocol::ping(const wire::Event& event) {
  wire::Ping body;
  if (!wire::decode(event.body, body)) return false;
  outbox().answer({.action = wire::ActionKind::pong, .nonce = body.nonce});
  return true;
}

std::shared_ptr<Conversation> LinkProtocol::conversation_of(const Mark& mark) {
  const auto found = conversations_.find(mark);
  if (found != conversations_.end()) return found->second;
  return std::make_shared<Conversation>(mark, shared_outbox());
}

}  // namespace waymark::sdk

namespace waymark {

static_assert(kRefusalCount == wire::kRefusals &&
              static_cast<int>(Refusal::not_supported) ==
                  static_cast<int>(wire::Refusal::not_supported));
static_assert(static_cast<int>(Action::set_mark) == static_cast<int>(wire::ActionKind::set_mark) &&
              static_cast<int>(UpstreamState::lost) == static_cast<int>(wire::UpstreamState::lost));

std::string_view name_of(Refusal refusal) {
  return wire::name_of(static_cast<wire::Refusal>(refusal));
}

}  // namespace waymark
