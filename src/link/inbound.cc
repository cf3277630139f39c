#include "link/inbound.h"

#include <fmt/format.h>

#include <utility>

namespace waymark::link {

std::string Inbound::read(wire::Pieces message) {
  fault_.clear();
  wire::CommandReader reader(message);
  wire::Command command;
  wire::ReadResult result = wire::ReadResult::end;
  bool sound = true;
  while (sound && fault_.empty() && (result = reader.next(command)) == wire::ReadResult::item) {
    sound = take(command);
  }
  if (!sound || result == wire::ReadResult::malformed) {
    return "the upstream sent a message that cannot be read";
  }
  return std::exchange(fault_, {});
}

bool Inbound::take(const wire::Command& command) {
  switch (command.action) {
    case wire::ActionKind::pong:
      return true;
    case wire::ActionKind::ack:
      if (!sent_.acks()) break;
      return read_ack(command.body);
    case wire::ActionKind::nack:
      if (!sent_.acks()) break;
      return read_nack(command.body);
    default:
      break;
  }
  owner_.command(command);
  return true;
}

bool Inbound::read_ack(const wire::Bytes& body) {
  wire::Ack ack;
  if (!wire::decode(body, ack)) return false;
  if (ack.through != 0 && !was_sent(ack.through)) return true;
  const session::Ledger& ledger = sent_.ledger();
  while (!ledger.empty() && ledger.oldest() <= ack.through) complete(ledger.oldest());
  for (const std::uint64_t delivery : ack.also) complete(delivery);
  return true;
}

bool Inbound::read_nack(const wire::Bytes& body) {
  wire::Nack nack;
  if (!wire::decode(body, nack)) return false;
  if (was_sent(nack.delivery) && sent_.ledger().find(nack.delivery)) owner_.nacked(nack);
  return true;
}

void Inbound::complete(std::uint64_t delivery) {
  if (!was_sent(delivery)) return;
  if (const auto entry = sent_.complete(delivery)) owner_.acked(*entry);
}

Answered Inbound::answer(std::uint64_t delivery, const Mark& mark) {
  if (!was_sent(delivery)) return {};
  const auto entry = sent_.ledger().find(delivery);
  if (!entry) return {.kind = Answered::Kind::repeated};
  if (entry->mark != mark) return {.kind = Answered::Kind::other_mark};
  (void)sent_.complete(delivery);
  return {Answered::Kind::accepted, *entry};
}

bool Inbound::was_sent(std::uint64_t delivery) {
  if (delivery < sent_.ledger().next()) return true;
  fault_ = fmt::format("the upstream named delivery {}, which was never sent", delivery);
  return false;
}

}  // namespace waymark::link
