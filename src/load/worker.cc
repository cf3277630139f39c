#include "load/worker.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

#include <algorithm>
#include <array>
#include <limits>

namespace waymark::load {
namespace {

constexpr std::size_t kScratch = 256 * 1024;
constexpr std::size_t kMaxConnecting = 128;  // a listener's backlog is finite
constexpr auto kTick = std::chrono::milliseconds(100);
constexpr std::uint64_t kWakeKey = std::numeric_limits<std::uint64_t>::max();

Time after(Time start, double count, double per_second) {
  return start + std::chrono::nanoseconds(static_cast<std::int64_t>(count * 1e9 / per_second));
}

void signal_event(int fd) {
  const std::uint64_t one = 1;
  (void)!::write(fd, &one, sizeof one);  // fails only when a wake-up is pending anyway
}

}  // namespace

Worker::Worker(const Options& options, const Endpoint& endpoint, const Payloads& payloads,
               Stage& stage, std::size_t index)
    : options_(options),
      endpoint_(endpoint),
      payloads_(payloads),
      stage_(stage),
      index_(index),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wakeup_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      scratch_(kScratch),
      next_connection_(static_cast<std::uint32_t>(index)) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kWakeKey;
  (void)::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wakeup_.get(), &event);

  std::uint32_t frames = options.frames > 0 ? options.frames : UINT32_MAX;
  if (options.mode == Mode::idle) frames = 1;
  for (std::size_t i = index; i < options.connections; i += options.threads) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.push_back({Client(epoll_.get(), slots_.size()), frames});
    frames_left_ += frames;
  }
  std::reverse(free_.begin(), free_.end());
}

void Worker::wake() { signal_event(wakeup_.get()); }

void Worker::run() {
  (void)::prctl(PR_SET_TIMERSLACK, 1);  // releases are due to the microsecond
  opening_since_ = next_tick_ = Clock::now();
  for (;;) {
    const Phase phase = stage_.phase.load(std::memory_order_acquire);
    if (phase != phase_) enter(phase);
    if (phase == Phase::stopped) break;
    const Time now = Clock::now();
    open_due(now);
    release_due(now);
    if (now >= next_tick_) tick(now);
    tell_progress();
    wait(now);
  }
  for (Slot& slot : slots_) {
    if (slot.client.state() != Client::State::closed) slot.client.close(tally_);
  }
}

void Worker::enter(Phase phase) {
  const bool had_traffic = has_traffic();
  phase_ = phase;
  tally_.recording = phase == Phase::measuring;
  if (had_traffic || !has_traffic()) return;
  const Time now = Clock::now();
  if (is_churn()) opening_since_ = now;
  releasing_since_ = now;
  if (options_.rate > 0) return;
  for (Slot& slot : slots_) {
    if (slot.client.state() == Client::State::open) top_up(slot, Clock::now());
  }
}

void Worker::open_due(Time now) {
  const double rate = options_.connect_rate / static_cast<double>(options_.threads);
  while (may_open() && !free_.empty() && connecting_ < kMaxConnecting) {
    if (rate > 0 && after(opening_since_, static_cast<double>(opens_), rate) > now) return;
    Slot& slot = slots_[free_.back()];
    free_.pop_back();
    ++opens_;
    const std::uint32_t connection = next_connection_;
    next_connection_ += static_cast<std::uint32_t>(options_.threads);
    if (slot.client.connect(endpoint_, payloads_, connection, Clock::now(), tally_)) {
      ++connecting_;
    } else {
      on_connect_failed(slot);
    }
  }
}

Time Worker::release_time(std::uint64_t n) const {
  // The workers take turns, so that the whole run is evenly paced.
  const auto turn = static_cast<double>(n * options_.threads + index_);
  return after(releasing_since_, turn, options_.rate);
}

void Worker::release_due(Time now) {
  while (has_releases() && release_time(releases_) <= now) {
    const Time due = release_time(releases_++);
    for (std::size_t tries = 0; tries < slots_.size(); ++tries) {
      Slot& slot = slots_[next_release_slot_++ % slots_.size()];
      if (slot.client.state() != Client::State::open || slot.frames_left == 0) continue;
      const std::uint32_t before = slot.client.talk().awaited();
      enqueue(slot, due);
      (void)slot.client.flush(scratch_, tally_);
      settle(slot, before);
      break;
    }
  }
}

void Worker::tick(Time now) {
  next_tick_ = now + kTick;
  for (const std::uint32_t index : resting_) free_.push_back(index);
  resting_.clear();
  for (Slot& slot : slots_) {
    Client& client = slot.client;
    if (client.is_opening()) {
      if (now - client.since() < options_.connect_timeout) continue;
      --connecting_;
      client.fail_connect("timed out", tally_);
      on_connect_failed(slot);
    } else if (client.state() == Client::State::open && client.talk().awaited() > 0) {
      const std::uint32_t before = client.talk().awaited();
      client.talk().expire(now - options_.reply_timeout, tally_);
      if (client.talk().awaited() == before) continue;
      settle(slot, before);
      top_up(slot, now);
    }
  }
}

