#include "control/upstream_life.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace waymark::control {
namespace {

constexpr std::uint64_t kSameLossMs = 1'000;
constexpr std::uint32_t kLeastWeight = 10;  // percent, at the begin of slow start

std::uint64_t count(Millis duration) { return static_cast<std::uint64_t>(duration.count()); }

// Limits that would make the machine stand still or spin.
HealthSettings sound(HealthSettings settings) {
  for (Millis* least_one : {&settings.interval, &settings.dead_interval, &settings.eject_base}) {
    *least_one = std::max(*least_one, Millis(1));
  }
  settings.eject_max = std::max(settings.eject_max, settings.eject_base);
  settings.rise = std::max(settings.rise, 1);
  settings.fall = std::max(settings.fall, 1);
  settings.max_failures = std::max(settings.max_failures, settings.fall);
  return settings;
}

}  // namespace

std::string_view name_of(State state) {
  switch (state) {
    case State::joining:
      return "joining";
    case State::ready:
      return "ready";
    case State::unhealthy:
      return "unhealthy";
    case State::dead:
      return "dead";
    case State::leaving:
      return "leaving";
  }
  return "";
}

std::string_view name_of(AdminState state) {
  switch (state) {
    case AdminState::ready:
      return "ready";
    case AdminState::drain:
      return "drain";
    case AdminState::maintenance:
      return "maintenance";
  }
  return "";
}

UpstreamLife::UpstreamLife(const HealthSettings& settings, std::function<std::uint32_t()> random,
                           std::uint64_t now_ms)
    : settings_(sound(settings)),
      random_(std::move(random)),
      now_ms_(now_ms),
      since_ms_(now_ms),
      probe_backoff_(settings_.interval, std::max(settings_.interval, settings_.dead_interval)),
      next_probe_ms_(now_ms),
      eject_backoff_(settings_.eject_base, settings_.eject_max) {
  say();
}

// --- inputs ---

void UpstreamLife::links(std::uint32_t ready, std::uint32_t workers, std::uint64_t now_ms) {
  now_ms_ = now_ms;
  ready_links_ = ready;
  workers_ = workers;
  if (ready > 0) link_problem_.clear();
  settle();
}

void UpstreamLife::link_lost(std::string_view why, std::uint64_t now_ms) {
  now_ms_ = now_ms;
  link_problem_ = why;
  // Links that were told to end are no fault of the upstream.
  if (settings_.eject_after > 0 && role() == Role::serve && !ejected()) count_loss(why);
  settle();
}

void UpstreamLife::count_loss(std::string_view why) {
  if (!losses_.empty() && now_ms_ - losses_.back() < kSameLossMs) return;
  std::erase_if(losses_, [this](std::uint64_t lost_ms) {
    return now_ms_ - lost_ms > count(settings_.eject_window);
  });
  losses_.push_back(now_ms_);
  if (losses_.size() < static_cast<std::size_t>(settings_.eject_after)) return;
  losses_.clear();
  ejected_until_ms_ = now_ms_ + count(eject_backoff_.next(random_()));
  eject_reason_ = fmt::format("ejected after {} lost link{}, the last: {}", settings_.eject_after,
                              settings_.eject_after == 1 ? "" : "s", why);
}

void UpstreamLife::link_failed(std::string_view why, std::uint64_t now_ms) {
  now_ms_ = now_ms;
  link_problem_ = why;
  trial_until_ms_ = 0;
  settle();
}

void UpstreamLife::probe(const ProbeResult& result, std::uint64_t now_ms) {
  now_ms_ = now_ms;
  if (settings_.check == HealthSettings::Check::link || !judged()) return settle();
  health_ = result.text;
  switch (result.kind) {
    case ProbeResult::Kind::passing:
      on_passing();
      break;
    case ProbeResult::Kind::not_serving:
      on_not_serving();
      break;
    case ProbeResult::Kind::failed:
      on_failed();
      break;
    case ProbeResult::Kind::unsupported:
      on_unsupported();
      break;
  }
  settle();
  plan_probe();
  say();
}

void UpstreamLife::on_passing() {
  health_answered_ = true;
  fails_ = 0;
  ++passes_;
  const bool was_trusted = trusted();
  if (verdict_ == Verdict::none || passes_ >= settings_.rise) verdict_ = Verdict::passing;
  if (state_ == State::dead) enter(State::unhealthy);
  // A server that is well and cannot be linked to is no use.
  if (was_trusted) return look_at_links();
  failures_ = 0;
}

