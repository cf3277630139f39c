#include "waymark/sender.h"

#include <algorithm>
#include <cstdint>

#include "sdk/directory.h"
#include "wire/attributes.h"
#include "wire/sideways.h"

namespace waymark {
namespace {

bool push(const sdk::Directory& directory, const wire::Command& command) {
  const std::shared_ptr<sdk::Outbox> outbox = directory.route_to(command.mark);
  return outbox && outbox->push(command);
}

bool push_to_each_proxy(const sdk::Directory& directory, const wire::Command& command) {
  bool sent = false;
  for (const auto& outbox : directory.one_per_proxy()) sent |= outbox->push(command);
  return sent;
}

// A command for `mark`, or for nobody's, with this body.
bool push(const sdk::Directory& directory, const Mark& mark, wire::ActionKind action,
          const std::string& body) {
  return push(directory, {.target = mark.is_nil() ? wire::TargetKind::none : wire::TargetKind::mark,
                          .mark = mark,
                          .action = action,
                          .body = wire::Bytes(body)});
}

std::string named(std::string_view text) {
  return wire::encode(wire::Naming{.text = wire::Bytes(text)});
}

}  // namespace

bool Sender::send(const Mark& mark, std::string_view payload, std::uint64_t receipt) const {
  return push(*directory_, {.target = wire::TargetKind::mark,
                            .mark = mark,
                            .action = wire::ActionKind::send,
                            .payload = wire::Bytes(payload),
                            .receipt = receipt});
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
                       std::chrono::milliseconds within, std::uint64_t receipt) const {
  const wire::Command command{
      .target = wire::TargetKind::broadcast,
      .scope = static_cast<wire::Scope>(scope),
      .within_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(0, within.count())),
      .action = wire::ActionKind::send,
      .payload = wire::Bytes(payload),
      .receipt = receipt};
  return push_to_each_proxy(*directory_, command);
}

bool Sender::bind(const Mark& mark, std::string_view name) const {
  return !mark.is_nil() && push(*directory_, mark, wire::ActionKind::bind, named(name));
}

bool Sender::unbind(const Mark& mark, std::string_view name) const {
  return !mark.is_nil() && push(*directory_, mark, wire::ActionKind::unbind, named(name));
}

bool Sender::join(const Mark& mark, std::string_view group) const {
  return !mark.is_nil() && push(*directory_, mark, wire::ActionKind::join, named(group));
}

bool Sender::leave(const Mark& mark, std::string_view group) const {
  return !mark.is_nil() && push(*directory_, mark, wire::ActionKind::leave, named(group));
}

bool Sender::set_attributes(const Mark& mark, const Attributes& attributes) const {
  return !mark.is_nil() && push(*directory_, mark, wire::ActionKind::set_attributes,
                                wire::encode(wire::SetAttributes{attributes}));
}

bool Sender::set_mark(const Mark& mark, std::string_view key) const {
  return !mark.is_nil() && !key.empty() &&
         push(*directory_, mark, wire::ActionKind::set_mark, named(key));
}

bool Sender::confirm_mark(const Mark& mark) const {
  return !mark.is_nil() && push(*directory_, mark, wire::ActionKind::set_mark, named({}));
}

bool Sender::lookup(std::string_view name, const Mark& mark) const {
  return push(*directory_, mark, wire::ActionKind::lookup, named(name));
}

bool Sender::send_to_name(std::string_view name, std::string_view payload, const Mark& mark,
                          std::uint64_t receipt) const {
  const std::shared_ptr<sdk::Outbox> outbox = directory_->route_to(mark);
  return outbox && outbox->push({.target = wire::TargetKind::name,
                                 .target_text = wire::Bytes(name),
                                 .action = wire::ActionKind::send,
                                 .payload = wire::Bytes(payload),
                                 .receipt = receipt});
}

bool Sender::send_to_group(std::string_view group, std::string_view payload,
                           std::uint64_t receipt) const {
  return push_to_each_proxy(*directory_, {.target = wire::TargetKind::group,
                                          .target_text = wire::Bytes(group),
                                          .action = wire::ActionKind::send,
                                          .payload = wire::Bytes(payload),
                                          .receipt = receipt});
}

bool Sender::relay(std::string_view to, std::string_view payload) const {
  return push(*directory_, Mark(), wire::ActionKind::relay,
              wire::encode(wire::Relay{.to = wire::Bytes(to), .payload = wire::Bytes(payload)}));
}

}  // namespace waymark
