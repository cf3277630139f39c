#include "lab/traffic.h"

#include <arpa/inet.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <limits>
#include <memory>
#include <random>
#include <utility>

#include "base/status.h"
#include "ctl/signals.h"
#include "lab/traffic_client.h"

namespace waymark::lab {
namespace {

using absl::StatusCode;
using Clock = std::chrono::steady_clock;
using Millis = TrafficPlan::Millis;
using State = TrafficClient::State;

constexpr Millis kTick(10);
constexpr Millis kSecond(1'000);
constexpr std::size_t kMaxConnecting = 128;  // the backlog of a listener is finite
constexpr std::size_t kSpareDescriptors = 32;
constexpr std::uint32_t kSignalKey = std::numeric_limits<std::uint32_t>::max();

absl::StatusOr<sockaddr_in> parse_address(const std::string& text) {
  const std::size_t colon = std::min(text.find(':'), text.size());
  sockaddr_in address{};
  address.sin_family = AF_INET;
  std::uint16_t port = 0;
  const char* const last = text.data() + text.size();
  if (::inet_pton(AF_INET, text.substr(0, colon).c_str(), &address.sin_addr) == 1 &&
      colon < text.size() && std::from_chars(text.data() + colon + 1, last, port).ptr == last) {
    address.sin_port = htons(port);
    return address;
  }
  return error(StatusCode::kInternal, "\"{}\" is not the address of a proxy", text);
}

absl::Status claim_descriptors(std::size_t clients) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return errno_error(errno, "getrlimit");
  if (limit.rlim_max < clients + kSpareDescriptors) {
    return error(StatusCode::kResourceExhausted,
                 "{} clients need {} file descriptors, the hard limit is {} (ulimit -Hn)", clients,
                 clients + kSpareDescriptors, limit.rlim_max);
  }
  limit.rlim_cur = limit.rlim_max;
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? absl::OkStatus()
                                                 : errno_error(errno, "setrlimit");
}

class Traffic {
 public:
  Traffic(const TrafficPlan& plan, std::vector<sockaddr_in> proxies)
      : plan_(plan), proxies_(std::move(proxies)), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    for (std::uint32_t i = 0; i < plan.clients; ++i) {
      clients_.push_back(std::make_unique<TrafficClient>(epoll_, i, plan.size, tally_));
      leaves_.push_back(Time::max());
    }
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = kSignalKey;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, signals_.fd(), &event);
  }
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;
  ~Traffic() {
    clients_.clear();
    ::close(epoll_);
  }

  void run(const std::function<bool(const TrafficMoment&)>& each_second) {
    Millis told(0);
    while (!ending_ || (open_ > 0 && !hurried_)) {
      if (now_ >= next_tick_) tick();
      const Millis elapsed = since_start();
      if (elapsed >= told + kSecond) {
        told = elapsed - elapsed % kSecond;
        ending_ |= !each_second(moment());
      }
      wait();
    }
  }

  [[nodiscard]] TrafficMoment moment() const { return {since_start(), open_, tally_}; }

 private:
  [[nodiscard]] Millis since_start() const {
    return std::chrono::duration_cast<Millis>(now_ - started_);
  }

  void tick() {
    const std::chrono::duration<double> passed = now_ - std::exchange(last_tick_, now_);
    next_tick_ = now_ + kTick;
    const Millis elapsed = since_start();
    ending_ |= plan_.duration && elapsed >= *plan_.duration;
    const std::size_t wanted = ending_ ? 0 : plan_.clients_at(elapsed);
    std::size_t connecting = 0;
    open_ = 0;
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      TrafficClient& client = *clients_[i];
      client.tick(now_);
      if (i >= wanted || now_ >= leaves_[i]) client.leave(now_);
      if (i < wanted && client.may_connect(now_) && connecting < kMaxConnecting) connect(i);
      connecting += client.state() == State::connecting ? 1 : 0;
      open_ += client.state() == State::open || client.state() == State::leaving ? 1 : 0;
    }
    if (ending_) return;
    due_ = std::min(due_ + plan_.rate_at(elapsed) * passed.count(), std::max(1.0, plan_.rate));
    for (; due_ >= 1; due_ -= 1) send_one();
  }

  void connect(std::size_t i) {
    leaves_[i] = Time::max();
    if (plan_.shape == TrafficPlan::Shape::churn) {
      const Millis stay(std::uniform_int_distribution<std::int64_t>(
          TrafficPlan::kMeanStay.count() / 2, TrafficPlan::kMeanStay.count() * 3 / 2)(random_));
      leaves_[i] = now_ + stay;
    }
    const sockaddr_in& proxy = proxies_[next_proxy_++ % proxies_.size()];
    clients_[i]->connect(proxy, random_(), plan_.reads_slowly(i), now_);
    if (plan_.burst() > 0) clients_[i]->send(plan_.burst(), now_);
  }

  // The next client that is there; the frame is not made up for if none is.
  void send_one() {
    for (std::size_t tries = 0; tries < clients_.size(); ++tries) {
      TrafficClient& client = *clients_[next_client_++ % clients_.size()];
      if (client.state() == State::open) return client.send(1, now_);
    }
  }

  void wait() {
    std::array<epoll_event, 256> events;
    const auto left = std::chrono::ceil<Millis>(std::max(next_tick_ - now_, Clock::duration(0)));
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()),
                                   static_cast<int>(left.count()));
    now_ = Clock::now();
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.u64 != kSignalKey) {
        clients_[event.data.u64]->on_ready(event.events, now_);
      } else if (signals_.take() != 0) {
        hurried_ = ending_;
        ending_ = true;
      }
    }
  }

  const TrafficPlan& plan_;
  const std::vector<sockaddr_in> proxies_;
  ctl::Signals signals_{SIGINT, SIGTERM, SIGHUP};
  const int epoll_;
  std::mt19937_64 random_{std::random_device{}()};
  TrafficTally tally_;
  std::vector<std::unique_ptr<TrafficClient>> clients_;
  std::vector<Time> leaves_;  // when each leaves by itself
  std::size_t next_proxy_ = 0;
  std::size_t next_client_ = 0;
  double due_ = 0;  // frames
  std::size_t open_ = 0;
  bool ending_ = false;
  bool hurried_ = false;  // told twice
  const Time started_ = Clock::now();
  Time now_ = started_;
  Time last_tick_ = started_;
  Time next_tick_ = started_;
};

}  // namespace

absl::StatusOr<TrafficMoment> run_traffic(
    const TrafficPlan& plan, const std::vector<std::string>& proxies,
    const std::function<bool(const TrafficMoment&)>& each_second) {
  if (absl::Status status = claim_descriptors(plan.clients); !status.ok()) return status;
  std::vector<sockaddr_in> addresses;
  for (const std::string& proxy : proxies) {
    const auto address = parse_address(proxy);
    if (!address.ok()) return address.status();
    addresses.push_back(*address);
  }
  Traffic traffic(plan, std::move(addresses));
  traffic.run(each_second);
  return traffic.moment();
}

}  // namespace waymark::lab