void UpstreamLife::on_not_serving() {
  health_answered_ = true;
  verdict_ = Verdict::not_serving;
  passes_ = fails_ = failures_ = 0;
  if (state_ == State::dead) enter(State::unhealthy);
}

void UpstreamLife::on_failed() {
  passes_ = 0;
  if (links_decide()) return look_at_links();
  ++failures_;
  if (++fails_ >= settings_.fall) verdict_ = Verdict::failing;
}

void UpstreamLife::on_unsupported() {
  if (settings_.check == HealthSettings::Check::grpc) return on_failed();
  health_answered_ = false;
  verdict_ = Verdict::none;
  passes_ = fails_ = 0;
  look_at_links();
}

void UpstreamLife::look_at_links() {
  if (ready_links_ > 0) {
    failures_ = 0;
  } else if (state_ == State::dead) {
    trial_until_ms_ = now_ms_ + count(settings_.interval);
  } else if (role() != Role::give_up) {
    ++failures_;
  }
}

void UpstreamLife::set_admin_state(AdminState state, std::uint64_t now_ms) {
  now_ms_ = now_ms;
  if (admin_ == state || state_ == State::leaving) return settle();
  const AdminState before = std::exchange(admin_, state);
  if (state == AdminState::maintenance) {
    next_probe_ms_ = kNever;
  } else if (before == AdminState::maintenance) {
    next_probe_ms_ = now_ms;
  }
  if (state == AdminState::ready) return forgive(now_ms);
  settle();
}

void UpstreamLife::forgive(std::uint64_t now_ms) {
  now_ms_ = now_ms;
  if (admin_ != AdminState::ready || state_ == State::leaving) return settle();
  next_probe_ms_ = now_ms;
  if (verdict_ == Verdict::failing) verdict_ = Verdict::none;
  passes_ = fails_ = failures_ = 0;
  ejected_until_ms_ = trial_until_ms_ = 0;
  losses_.clear();
  eject_backoff_.reset();
  if (state_ == State::dead) enter(State::unhealthy);
  settle();
}

void UpstreamLife::set_last_resort(bool last_resort, std::uint64_t now_ms) {
  now_ms_ = now_ms;
  last_resort_ = last_resort;
  settle();
}

void UpstreamLife::leave(std::uint64_t now_ms) {
  now_ms_ = now_ms;
  if (state_ != State::leaving) enter(State::leaving);
  next_probe_ms_ = kNever;
  settle();
}

void UpstreamLife::set_settings(const HealthSettings& settings, std::uint64_t now_ms) {
  now_ms_ = now_ms;
  settings_ = sound(settings);
  probe_backoff_ =
      Backoff(settings_.interval, std::max(settings_.interval, settings_.dead_interval));
  eject_backoff_ = Backoff(settings_.eject_base, settings_.eject_max);
  settle();
  plan_probe();
  say();
}

void UpstreamLife::tick(std::uint64_t now_ms) {
  now_ms_ = now_ms;
  const bool due =
      settings_.check == HealthSettings::Check::link && judged() && now_ms_ >= next_probe_ms_;
  if (due) look_at_links();
  if (state_ == State::ready && now_ms_ - since_ms_ >= count(settings_.eject_window)) {
    eject_backoff_.reset();
  }
  settle();
  if (!due) return;
  plan_probe();
  say();
}

// --- what follows ---

bool UpstreamLife::links_decide() const {
  return settings_.check == HealthSettings::Check::link ||
         (settings_.check == HealthSettings::Check::automatic && !health_answered_);
}

bool UpstreamLife::judged() const {
  return state_ != State::leaving && admin_ != AdminState::maintenance;
}

bool UpstreamLife::trusted() const {
  if (ejected()) return false;
  if (verdict_ == Verdict::none) return settings_.check != HealthSettings::Check::grpc;
  return verdict_ == Verdict::passing;
}

bool UpstreamLife::given_up() const {
  return ejected() || verdict_ == Verdict::failing || (state_ == State::dead && !in_trial());
}

void UpstreamLife::enter(State state) {
  back_since_ms_ = state_ == State::unhealthy && state == State::ready ? now_ms_ : kNever;
  if (state == State::ready || state_ == State::dead) {
    failures_ = 0;
    probe_backoff_.reset();
  }
  state_ = state;
  since_ms_ = now_ms_;
}

