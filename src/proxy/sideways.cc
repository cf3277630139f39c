#include "proxy/sideways.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "base/utf8.h"
#include "wire/sideways.h"

namespace waymark::proxy {
namespace {

constexpr std::size_t kBytesOfAttribute = 128;  // a node of the map

// Operators could not ask for such a name.
bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

wire::Refusal problem_of(const wire::Attributes& attributes) {
  if (wire::size_of(attributes) > Sideways::kMostAttributeBytes) return wire::Refusal::too_large;
  const bool sound = std::all_of(attributes.begin(), attributes.end(), [](const auto& attribute) {
    return !attribute.first.empty() && is_utf8(attribute.first) && is_utf8(attribute.second);
  });
  return sound ? wire::Refusal::unspecified : wire::Refusal::invalid;
}

}  // namespace

bool Sideways::is_for_clients(wire::ActionKind action) {
  switch (action) {
    case wire::ActionKind::set_attributes:
    case wire::ActionKind::join:
    case wire::ActionKind::leave:
    case wire::ActionKind::bind:
    case wire::ActionKind::unbind:
    case wire::ActionKind::set_mark:
      return true;
    default:
      return false;
  }
}

wire::Refusal Sideways::problem_of(const wire::Bytes& text) const {
  if (text.size() > state_.shared.presence.max_name_bytes()) return wire::Refusal::too_large;
  const std::string bytes = text.to_string();
  const bool sound = !bytes.empty() && is_utf8(bytes) && !has_control_characters(bytes);
  return sound ? wire::Refusal::unspecified : wire::Refusal::invalid;
}

void Sideways::apply(const Origin& origin, Client& client, const wire::Command& command) {
  if (command.action == wire::ActionKind::set_attributes) {
    return set_attributes(origin, client, command);
  }
  if (command.action == wire::ActionKind::set_mark) return set_mark(origin, client, command);
  wire::Naming naming;
  if (!wire::decode(command.body, naming)) {
    return answers_.refuse(origin, command, wire::Refusal::invalid);
  }
  if (const auto problem = problem_of(naming.text); problem != wire::Refusal::unspecified) {
    return answers_.refuse(origin, command, problem);
  }
  const std::string text = naming.text.to_string();
  const session::PoolKey::View key{client.pool, text};
  switch (command.action) {
    case wire::ActionKind::bind:
      return bind(origin, client, command, text);
    case wire::ActionKind::join:
      return join(origin, client, command, text);
    case wire::ActionKind::unbind:
      return state_.shared.presence.unbind(key, client.session.mark());
    case wire::ActionKind::leave:
      return state_.shared.presence.leave(key, client.session.mark());
    default:
      return;
  }
}

// Nothing more is kept.
bool Sideways::out_of_memory() const { return !state_.shared.budget.may_store(); }

void Sideways::bind(const Origin& origin, Client& client, const wire::Command& command,
                    std::string_view name) {
  if (out_of_memory()) return answers_.refuse(origin, command, wire::Refusal::too_many, name);
  const auto bound = state_.shared.presence.bind({client.pool, name}, client.session.mark());
  switch (bound.outcome) {
    case session::NameTable::Outcome::done:
      client.listed = true;
      return answers_.found(origin, command, name, bound.holder);
    case session::NameTable::Outcome::taken:
      return answers_.refuse(origin, command, wire::Refusal::name_taken, name, bound.holder);
    case session::NameTable::Outcome::too_many:
      return answers_.refuse(origin, command, wire::Refusal::too_many, name);
  }
}

void Sideways::join(const Origin& origin, Client& client, const wire::Command& command,
                    std::string_view group) {
  const session::Member member{client.session.mark(), static_cast<std::uint32_t>(state_.index)};
  if (out_of_memory() || !state_.shared.presence.join({client.pool, group}, member)) {
    return answers_.refuse(origin, command, wire::Refusal::too_many, group);
  }
  client.listed = true;
}

void Sideways::set_attributes(const Origin& origin, Client& client, const wire::Command& command) {
  wire::SetAttributes wanted;
  if (!wire::decode(command.body, wanted)) {
    return answers_.refuse(origin, command, wire::Refusal::invalid);
  }
  wire::Attributes& attributes = wanted.attributes;
  const std::size_t before = client.attribute_bytes;
  if (const auto problem = proxy::problem_of(attributes); problem != wire::Refusal::unspecified) {
    return answers_.refuse(origin, command, problem);
  }
  if (attributes.empty()) {
    client.attributes.reset();
    client.attribute_bytes = 0;
  } else if (out_of_memory()) {
    return answers_.refuse(origin, command, wire::Refusal::too_many);
  } else {
    client.attribute_bytes = static_cast<std::uint32_t>(wire::size_of(attributes) +
                                                        attributes.size() * kBytesOfAttribute);
    client.attributes = std::make_unique<wire::Attributes>(std::move(attributes));
  }
  state_.shared.budget.note_stored(before, client.attribute_bytes);
  state_.charge(client);
}

// What it is of comes back as Marked: the key may be a secret.
void Sideways::set_mark(const Origin& origin, Client& client, const wire::Command& command) {
  wire::Naming naming;
  if (!wire::decode(command.body, naming)) {
    return answers_.refuse(origin, command, wire::Refusal::invalid);
  }
  if (naming.text.size() > identity::Identity::kMostKeyBytes) {
    return answers_.refuse(origin, command, wire::Refusal::too_large);
  }
  const std::string key = naming.text.to_string();
  const bool sound = is_utf8(key) && !has_control_characters(key);
  const wire::Refusal refusal = sound ? late_keys_.tell(client, key) : wire::Refusal::invalid;
  if (refusal != wire::Refusal::unspecified) answers_.refuse(origin, command, refusal);
}

PoolScope Sideways::scope_of(const Origin& origin) const {
  const Upstream& upstream = state_.fleet->upstreams()[origin.upstream];
  const PoolSettings& pool = *state_.fleet->pools()[upstream.pool].settings;
  return {static_cast<std::uint32_t>(upstream.pool), pool.reach == Reach::any};
}

std::optional<Mark> Sideways::find(const Origin& origin, std::string_view name) const {
  return state_.shared.presence.find(scope_of(origin), name);
}

std::optional<GroupPart> Sideways::members(const Origin& origin, std::string_view group) const {
  const PoolScope scope =
      origin.group_pool ? PoolScope{.pool = *origin.group_pool} : scope_of(origin);
  return state_.shared.presence.members(scope, group, state_.index);
}

void Sideways::lookup(const Origin& origin, const wire::Command& command) {
  wire::Naming naming;
  if (!wire::decode(command.body, naming)) {
    return answers_.refuse(origin, command, wire::Refusal::invalid);
  }
  if (const auto problem = problem_of(naming.text); problem != wire::Refusal::unspecified) {
    return answers_.refuse(origin, command, problem);
  }
  const std::string name = naming.text.to_string();
  answers_.found(origin, command, name, find(origin, name).value_or(Mark()));
}

// --- from upstream to upstream ---

// On the links of this worker, so that it comes once.
void Sideways::relay(const Origin& origin, const wire::Command& command) {
  wire::Relay relay;
  if (!wire::decode(command.body, relay)) {
    return answers_.refuse(origin, command, wire::Refusal::invalid);
  }
  if (!relay.to.empty()) {
    if (const auto problem = problem_of(relay.to); problem != wire::Refusal::unspecified) {
      return answers_.refuse(origin, command, problem);
    }
  }
  const std::string to = relay.to.to_string();
  const std::vector<Upstream>& upstreams = state_.fleet->upstreams();
  const Upstream& sender = upstreams[origin.upstream];
  const std::string body = wire::encode(wire::Relayed{sender.link->upstream_name(), relay.payload});
  bool found = to.empty();
  for (const Upstream& other : upstreams) {
    if (other.vacant || &other == &sender || other.pool != sender.pool) continue;
    link::Link& link = *other.link;
    if (!link.ready() || link.protocol() != link::ProtocolKind::link) continue;
    if (!to.empty() && link.upstream_name() != to) continue;
    found = true;
    if (body.size() > link.max_payload()) {
      answers_.refuse(origin, command, wire::Refusal::too_large, link.upstream_name());
    } else if (!link.has_room()) {
      answers_.refuse(origin, command, wire::Refusal::upstream_busy, link.upstream_name());
    } else {
      link.append({}, wire::EventKind::relayed, body);
    }
  }
  if (!found) answers_.refuse(origin, command, wire::Refusal::no_such_upstream, to);
}

Roster::Link Sideways::link_of(std::uint32_t upstream) const { return {upstream, state_.index}; }

void Sideways::link_ready(std::uint32_t index) {
  const Upstream& upstream = state_.fleet->upstreams()[index];
  const Roster::Who who{.pool = upstream.pool,
                        .name = upstream.link->upstream_name(),
                        .wants_notices = upstream.link->wants_upstream_changes()};
  state_.shared.roster.link_ready(link_of(index), who, !upstream.takes_connections());
}

void Sideways::link_ended(std::uint32_t index) { state_.shared.roster.link_ended(link_of(index)); }

void Sideways::link_leaving(std::uint32_t index) {
  const bool leaving = !state_.fleet->upstreams()[index].takes_connections();
  state_.shared.roster.link_leaving(link_of(index), leaving);
}

void Sideways::forgotten(std::uint32_t index) { state_.shared.roster.forget(link_of(index)); }

void Sideways::tell(const UpstreamNotice& notice) {
  const Upstream& upstream = state_.fleet->upstreams()[notice.upstream];
  if (upstream.vacant || upstream.pool != notice.pool || !upstream.link->ready()) return;
  upstream.link->append({}, wire::EventKind::upstream_changed, wire::encode(notice.changed));
}

}  // namespace waymark::proxy
