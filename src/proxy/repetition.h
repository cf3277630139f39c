// Writes events once more, to where their clients are served now: those of a link that was lost,
// and those an upstream has refused.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "proxy/dead_letter.h"
#include "proxy/up_path.h"
#include "proxy/worker_state.h"

namespace waymark::proxy {

// Lives as long as one repetition. Clients that have ended meanwhile are served too: the upstream
// that gets their last frames is told of their opening and closing, and all of one client go to the
// same upstream.
class Repetition {
 public:
  // `pool` has a ready upstream or queues frames, or all clients concerned have an upstream.
  // `had_them`: the upstream that had the events; null if it is not known.
  Repetition(WorkerState& state, UpPath& up, Dispatcher& dispatcher, Pool& pool, Upstream* had_them)
      : state_(state), up_(up), dispatcher_(dispatcher), pool_(pool), had_them_(had_them) {}

  // Frames that were tried too often are given up. Formers: connections that had the mark of a
  // client before it; what they have left has to come before that one's opening.
  enum class Whose : std::uint8_t { all, formers, all_but_formers };
  void write(const std::vector<link::LostBatch>& batches, Whose whose = Whose::all);
  // The frame will not come: a Gap in its place.
  void give_up(const wire::Event& frame, DeadLetter::Reason why);
  // The same for one whose client has ended, so that there is nobody to tell.
  void bury(const wire::Event& frame, DeadLetter::Reason why);
  // The client ended while no upstream was there; only the one that got its last frames cares.
  void end(const HeldEnd& ended);
  // To be called last: who was told of an opening is told of an end, and what found no room is held
  // back.
  void finish();

 private:
  // Where the events of a client go that has ended.
  struct Home {
    std::optional<std::size_t> upstream = {};
    std::string opening = {};  // the body of its Opened, if that came; told with its first frame
    bool open = false;         // between Opened and Closed
    std::uint64_t received_at = 0;  // of the last of its events
  };

  [[nodiscard]] bool concerns(const wire::EventHeader& event, Whose whose) const;
  void once_more(const wire::Event& event, bool may_have_arrived, bool no_attempt);
  void send(const wire::Event& event);
  void give(Client& client, const wire::Event& event);
  void dispatch(const wire::Event& event);
  void send_of_ended(const wire::Event& event);
  void strand(const wire::Event& event);
  // Of a client that has ended: with the first of its events.
  [[nodiscard]] static std::string opening_of(const wire::Event& event);
  [[nodiscard]] link::Link& link_of(const Home& home) const {
    return *state_.fleet->upstreams()[*home.upstream].link;
  }

  WorkerState& state_;
  UpPath& up_;
  Dispatcher& dispatcher_;
  Pool& pool_;
  Upstream* const had_them_;
  absl::flat_hash_map<Mark, Home> home_;
  absl::flat_hash_map<Mark, link::LostBatch> no_room_;
};

}  // namespace waymark::proxy