void UpstreamLife::settle() {
  for (State before = State::leaving; before != state_;) {
    before = state_;
    const bool well = ready_links_ > 0 && trusted();
    switch (state_) {
      case State::joining:
        if (well) {
          enter(State::ready);
        } else if (failures_ >= settings_.fall || ejected()) {
          enter(State::unhealthy);
        }
        break;
      case State::ready:
        if (!well) enter(State::unhealthy);
        break;
      case State::unhealthy:
        if (well) {
          enter(State::ready);
        } else if (failures_ >= settings_.max_failures) {
          enter(State::dead);
        }
        break;
      case State::dead:
        if (well) enter(State::unhealthy);
        break;
      case State::leaving:
        break;
    }
  }
  say();
}

void UpstreamLife::plan_probe() {
  Millis wait = settings_.interval;
  if (state_ == State::unhealthy && failures_ > 0) {
    wait = probe_backoff_.next(random_());
  } else {
    if (state_ == State::dead) wait = settings_.dead_interval;
    // A tenth more or less, so that proxies that began together do not probe together.
    const auto spread = static_cast<std::uint32_t>(wait.count() / 5 + 1);
    wait += Millis(random_() % spread) - wait / 10;
    if (state_ != State::dead) probe_backoff_.reset();
  }
  next_probe_ms_ = now_ms_ + std::max<std::uint64_t>(1, count(wait));
}

// --- what is said ---

Role UpstreamLife::role() const {
  if (state_ == State::leaving) return Role::leave_politely;
  if (admin_ == AdminState::maintenance) return Role::rest;
  if (given_up() && !last_resort_) return Role::give_up;
  if (admin_ == AdminState::drain || verdict_ == Verdict::not_serving) return Role::leave_politely;
  const bool unproven = verdict_ == Verdict::none && settings_.check == HealthSettings::Check::grpc;
  return unproven ? Role::leave_politely : Role::serve;
}

std::uint32_t UpstreamLife::weight_percent() const {
  const std::uint64_t whole = count(settings_.slow_start);
  if (back_since_ms_ == kNever || now_ms_ - back_since_ms_ >= whole) return 100;
  return kLeastWeight +
         static_cast<std::uint32_t>((100 - kLeastWeight) * (now_ms_ - back_since_ms_) / whole);
}

std::string UpstreamLife::cause() const {
  if (ejected()) return eject_reason_;
  switch (verdict_) {
    case Verdict::failing:
    case Verdict::not_serving:
      if (passes_ == 0) return "health probe: " + health_;
      return fmt::format("health probe: passed {} of {} times", passes_, settings_.rise);
    case Verdict::none:
      if (settings_.check != HealthSettings::Check::grpc) break;
      return health_.empty() ? "health probe: no answer yet" : "health probe: " + health_;
    case Verdict::passing:
      break;
  }
  if (ready_links_ > 0) return {};
  const std::string none = workers_ > 1 ? fmt::format("none of {} links is ready", workers_)
                                        : std::string("no link is ready");
  return link_problem_.empty() ? none : none + ": " + link_problem_;
}

std::string UpstreamLife::problem() const {
  if (state_ == State::leaving) return "being removed";
  if (admin_ == AdminState::maintenance && ready_links_ == 0) return "in maintenance";
  if (standing_.panic)
    return "no other of its pool could serve, so it does in spite of: " + cause();
  return (state_ == State::dead ? "dead: " : "") + cause();
}

void UpstreamLife::say() {
  standing_.state = state_;
  standing_.admin_state = admin_;
  standing_.role = role();
  standing_.weight_percent = weight_percent();
  standing_.panic = standing_.role == Role::serve && given_up() && ready_links_ > 0;
  standing_.problem = problem();
  standing_.health = health_;
  standing_.since_ms = since_ms_;
  standing_.failures = static_cast<std::uint32_t>(failures_);
  standing_.next_probe_at_ms = next_probe_ms_;
  if (history_.empty() || history_.back().state != state_) remember();
}

void UpstreamLife::remember() {
  if (history_.size() == kMostChanges) history_.pop_front();
  history_.push_back({.at_ms = since_ms_, .state = state_, .problem = standing_.problem});
}

}  // namespace waymark::control
