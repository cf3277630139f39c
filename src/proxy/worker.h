// One event-loop thread with its clients and links. Everything in it is touched by that thread
// alone; others reach it through post().
#pragma once

#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "link/completion_thread.h"
#include "net/inbox.h"
#include "net/loop.h"
#include "proxy/closer.h"
#include "proxy/dispatcher.h"
#include "proxy/down_path.h"
#include "proxy/drain.h"
#include "proxy/entrance.h"
#include "proxy/handshakes.h"
#include "proxy/late_keys.h"
#include "proxy/leaver.h"
#include "proxy/outcomes.h"
#include "proxy/redelivery.h"
#include "proxy/replay.h"
#include "proxy/reply_timeouts.h"
#include "proxy/sideways.h"
#include "proxy/survey.h"
#include "proxy/sweep.h"
#include "proxy/up_path.h"
#include "proxy/worker_state.h"

namespace waymark::proxy {

class Worker final : public net::ConnectionEvents, public link::LinkEvents {
 public:
  // `shared` outlives the worker.
  Worker(Shared& shared, LayoutPtr layout, std::size_t index);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  // Joins the thread, which must have been told to drain.
  ~Worker() override;

  void start();
  // Any thread.
  void post(Mail mail) { inbox_.post(std::move(mail)); }

 private:
  void run();
  void on_mail(Mail&& mail);
  void on_completions();
  void on_tick();
  void give_mark(const TakenOver& done);
  void take_in(NewClient&& client);
  void begin_drain(const DrainRequest& request);
  void serve_layout(LayoutPtr layout);
  void carry_on(SurveyStep&& step);
  void carry_on(ReplayStep&& step);
  void note_lag();
  [[nodiscard]] WorkerSnapshot snapshot() const;

  void readable(net::Connection& connection) override;
  void drained(net::Connection& connection) override;
  void broken(net::Connection& connection, int error_number) override;
  void released(net::Connection& connection) override;

  void link_ready(link::Link& link) override;
  void link_lost(link::Link& link, std::string_view why,
                 std::vector<link::LostBatch> batches) override;
  void link_failed(link::Link& link, std::string_view why) override;
  void link_command(link::Link& link, const wire::Command& command) override;
  void link_commands_end(link::Link& link) override;
  void link_acked(link::Link& link, const session::Ledger::Entry& entry) override;
  void link_nacked(link::Link& link, const wire::Nack& nack) override;
  void link_has_room(link::Link& link) override;

  // In the order of construction, which is the reverse of the order they end in.
  net::Loop loop_;
  net::Inbox<Mail> inbox_;
  net::Waker completions_waker_;
  net::Timer timer_;
  net::Poller poller_;
  std::unique_ptr<link::CompletionThread> completion_thread_;
  WorkerState state_;
  std::unique_ptr<Fleet> fleet_;
  Outcomes outcomes_;
  Dispatcher dispatcher_;
  Closer closer_;
  Leaver leaver_;
  Overload overload_;
  UpPath up_;
  Marking marking_;
  Entrance entrance_;
  LateKeys late_keys_;
  Handshakes handshakes_;
  Redelivery redelivery_;
  Mover mover_;
  Answers answers_;
  Sideways sideways_;
  Steering steering_;
  DownPath down_;
  Sweep sweep_;
  ReplyTimeouts reply_timeouts_;
  Drain drain_;
  std::chrono::steady_clock::time_point last_tick_;
  std::thread thread_;
};

}  // namespace waymark::proxy
