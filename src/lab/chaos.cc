#include "lab/chaos.h"

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "app/config_machine.h"
#include "app/config_scalar.h"
#include "base/status.h"
#include "ctl/http_client.h"
#include "ctl/local_file.h"
#include "lab/checker.h"
#include "lab/client_journal.h"
#include "lab/crowd.h"
#include "lab/fault_player.h"
#include "lab/fault_schedule.h"
#include "lab/journal_reader.h"
#include "lab/leftovers.h"
#include "lab/run_dir.h"
#include "lab/verdict.h"

namespace waymark::lab {
namespace {

using absl::StatusCode;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kPause(50);
constexpr std::chrono::seconds kSilence(1);  // after which nothing comes that nobody holds
constexpr std::chrono::seconds kSettling(60);
constexpr milliseconds kDelay(20);  // so that something is unanswered whenever one fails
constexpr std::size_t kMaxJournal = std::size_t{1} << 30;
constexpr std::size_t kMaxToken = 4'096;

// One after the other, at every proxy.
class Rebalancer {
 public:
  explicit Rebalancer(const RunDir& dir) : dir_(dir) {}

  absl::Status operator()(const std::vector<MemberView>& members) {
    for (const MemberView& view : members) {
      if (view.kind != Kind::proxy) continue;
      const auto token = ctl::read_input(dir_.in("state/" + view.name + "/admin.token"), kMaxToken);
      if (!token.ok()) return token.status();
      const auto answer = http_.send(
          {.method = "POST",
           .url = "http://" + view.admin + "/v1/connections:rebalance",
           .headers = {"Authorization: Bearer " + token->substr(0, token->find_first_of("\r\n")),
                       "Content-Type: application/json"},
           .body = R"({"filter":{"state":"all"}})"});
      if (!answer.ok()) return answer.status();
      if (answer->status != 200) {
        return error(StatusCode::kFailedPrecondition, "{} answered HTTP {}", view.name,
                     answer->status);
      }
    }
    return absl::OkStatus();
  }

