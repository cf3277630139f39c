#include "waymark/sender.h"

#include <algorithm>
#include <cstdint>

#include "sdk/directory.h"

namespace waymark {
namespace {

bool push(const sdk::Directory& directory, const wire::Command& command) {
  const std::shared_ptr<sdk::Outbox> outbox = directory.route_to(command.mark);
  return outbox && outbox->push(command);
}

}  // namespace

bool Sender::send(const Mark& mark, std::string_view payload) const {
  return push(*directory_, {.target = wire::TargetKind::mark,
                            .mark = mark,
                            .action = wire::ActionKind::send,
                            .payload = wire::Bytes(payload)});
}

bool Sender::close(const Mark& mark) const {
  return push(*directory_,
              {.target = wire::TargetKind::mark, .mark = mark, .action = wire::ActionKind::close});
}

bool Sender::half_close(const Mark& mark) const {
  return push(
      *directory_,
      {.target = wire::TargetKind::mark, .mark = mark, .action = wire::ActionKind::half_close});
}

bool Sender::broadcast(BroadcastScope scope, std::string_view payload,
                       std::chrono::milliseconds within) const {
  const wire::Command command{
      .target = wire::TargetKind::broadcast,
      .scope = static_cast<wire::Scope>(scope),
      .within_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(0, within.count())),
      .action = wire::ActionKind::send,
      .payload = wire::Bytes(payload)};
  bool sent = false;
  for (const auto& outbox : directory_->one_per_proxy()) sent |= outbox->push(command);
  return sent;
}

}  // namespace waymark
