#include "proxy/answers.h"

#include <utility>

#include "wire/sideways.h"

namespace waymark::proxy {

void Answers::refuse(const Origin& origin, const wire::Command& command, wire::Refusal reason,
                     std::string_view subject, const Mark& holder) {
  ++state_.counters.refused[static_cast<std::size_t>(reason)];
  if (command.action == wire::ActionKind::send) {
    return outcomes_.tell(origin.worker, {.mark = command.mark,
                                          .upstream = origin.upstream,
                                          .stream = origin.stream,
                                          .reply_to = command.reply_to,
                                          .receipt = command.receipt,
                                          .reason = reason,
                                          .target = std::string(origin.target)});
  }
  const bool ends =
      command.action == wire::ActionKind::close || command.action == wire::ActionKind::half_close;
  if (ends && reason == wire::Refusal::no_such_mark) return;
  give(origin, {.upstream = origin.upstream,
                .stream = origin.stream,
                .mark = command.mark,
                .kind = wire::EventKind::refused,
                .body = wire::encode(wire::Refused{.reason = reason,
                                                   .action = command.action,
                                                   .subject = std::string(subject),
                                                   .target = std::string(origin.target),
                                                   .holder = holder})});
}

void Answers::found(const Origin& origin, const wire::Command& command, std::string_view name,
                    const Mark& holder) {
  give(origin, {.upstream = origin.upstream,
                .stream = origin.stream,
                .mark = command.mark,
                .kind = wire::EventKind::lookup_result,
                .body = wire::encode(wire::LookupResult{std::string(name), holder})});
}

void Answers::counted(const Origin& origin, const wire::Command& command) {
  if (command.action != wire::ActionKind::send || command.receipt == 0) return;
  give(origin, {.upstream = origin.upstream,
                .stream = origin.stream,
                .kind = wire::EventKind::receipt,
                .body = wire::encode(wire::Receipt{.receipt = command.receipt,
                                                   .outcome = wire::Receipt::Outcome::counted,
                                                   .attempted = origin.attempted,
                                                   .failed = origin.failed})});
}

void Answers::give(const Origin& origin, Answer answer) {
  if (origin.worker == state_.index) return deliver(answer);
  state_.shared.post(origin.worker, std::move(answer));
}

void Answers::deliver(const Answer& answer) {
  const Upstream& upstream = state_.fleet->upstreams()[answer.upstream];
  if (!upstream.has_stream(answer.stream)) return;  // gone meanwhile
  link::Link& link = *upstream.link;
  if (!takes_answers(link)) return;
  link.append({.mark = answer.mark}, answer.kind, answer.body);
}

}  // namespace waymark::proxy
