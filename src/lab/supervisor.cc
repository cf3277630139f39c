#include "lab/supervisor.h"

#include <fmt/ranges.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <future>
#include <utility>

#include "base/status.h"
#include "lab/child.h"

namespace waymark::lab {
namespace {

using absl::StatusCode;
using Clock = std::chrono::steady_clock;

constexpr int kTickMs = 100;
constexpr int kIdleMs = 1'000;

absl::Status not_so(const Member& member, std::string_view due) {
  return error(StatusCode::kFailedPrecondition, "{} is {}{}; {}", member.recipe.name,
               name_of(member.state), member.ended.empty() ? "" : " (" + member.ended + ")", due);
}

bool is_alive(const Member& member) {
  return member.state == State::running || member.state == State::frozen;
}

}  // namespace

Supervisor::Supervisor(std::vector<Recipe> recipes, const std::string& log_folder)
    : signals_({SIGINT, SIGTERM, SIGHUP, SIGCHLD}),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  for (Recipe& recipe : recipes) {
    std::string file = fmt::format("{}/{}.log", log_folder, recipe.name);
    members_.push_back(std::make_unique<Member>(std::move(recipe), std::move(file)));
  }
}

Supervisor::~Supervisor() {
  for (const auto& member : members_) {
    if (member->pid != 0) {
      ::kill(-member->pid, SIGKILL);
      while (::waitpid(member->pid, nullptr, 0) < 0 && errno == EINTR) {
      }
    }
    if (member->output >= 0) ::close(member->output);
  }
  ::close(wake_);
}

absl::Status Supervisor::start_all() {
  for (const auto& member : members_) {
    if (absl::Status status = start(*member); !status.ok()) return status;
  }
  return absl::OkStatus();
}

void Supervisor::run(std::function<bool()> tick) {
  while (true) {
    run_tasks();
    if (tick && tick()) tick = nullptr;
    move_on();
    const bool all_ended = std::all_of(members_.begin(), members_.end(),
                                       [](const auto& member) { return member->pid == 0; });
    if (ending_ && all_ended) break;
    wait_for_events(tick != nullptr);
  }
  {
    std::lock_guard lock(mutex_);
    over_ = true;
  }
  run_tasks();
}

void Supervisor::end() { ending_ = true; }

std::vector<MemberView> Supervisor::views() const {
  std::vector<MemberView> views;
  for (const auto& member : members_) views.push_back(member->view());
  return views;
}

const Member* Supervisor::find(const std::string& name) const {
  for (const auto& member : members_) {
    if (member->recipe.name == name) return member.get();
  }
  return nullptr;
}

// --- what the loop does ---

void Supervisor::wait_for_events(bool ticking) {
  std::vector<pollfd> waits = {{signals_.fd(), POLLIN, 0}, {wake_, POLLIN, 0}};
  std::vector<Member*> speakers;
  bool stopping = ending_;
  for (const auto& member : members_) {
    stopping |= member->state == State::stopping;
    if (member->output < 0) continue;
    waits.push_back({member->output, POLLIN, 0});
    speakers.push_back(member.get());
  }
  ::poll(waits.data(), waits.size(), ticking || stopping ? kTickMs : kIdleMs);
  std::uint64_t woken = 0;
  (void)!::read(wake_, &woken, sizeof(woken));
  while (const int number = signals_.take()) {
    if (number != SIGCHLD) ending_ = true;
  }
  for (std::size_t i = 0; i < speakers.size(); ++i) {
    if (waits[i + 2].revents != 0) read_output(*speakers[i]);
  }
  reap();
}

void Supervisor::read_output(Member& member) {
  std::array<char, 16 * 1024> buffer;
  const ssize_t got = ::read(member.output, buffer.data(), buffer.size());
  if (got > 0) return member.log.add({buffer.data(), static_cast<std::size_t>(got)});
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  ::close(std::exchange(member.output, -1));
}

void Supervisor::reap() {
  for (const auto& member : members_) {
    int status = 0;
    if (member->pid == 0 || ::waitpid(member->pid, &status, WNOHANG) != member->pid) continue;
    // What it said last is there; somebody it has started could hold the pipe open for ever.
    while (member->output >= 0) {
      pollfd more{member->output, POLLIN, 0};
      if (::poll(&more, 1, 0) <= 0) ::close(std::exchange(member->output, -1));
      if (member->output >= 0) read_output(*member);
    }
    const bool asked = member->state == State::stopping;
    member->pid = 0;
    member->kill_at.reset();
    member->become(asked ? State::stopped : State::failed);
    member->ended = describe_end(status);
    member->log.note("waymark-lab: " + member->recipe.name + " has ended: " + member->ended);
    if (!asked) on_failure_(*member);
  }
}

