// Keys that are known only after their client has been let in (Entrance): a later frame has told
// it, or an upstream. The client is not read from until all it has sent under the mark it has is
// done; then the upstreams that know it are told Marked, and the old mark stays an alias.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "proxy/closer.h"
#include "proxy/leaver.h"
#include "proxy/marking.h"
#include "proxy/outcomes.h"
#include "proxy/worker_state.h"

namespace waymark::proxy {

class LateKeys {
 public:
  LateKeys(WorkerState& state, Marking& marking, Outcomes& outcomes, Closer& closer, Leaver& leaver)
      : state_(state), marking_(marking), outcomes_(outcomes), closer_(closer), leaver_(leaver) {}

  // Whoever had the mark of this client is gone.
  static void taken_over(Client& client) { client.late->stage = LateKey::Stage::granted; }
  // SetMark: an upstream has told the client's key, or confirms the one it has if that is empty.
  // Answers why not; unspecified: Marked follows.
  [[nodiscard]] wire::Refusal tell(Client& client, const std::string& key);
  // About ten times a second.
  void tick();

 private:
  static constexpr std::size_t kMostAliases = 16;

  // False: there is nothing left to do for it.
  [[nodiscard]] bool go_on(Client& client);
  [[nodiscard]] bool is_quiet(Client& client);
  [[nodiscard]] bool is_quiet_at(std::uint32_t upstream, const Mark& mark, LateKey& late);
  // Somebody had the mark it is given, and has left frames in the queue of its pool.
  [[nodiscard]] bool waits_for_former(const Client& client) const;
  // The upstreams that know it.
  [[nodiscard]] std::vector<std::uint32_t> upstreams_of(const Client& client) const;
  // Where it is served now a mark cannot change.
  [[nodiscard]] bool must_stay(const Client& client) const;
  void stay(Client& client);
  [[nodiscard]] bool claim(Client& client);
  void rename(Client& client);
  [[nodiscard]] wire::Refusal confirm(Client& client) const;
  void tell_upstreams(Client& client, const Mark& old) const;

  WorkerState& state_;
  Marking& marking_;
  Outcomes& outcomes_;
  Closer& closer_;
  Leaver& leaver_;
  // Of upstreams that ack, in this tick: whose events they have and are not done with.
  absl::flat_hash_map<std::uint32_t, absl::flat_hash_set<Mark>> outstanding_;
};

}  // namespace waymark::proxy