 private:
  const RunDir& dir_;
  ctl::HttpClient http_{milliseconds(5'000)};
};

absl::Status ended_early() {
  return error(StatusCode::kFailedPrecondition, "the lab was ended before there was a verdict");
}

// Does it all, while the supervisor's thread keeps the lab.
class Chaos final : public Guest {
 public:
  Chaos(const ChaosOptions& options, std::string journals, ctl::Output& out)
      : options_(options), journals_(std::move(journals)), out_(out) {}
  Chaos(const Chaos&) = delete;
  Chaos& operator=(const Chaos&) = delete;

  void enter(Supervisor& lab, const RunDir& dir) override {
    thread_ = std::thread([this, &lab, &dir] {
      result_ = run(lab, dir);
      lab.ask_end();
    });
  }

  void leave() override {
    {
      std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  // After leave().
  [[nodiscard]] const absl::Status& result() const { return result_; }

 private:
  absl::Status run(Supervisor& lab, const RunDir& dir) {
    Rebalancer rebalance(dir);
    const auto player = FaultPlayer::make(lab, [&] { return rebalance(lab.ask_views()); });
    if (!player.ok()) return player.status();
    std::vector<std::string> telemetry;
    CrowdOptions crowd_options{.targets = {}, .clients = options_.clients};
    for (const MemberView& view : lab.ask_views()) {
      if (view.kind != Kind::proxy) continue;
      crowd_options.targets.push_back(view.address);
      telemetry.push_back(view.telemetry);
    }
    Leftovers leftovers(std::move(telemetry));
    const auto crowd = Crowd::start(crowd_options);
    if (!crowd.ok()) return crowd.status();

    out_.print(fmt::format(
        "Seed {}: {} clients, {} upstreams, faults for {}; waymark-lab{} ps shows the lab.\n",
        options_.seed, options_.clients, options_.up.plan.upstreams,
        absl::FormatDuration(absl::FromChrono(options_.length)),
        options_.up.dir == default_run_dir() ? "" : " --dir " + options_.up.dir));
    play(**player);
    (*crowd)->stop_sending();
    settle(**crowd, leftovers);
    // Who ends the lab, ends its clients: that says nothing of the proxy.
    if (lab.ask_ending()) return ended_early();
    std::string missing;
    for (const MemberView& view : lab.ask_views()) {
      if (view.state == State::running) continue;
      out_.print(fmt::format("{} is {}: {}\n", view.name, name_of(view.state), view.ended));
      if (view.kind == Kind::upstream) missing = view.name;
    }
    if (const absl::Status status = judge(**crowd, **player); !status.ok()) return status;
    if (missing.empty()) return absl::OkStatus();
    return error(StatusCode::kFailedPrecondition,
                 "{} has ended by itself, which was none of the faults: that is no test", missing);
  }

  void play(FaultPlayer& player) {
    const auto begin = Clock::now();
    for (const FaultStep& step :
         make_schedule(options_.seed, options_.length, options_.up.plan.upstreams)) {
      if (!wait_until(begin + step.at)) return;
      out_.print(to_string(step) + "\n");
      if (const absl::Status status = player.play(step); !status.ok()) {
        out_.print(fmt::format("  that could not be done: {}\n", message_of(status)));
      }
    }
    (void)wait_until(begin + options_.length);
  }

  // What is missing after this does not come: frames may have no answer, because an upstream was
  // told to give none.
  void settle(const Crowd& crowd, Leftovers& leftovers) {
    const auto until = Clock::now() + kSettling;
    while (wait_until(Clock::now() + kPause)) {
      const bool silent = crowd.silence() > kSilence;
      if (silent && (crowd.unanswered() == 0 || leftovers.none(crowd.sent()))) return;
      if (Clock::now() < until) continue;
      out_.print(fmt::format(
          "After {} s something is still under way: what is missing may be late, not lost.\n",
          kSettling.count()));
      return;
    }
  }

  // False: the lab has ended.
  bool wait_until(Clock::time_point time) {
    std::unique_lock lock(mutex_);
    return !changed_.wait_until(lock, time, [this] { return over_; });
  }

  absl::Status judge(Crowd& crowd, const FaultPlayer& player) {
    History history{.clients = crowd.end(),
                    .served = {},
                    .withheld = player.withheld(),
                    .apart = player.apart()};
    JournalReader reader(history.served);
    for (std::size_t i = 0; i < options_.up.plan.upstreams; ++i) {
      const std::string name = upstream_name(i);
      const auto text = ctl::read_input(journal_of(name, journals_), kMaxJournal);
      if (!text.ok()) return text.status();
      if (absl::Status status = reader.add(name, *text); !status.ok()) return status;
    }
    if (!options_.journals.empty()) {
      if (absl::Status status = write_client_journal(history.clients, journals_); !status.ok()) {
        return status;
      }
    }
    const Findings findings = check(history);
    out_.print(verdict_text(findings));
    if (findings.answered == 0) {
      return error(StatusCode::kFailedPrecondition, "no frame was answered: that is no test");
    }
    if (findings.held()) return absl::OkStatus();
    return error(StatusCode::kFailedPrecondition,
                 "the guarantee is broken; seed {} has the same faults at the same times again",
                 options_.seed);
  }

  const ChaosOptions& options_;
  const std::string journals_;
  ctl::Output& out_;
  absl::Status result_ = ended_early();
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;  // guarded by mutex_
  std::thread thread_;
};

// An upstream appends to its journal: what is there already would be taken for a part of this run.
absl::Status check_unused(const std::string& journals, std::size_t upstreams) {
  std::vector<std::string> files = {client_journal_in(journals)};
  for (std::size_t i = 0; i < upstreams; ++i) {
    files.push_back(journal_of(upstream_name(i), journals));
  }
  for (const std::string& file : files) {
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) continue;
    return error(StatusCode::kInvalidArgument,
                 "--journals {}: {} is there already, of another run; name an empty directory",
                 journals, file);
  }
  return absl::OkStatus();
}

absl::Status check_plan(const Plan& plan) {
  if (plan.upstreams < 2) {
    return error(StatusCode::kInvalidArgument,
                 "upstreams: {}, but chaos is due at least 2: one of them is always whole",
                 plan.upstreams);
  }
  if (plan.framing != "line") {
    return error(StatusCode::kInvalidArgument, "framing: {}, but chaos sends lines", plan.framing);
  }
  if (plan.reply != "echo") {
    return error(StatusCode::kInvalidArgument, "reply: {}, but chaos knows answers by echo alone",
                 plan.reply);
  }
  return absl::OkStatus();
}

// What both ends write down is read, and judged, as a whole.
absl::Status check_size(const ChaosOptions& options) {
  const auto frames =
      options.clients * static_cast<std::size_t>(options.length / CrowdOptions().pace);
  if (frames <= ChaosOptions::kMostFrames) return absl::OkStatus();
  return error(StatusCode::kInvalidArgument,
               "{} clients send {} frames in this time, allowed: {}; take fewer clients, or less "
               "time",
               options.clients, frames, ChaosOptions::kMostFrames);
}

}  // namespace

absl::StatusOr<milliseconds> parse_chaos_length(std::string_view text) {
  const auto number =
      app::parse_number(app::schema::Rule::UNIT_DURATION, text, app::Machine::current());
  if (!number.ok()) return number.status();
  const milliseconds length(*number);
  if (length < std::chrono::seconds(1) || length > ChaosOptions::kLongest) {
    return error(StatusCode::kInvalidArgument, "{} is out of range, allowed: 1s to 30m", text);
  }
  return length;
}

absl::StatusOr<std::string> chaos_schedule(const ChaosOptions& options) {
  if (absl::Status status = check_plan(options.up.plan); !status.ok()) return status;
  std::string text;
  for (const FaultStep& step :
       make_schedule(options.seed, options.length, options.up.plan.upstreams)) {
    text += to_string(step) + "\n";
  }
  return text;
}

absl::Status run_chaos(const ChaosOptions& options, ctl::Output& out) {
  UpOptions up = options.up;
  if (absl::Status status = check_plan(up.plan); !status.ok()) return status;
  if (absl::Status status = check_size(options); !status.ok()) return status;
  const std::string journals = options.journals.empty() ? up.dir + "/journals" : options.journals;
  if (!options.journals.empty()) {
    if (absl::Status status = check_unused(journals, up.plan.upstreams); !status.ok()) {
      return status;
    }
  }
  if (up.plan.average_delay.count() == 0) up.plan.average_delay = kDelay;
  up.recipes = {.journals = journals, .watchful = true};
  Chaos chaos(options, journals, out);
  up.guest = &chaos;
  const absl::Status status = run_lab(up, out);
  return status.ok() ? chaos.result() : status;
}

}  // namespace waymark::lab