// Kills who does not heed SIGTERM, and ends all once that is due.
void Supervisor::move_on() {
  const auto now = Clock::now();
  const bool proxies = std::any_of(members_.begin(), members_.end(), [](const auto& member) {
    return member->recipe.kind == Kind::proxy && member->pid != 0;
  });
  for (const auto& member : members_) {
    if (member->kill_at && now >= *member->kill_at) {
      ::kill(-member->pid, SIGKILL);
      member->kill_at.reset();
    }
    if (!ending_ || member->pid == 0) continue;
    const bool is_proxy = member->recipe.kind == Kind::proxy;
    if (is_alive(*member) && (is_proxy || !proxies)) (void)stop(*member);
  }
}

void Supervisor::run_tasks() {
  std::vector<std::function<void()>> tasks;
  {
    std::lock_guard lock(mutex_);
    tasks.swap(tasks_);
  }
  for (const auto& task : tasks) task();
}

absl::Status Supervisor::start(Member& member) {
  if (ending_) return error(StatusCode::kFailedPrecondition, "the lab ends");
  if (member.pid != 0) return not_so(member, "stop or kill it first");
  const auto child = start_child(member.recipe.command);
  if (!child.ok()) return child.status();
  if (member.output >= 0) ::close(member.output);
  member.pid = child->pid;
  member.output = child->output;
  member.become(State::running);
  member.ended.clear();
  ++member.starts;
  member.log.note(
      fmt::format("waymark-lab: {} is started, pid {}", member.recipe.name, child->pid));
  return absl::OkStatus();
}

absl::Status Supervisor::stop(Member& member) {
  if (!is_alive(member)) return not_so(member, "there is nothing to stop");
  member.become(State::stopping);
  member.kill_at = Clock::now() + kPatience;
  ::kill(-member.pid, SIGTERM);
  ::kill(-member.pid, SIGCONT);
  return absl::OkStatus();
}

absl::Status Supervisor::kill(Member& member) {
  if (member.pid == 0) return not_so(member, "there is nothing to kill");
  member.become(State::stopping);
  member.kill_at.reset();
  ::kill(-member.pid, SIGKILL);
  return absl::OkStatus();
}

absl::StatusOr<Member*> Supervisor::member(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& member : members_) {
    if (member->recipe.name == name) return member.get();
    names.push_back(member->recipe.name);
  }
  return error(StatusCode::kNotFound, "there is no {} in this lab; there are {}", name,
               fmt::join(names, ", "));
}

// --- what other threads ask ---

void Supervisor::call(const std::function<void()>& task) {
  std::promise<void> done;
  {
    std::lock_guard lock(mutex_);
    if (over_) return task();  // its thread waits for this one to end
    tasks_.emplace_back([&] {
      task();
      done.set_value();
    });
  }
  const std::uint64_t one = 1;
  (void)!::write(wake_, &one, sizeof(one));
  done.get_future().wait();
}

absl::StatusOr<MemberView> Supervisor::ask(const std::string& name, const Change& change) {
  absl::StatusOr<MemberView> answer = MemberView{};
  call([&] {
    const auto found = member(name);
    absl::Status status = found.ok() ? change(**found) : found.status();
    answer = status.ok() ? absl::StatusOr<MemberView>((*found)->view()) : status;
  });
  return answer;
}

std::vector<MemberView> Supervisor::ask_views() {
  std::vector<MemberView> all;
  call([&] { all = views(); });
  return all;
}

absl::StatusOr<MemberView> Supervisor::ask_view(const std::string& name) {
  return ask(name, [](Member&) { return absl::OkStatus(); });
}

absl::StatusOr<MemberView> Supervisor::ask_start(const std::string& name) {
  return ask(name, [this](Member& member) { return start(member); });
}

absl::StatusOr<MemberView> Supervisor::ask_stop(const std::string& name) {
  return ask(name, [this](Member& member) { return stop(member); });
}

absl::StatusOr<MemberView> Supervisor::ask_kill(const std::string& name) {
  return ask(name, [this](Member& member) { return kill(member); });
}

absl::StatusOr<MemberView> Supervisor::ask_freeze(const std::string& name) {
  return ask(name, [](Member& member) {
    if (member.state != State::running) return not_so(member, "only what runs can be frozen");
    ::kill(-member.pid, SIGSTOP);
    member.become(State::frozen);
    return absl::OkStatus();
  });
}

absl::StatusOr<MemberView> Supervisor::ask_resume(const std::string& name) {
  return ask(name, [](Member& member) {
    if (member.state != State::frozen) return not_so(member, "only what is frozen can be resumed");
    ::kill(-member.pid, SIGCONT);
    member.become(State::running);
    return absl::OkStatus();
  });
}

absl::StatusOr<LogPage> Supervisor::ask_log(const std::string& name,
                                            std::optional<std::uint64_t> after, std::size_t limit) {
  absl::StatusOr<LogPage> answer = LogPage{};
  call([&] {
    const auto found = member(name);
    if (!found.ok()) {
      answer = found.status();
    } else {
      answer = after ? (*found)->log.read(*after, limit) : (*found)->log.tail(limit);
    }
  });
  return answer;
}

void Supervisor::ask_end() {
  call([this] { end(); });
}

bool Supervisor::ask_ending() {
  bool answer = false;
  call([&] { answer = ending_; });
  return answer;
}

}  // namespace waymark::lab
