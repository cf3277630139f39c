// Gives clients the marks that follow from their keys, and takes those from whoever has them: by
// shared.claims, which all workers ask, and by mail to the worker of the connection that has it.
#pragma once

#include <cstdint>

#include "identity/identity.h"
#include "proxy/closer.h"
#include "proxy/mail.h"
#include "proxy/worker_state.h"

namespace waymark::proxy {

class Marking {
 public:
  // How long the worker of whoever has a mark may take to close it.
  static constexpr std::uint64_t kFormerMs = 5'000;

  Marking(WorkerState& state, Closer& closer) : state_(state), closer_(closer) {}

  enum class Claimed : std::uint8_t {
    granted,  // nobody else has the mark now
    awaited,  // taken_over() answers the client once its worker has closed the one that has it
    refused,  // somebody has it and keeps it: nothing is pending
  };
  // Gives the client the mark of this identity, as `pending`. A client of this worker that has it
  // is closed.
  [[nodiscard]] Claimed claim(Client& client, const identity::Identity& identity,
                              PendingMark& pending);
  // The client waits; whoever is given the mark after it closes it.
  void await(Client& client, const PendingMark& pending);
  // It is known by the mark from here on: sets that in its session.
  void adopt(Client& client, PendingMark&& pending);

  // The client is to get this mark, and may have had it before: it claims it anew.
  void give_up_alias(Client& client, const Mark& mark);

  // Somebody else is given the mark: a client of this worker that has it is closed, and one that
  // had it before is not found by it any more.
  void take_over(const TakeOver& order);
  // The client that waited for this; nullptr if it does not any more, or for something else.
  [[nodiscard]] Client* taken_over(const TakenOver& done);

 private:
  WorkerState& state_;
  Closer& closer_;
};

}  // namespace waymark::proxy
