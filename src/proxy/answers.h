// What an upstream is told of the commands it sent, on the link they came on.
#pragma once

#include <string>
#include <string_view>

#include "proxy/mail.h"
#include "proxy/origin.h"
#include "proxy/outcomes.h"
#include "proxy/worker_state.h"
#include "wire/command.h"

namespace waymark::proxy {

class Answers {
 public:
  Answers(WorkerState& state, Outcomes& outcomes) : state_(state), outcomes_(outcomes) {}

  // The command was not carried out; of a Send outcomes.h tells. `subject`: what it was about,
  // sound text or empty. To close what is gone already is no failure, and is not told.
  void refuse(const Origin& origin, const wire::Command& command, wire::Refusal reason,
              std::string_view subject = {}, const Mark& holder = {});

  // `holder` has the name, or nobody if it is nil.
  void found(const Origin& origin, const wire::Command& command, std::string_view name,
             const Mark& holder);

  // A Send to a group or to all was tried everywhere, as the origin counts.
  void counted(const Origin& origin, const wire::Command& command);

  // One whose link is of this worker.
  void deliver(const Answer& answer);

 private:
  void give(const Origin& origin, Answer answer);

  WorkerState& state_;
  Outcomes& outcomes_;
};

}  // namespace waymark::proxy