void Worker::tell_progress() {
  const bool all_opened = free_.empty() && resting_.empty() && connecting_ == 0;
  if (!told_opened_ && (all_opened || is_churn())) {
    told_opened_ = true;
    stage_.opened.fetch_add(1, std::memory_order_release);
    signal_event(stage_.news.get());
  }
  const bool no_more = phase_ == Phase::draining || (has_traffic() && frames_left_ == 0);
  if (!told_finished_ && no_more && awaiting_ == 0 && connecting_ == 0) {
    told_finished_ = true;
    stage_.finished.fetch_add(1, std::memory_order_release);
    signal_event(stage_.news.get());
  }
}

Time Worker::next_deadline(Time now) const {
  Time deadline = next_tick_;
  if (has_releases()) deadline = std::min(deadline, release_time(releases_));
  if (may_open() && !free_.empty() && connecting_ < kMaxConnecting) {
    const double rate = options_.connect_rate / static_cast<double>(options_.threads);
    deadline = std::min(deadline,
                        rate > 0 ? after(opening_since_, static_cast<double>(opens_), rate) : now);
  }
  return deadline;
}

void Worker::wait(Time now) {
  const auto left = std::max(Clock::duration::zero(), next_deadline(now) - now);
  const auto nanos = std::chrono::nanoseconds(left).count();
  const timespec timeout{.tv_sec = nanos / 1'000'000'000, .tv_nsec = nanos % 1'000'000'000};
  std::array<epoll_event, 256> events;
  const int count = ::epoll_pwait2(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                   &timeout, nullptr);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.u64 == kWakeKey) {
      std::uint64_t ignored = 0;
      (void)!::read(wakeup_.get(), &ignored, sizeof ignored);
    } else {
      on_ready(slots_[event.data.u64], event.events);
    }
  }
}

void Worker::on_ready(Slot& slot, std::uint32_t events) {
  Client& client = slot.client;
  if (client.is_opening()) {
    const bool going_on = client.go_on_opening(tally_);
    if (client.is_opening()) return;
    --connecting_;
    if (going_on) {
      on_connected(slot);
    } else {
      on_connect_failed(slot);
    }
    return;
  }
  const std::uint32_t before = client.talk().awaited();
  if ((events & EPOLLOUT) != 0 && !client.flush(scratch_, tally_)) {
    settle(slot, before);
    return;
  }
  if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) == 0) return;
  const bool alive = client.read(scratch_, tally_);
  settle(slot, before);
  if (alive) top_up(slot, Clock::now());
}

void Worker::on_connect_failed(Slot& slot) {
  --slot.frames_left;
  --frames_left_;
  rest(slot);
}

void Worker::on_connected(Slot& slot) {
  if (is_churn() && !has_traffic()) {
    slot.client.close(tally_);  // it came to be after the run had ended
  } else if (has_traffic()) {
    top_up(slot, slot.client.since());
  }
}

// Sends as many frames as may be outstanding, in one write; their latency counts from `since`.
void Worker::top_up(Slot& slot, Time since) {
  Client& client = slot.client;
  if (options_.rate > 0 || !has_traffic() || client.state() != Client::State::open) return;
  const std::uint32_t before = client.talk().awaited();
  const std::uint32_t most = is_churn() ? 1 : options_.in_flight;
  while (client.talk().awaited() < most && slot.frames_left > 0) {
    enqueue(slot, since);
  }
  if (client.talk().awaited() == before) return;
  (void)client.flush(scratch_, tally_);
  settle(slot, before);
}

void Worker::enqueue(Slot& slot, Time since) {
  slot.client.talk().enqueue(since);
  --slot.frames_left;
  --frames_left_;
}

// Accounts for what became of a client that had `awaited_before` frames outstanding.
void Worker::settle(Slot& slot, std::uint32_t awaited_before) {
  Client& client = slot.client;
  const bool open = client.state() == Client::State::open;
  const std::uint32_t awaited = open ? client.talk().awaited() : 0;
  awaiting_ += awaited;
  awaiting_ -= awaited_before;
  if (!open) {
    rest(slot);
  } else if (client.talk().is_broken()) {
    awaiting_ -= awaited;
    client.close(tally_);
    rest(slot);
  } else if (is_churn() && client.talk().enqueued() > 0 && awaited == 0) {
    client.close(tally_);
    if (slot.frames_left > 0) {
      free_.push_back(static_cast<std::uint32_t>(&slot - slots_.data()));
    }
  }
}

// The slot lost its connection. Only churn connects again, and not at once: a target that refuses
// would be asked a million times a second.
void Worker::rest(Slot& slot) {
  if (is_churn() && slot.frames_left > 0) {
    resting_.push_back(static_cast<std::uint32_t>(&slot - slots_.data()));
  } else {
    retire(slot);
  }
}

void Worker::retire(Slot& slot) {
  frames_left_ -= slot.frames_left;
  slot.frames_left = 0;
}

}  // namespace waymark::load
