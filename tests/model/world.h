// One worker's decisions without its threads, sockets and streams: the sources of src/proxy on the
// fakes of this folder. What proxy::Worker does between them is done here.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "history.h"
#include "proxy/answers.h"
#include "proxy/closer.h"
#include "proxy/down_path.h"
#include "proxy/entrance.h"
#include "proxy/mover.h"
#include "proxy/outcomes.h"
#include "proxy/redelivery.h"
#include "proxy/sideways.h"
#include "proxy/steering.h"
#include "proxy/sweep.h"
#include "proxy/up_path.h"
#include "proxy/worker_state.h"

namespace waymark::model {

class World final : public net::ConnectionEvents, public link::LinkEvents, proxy::Observer {
 public:
  static constexpr std::uint32_t kUpstreams = 3;
  static constexpr std::size_t kMostInFlight = 4;  // of one upstream, where frames are dispatched
  // A client's share is kShare, and the last read may pass it by its own size: as many frames as
  // that has room for, each with its header.
  static constexpr std::size_t kWindow = 12;  // events
  // The last read may pass the window by all the frames it brings.
  static constexpr std::size_t kMostOnALink = kWindow + 16;
  static constexpr std::size_t kShare = 64;
  static constexpr std::size_t kMostOfAShare = kShare + kShare / 4 * 64 + 256;

  World(const proxy::PoolSettings& pool, History& history);
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World() override;

  // --- what happens ---

  // A client connects; it is known by this number from now on.
  int connect_client();
  // nullptr once its connection is released.
  [[nodiscard]] net::Connection* socket_of(int client) const;
  void order(std::uint32_t upstream, proxy::Role role);
  [[nodiscard]] link::Link& link_of(std::uint32_t upstream) const;
  // Clients with input are read until nothing moves any more, closed ones are released.
  void pass();
  // A tenth of a second goes by.
  void tick();

  // --- what can be seen ---

  [[nodiscard]] std::uint64_t now_ms() const { return loop_.now_ms(); }
  [[nodiscard]] const proxy::WorkerState& state() const { return state_; }
  [[nodiscard]] std::uint64_t frames_read() const {
    return state_.counters.listeners.front().frames_up + state_.counters.frames_copied;
  }
  // The sum of conservation: each frame that was read is in one of these.
  [[nodiscard]] std::uint64_t frames_accounted_for() const;
  // Bytes one client has under way, of the one that has most.
  [[nodiscard]] std::size_t largest_share() const;
  // Frames that wait for an upstream that may take them.
  [[nodiscard]] std::size_t frames_queued() const { return dispatcher_.frames(); }
  // Which limit on what upstreams have is exceeded; empty if none is.
  [[nodiscard]] std::string too_many_in_flight() const;
  // What is left over when nobody is there any more; empty if nothing is.
  [[nodiscard]] std::string leftovers() const;

 private:
  void pump();
  void readable(net::Connection& connection) override;
  void drained(net::Connection& connection) override;
  void broken(net::Connection& connection, int error_number) override;
  void released(net::Connection& connection) override;

  void link_ready(link::Link& link) override;
  void link_lost(link::Link& link, std::string_view why,
                 std::vector<link::LostBatch> batches) override;
  void link_failed(link::Link&, std::string_view) override {}
  void link_command(link::Link& link, const wire::Command& command) override;
  void link_commands_end(link::Link&) override;
  void link_acked(link::Link& link, const session::Ledger::Entry& entry) override;
  void link_nacked(link::Link& link, const wire::Nack& nack) override;
  void link_has_room(link::Link& link) override;

  void connection_ended(const proxy::ConnectionSummary&) override {}
  void connections_refused(const proxy::RefusedConnections&) override {}
  void upstream_ready(const proxy::UpstreamRef&, std::string_view, std::string_view,
                      std::string_view, std::string_view) override {}
  void upstream_failed(const proxy::UpstreamRef&, std::string_view, std::string_view,
                       std::string_view) override {}
  void upstream_lost(const proxy::UpstreamRef&, std::string_view, std::string_view,
                     std::string_view) override {}
  void upstream_rests(const proxy::UpstreamRef&) override {}
  void upstream_gone(const proxy::UpstreamRef&) override {}
  void dead_letter(proxy::DeadLetter&& letter) override {
    ++dead_letters_;
    history_.given_up(letter.mark, letter.seq);
  }

  History& history_;
  const proxy::Settings settings_;
  proxy::Shared shared_;
  net::Loop loop_;
  net::Poller poller_;
  proxy::Framings framings_;
  link::CompletionThread completion_thread_;
  proxy::WorkerState state_;
  proxy::Fleet fleet_;
  proxy::Outcomes outcomes_;
  proxy::Dispatcher dispatcher_;
  proxy::Closer closer_;
  proxy::Leaver leaver_;
  proxy::Overload overload_;
  proxy::UpPath up_;
  proxy::Marking marking_;
  proxy::Entrance entrance_;
  proxy::LateKeys late_keys_;
  proxy::Redelivery redelivery_;
  proxy::Mover mover_;
  proxy::Answers answers_;
  proxy::Sideways sideways_;
  proxy::Steering steering_;
  proxy::DownPath down_;
  proxy::Sweep sweep_;
  int clients_ = 0;
  std::uint64_t tickets_ = 0;
  std::uint64_t dead_letters_ = 0;
};

}  // namespace waymark::model
