// Tells upstreams what became of what they sent to clients: refusals, and the receipts they asked
// for.
#pragma once

#include <cstddef>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "proxy/mail.h"
#include "proxy/worker_state.h"

namespace waymark::proxy {

// Whether one more answer may go out on this link. Answers bypass the window like all events that
// tell of no client, but an upstream that asks, or sends nonsense, faster than it reads gets no
// more of them than a second window would hold, or 65,536.
[[nodiscard]] bool takes_answers(const link::Link& link);

class Outcomes {
 public:
  explicit Outcomes(WorkerState& state) : state_(state) {}

  // Tells the upstream that sent on a link of `worker`.
  void tell(std::size_t worker, const SendOutcome& outcome);
  // The same for a link of this worker.
  void tell(const SendOutcome& outcome);

  // Receipts of one connection that may be open at a time: a payload of one byte that waits in its
  // queue costs more here than there.
  static constexpr std::size_t kMostOpen = 16'384;
  [[nodiscard]] bool takes_more(const Mark& client) const;
  // The payload was given to this client's connection: settle() will tell. The reason is open yet;
  // outcome.mark is what the Send named.
  void want_receipt(const Mark& client, std::size_t worker, const SendOutcome& outcome);
  // A client has another mark now.
  void rename(const Mark& old, const Mark& mark);
  // All that the client was given is written (unspecified), or what is not never will be.
  void settle(const Mark& client, wire::Refusal reason);
  // Clients with receipts that are still open.
  [[nodiscard]] std::size_t wanted() const { return wanted_.size(); }

 private:
  struct Wanted {
    std::size_t worker = 0;
    SendOutcome outcome;
  };

  WorkerState& state_;
  absl::flat_hash_map<Mark, std::vector<Wanted>> wanted_;  // by client, in the order of the Sends
};

}  // namespace waymark::proxy
