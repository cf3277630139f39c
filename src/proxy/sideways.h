// Sideways: what upstreams do with names, groups, attributes and marks of connections, and say to
// each other. Beside down_path.h, which finds the connection a command is for.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "proxy/answers.h"
#include "proxy/late_keys.h"
#include "proxy/origin.h"
#include "proxy/roster.h"
#include "proxy/worker_state.h"
#include "wire/command.h"

namespace waymark::proxy {

class Sideways {
 public:
  static constexpr std::size_t kMostAttributeBytes = 1024;  // of keys and values of one connection

  Sideways(WorkerState& state, Answers& answers, LateKeys& late_keys)
      : state_(state), answers_(answers), late_keys_(late_keys) {}

  // Whether `action` is one of those below that are for a connection.
  [[nodiscard]] static bool is_for_clients(wire::ActionKind action);
  // Join, Leave, Bind, Unbind, SetAttributes or SetMark for this client.
  void apply(const Origin& origin, Client& client, const wire::Command& command);

  void lookup(const Origin& origin, const wire::Command& command);
  void relay(const Origin& origin, const wire::Command& command);

  // Whom a name or a group stands for, as seen by the upstream of `origin`; of a group this
  // worker's part.
  [[nodiscard]] std::optional<Mark> find(const Origin& origin, std::string_view name) const;
  [[nodiscard]] std::optional<GroupPart> members(const Origin& origin,
                                                 std::string_view group) const;
  // Why a text cannot be a name or a group; unspecified if it can.
  [[nodiscard]] wire::Refusal problem_of(const wire::Bytes& text) const;

  // The upstreams' view of each other (roster.h).
  void link_ready(std::uint32_t upstream);
  void link_ended(std::uint32_t upstream);
  void link_leaving(std::uint32_t upstream);
  void forgotten(std::uint32_t upstream);
  void tell(const UpstreamNotice& notice);

 private:
  void set_attributes(const Origin& origin, Client& client, const wire::Command& command);
  void set_mark(const Origin& origin, Client& client, const wire::Command& command);
  void bind(const Origin& origin, Client& client, const wire::Command& command,
            std::string_view name);
  void join(const Origin& origin, Client& client, const wire::Command& command,
            std::string_view group);
  [[nodiscard]] bool out_of_memory() const;
  [[nodiscard]] PoolScope scope_of(const Origin& origin) const;
  [[nodiscard]] Roster::Link link_of(std::uint32_t upstream) const;

  WorkerState& state_;
  Answers& answers_;
  LateKeys& late_keys_;
};

}  // namespace waymark::proxy
