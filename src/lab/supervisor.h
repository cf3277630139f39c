// Keeps the processes of a lab: starts them, reads what they say, sees them end.
//
// It runs on one thread, the one that has made it; others reach it by the calls marked so, which
// wait for it.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ctl/signals.h"
#include "lab/member.h"

namespace waymark::lab {

class Supervisor {
 public:
  static constexpr std::chrono::seconds kPatience{10};  // from SIGTERM to SIGKILL

  // `log_folder`: where each process gets a file. SIGINT and SIGTERM end run() from here on.
  Supervisor(std::vector<Recipe> recipes, const std::string& log_folder);
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;
  ~Supervisor();

  // Starts all. The error names the program that could not be.
  [[nodiscard]] absl::Status start_all();
  // Runs until all have ended after end(). `tick` is called about ten times a second until it
  // answers true: it may call end() and views().
  void run(std::function<bool()> tick);
  // Proxies end first: they deliver what they hold while their upstreams are there.
  void end();
  [[nodiscard]] bool ending() const { return ending_; }
  [[nodiscard]] std::vector<MemberView> views() const;
  // Called for each process that has ended by itself.
  void on_failure(std::function<void(const Member&)> told) { on_failure_ = std::move(told); }
  [[nodiscard]] const Member* find(const std::string& name) const;

  // --- any other thread ---

  [[nodiscard]] std::vector<MemberView> ask_views();
  // NotFound names those there are, FailedPrecondition says how the process is instead.
  [[nodiscard]] absl::StatusOr<MemberView> ask_view(const std::string& name);
  [[nodiscard]] absl::StatusOr<MemberView> ask_start(const std::string& name);
  [[nodiscard]] absl::StatusOr<MemberView> ask_stop(const std::string& name);
  [[nodiscard]] absl::StatusOr<MemberView> ask_kill(const std::string& name);
  [[nodiscard]] absl::StatusOr<MemberView> ask_freeze(const std::string& name);
  [[nodiscard]] absl::StatusOr<MemberView> ask_resume(const std::string& name);
  // Without `after` the last `limit` lines.
  [[nodiscard]] absl::StatusOr<LogPage> ask_log(const std::string& name,
                                                std::optional<std::uint64_t> after,
                                                std::size_t limit);
  void ask_end();
  [[nodiscard]] bool ask_ending();

 private:
  using Change = std::function<absl::Status(Member&)>;

  // Called on the supervisor's thread; returns when that is done.
  void call(const std::function<void()>& task);
  [[nodiscard]] absl::StatusOr<MemberView> ask(const std::string& name, const Change& change);
  [[nodiscard]] absl::StatusOr<Member*> member(const std::string& name);
  [[nodiscard]] absl::Status start(Member& member);
  [[nodiscard]] absl::Status stop(Member& member);
  [[nodiscard]] absl::Status kill(Member& member);
  void wait_for_events(bool ticking);
  void read_output(Member& member);
  void reap();
  void move_on();
  void run_tasks();

  std::vector<std::unique_ptr<Member>> members_;
  std::function<void(const Member&)> on_failure_ = [](const Member&) {};
  ctl::Signals signals_;
  const int wake_;  // eventfd
  bool ending_ = false;
  std::mutex mutex_;
  std::vector<std::function<void()>> tasks_;  // guarded by mutex_, as below
  bool over_ = false;                         // nobody carries out tasks any more
};

}  // namespace waymark::lab
