// What an upstream says over one link, read message by message: acks are carried out on what the
// link has sent, the rest is handed over. Pure; twin of batch_queue.h.
#pragma once

#include <cstdint>
#include <string>

#include "link/batch_queue.h"
#include "wire/command.h"
#include "wire/lifecycle.h"

namespace waymark::link {

class InboundEvents {
 public:
  virtual ~InboundEvents() = default;
  virtual void command(const wire::Command& command) = 0;
  // The upstream acked an event of a client, other than by answering it.
  virtual void acked(const session::Ledger::Entry& entry) = 0;
  // It cannot handle an event that is outstanding.
  virtual void nacked(const wire::Nack& nack) = 0;
};

// What naming an event comes to.
struct Answered {
  enum class Kind : std::uint8_t {
    accepted,    // the event is done; `entry` tells of it
    repeated,    // it was done before, or was taken away
    other_mark,  // it is an event of another connection, and stays as it was
    never_sent,  // the link will be lost
  };
  Kind kind = Kind::never_sent;
  session::Ledger::Entry entry{};
};

class Inbound {
 public:
  Inbound(BatchQueue& sent, InboundEvents& owner) : sent_(sent), owner_(owner) {}

  // Reads one FromUpstream. Answers why the link has to end, for people; empty if it need not.
  [[nodiscard]] std::string read(wire::Pieces message);

  // The upstream answers event `delivery`, which is one of `mark` as it says. To be asked while the
  // command that says so is handed over.
  [[nodiscard]] Answered answer(std::uint64_t delivery, const Mark& mark);

 private:
  [[nodiscard]] bool take(const wire::Command& command);
  [[nodiscard]] bool read_ack(const wire::Bytes& body);
  [[nodiscard]] bool read_nack(const wire::Bytes& body);
  void complete(std::uint64_t delivery);
  // Whether an event of this number was sent; if not, that is the fault of the message.
  [[nodiscard]] bool was_sent(std::uint64_t delivery);

  BatchQueue& sent_;
  InboundEvents& owner_;
  std::string fault_;  // of the message that is being read
};

}  // namespace waymark::link
