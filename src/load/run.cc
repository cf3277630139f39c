#include "load/run.h"

#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "base/status.h"
#include "load/cpu_clock.h"
#include "load/worker.h"

namespace waymark::load {
namespace {

using absl::StatusCode;

constexpr auto kProgressEvery = std::chrono::seconds(2);

double seconds_between(Time from, Time to) {
  return std::chrono::duration<double>(to - from).count();
}

absl::StatusOr<Endpoint> endpoint_of(const Options& options) {
  const Target& target = options.target;
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(target.port);
  if (const int failure = ::getaddrinfo(target.host.c_str(), port.c_str(), &hints, &found)) {
    return error(StatusCode::kInvalidArgument, "target {}: {}", target.host,
                 ::gai_strerror(failure));
  }
  Endpoint endpoint;
  std::memcpy(&endpoint.address, found->ai_addr, found->ai_addrlen);
  endpoint.size = found->ai_addrlen;
  ::freeaddrinfo(found);
  endpoint.proxy_header = options.proxy_header;
  if (options.tls) {
    auto context = TlsContext::make(options.tls_ca);
    if (!context.ok()) return context.status();
    endpoint.tls = *std::move(context);
  }
  return endpoint;
}

absl::Status claim_descriptors(const Options& options) {
  const rlim_t needed = options.connections + 16 + 2 * options.threads;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return errno_error(errno, "getrlimit");
  if (limit.rlim_max < needed) {
    return error(StatusCode::kResourceExhausted,
                 "{} connections need {} file descriptors, the hard limit is {} (ulimit -Hn)",
                 options.connections, needed, limit.rlim_max);
  }
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return errno_error(errno, "setrlimit");
  return absl::OkStatus();
}

// Leads the workers through the phases from the calling thread.
class Conductor {
 public:
  Conductor(const Options& options, const Endpoint& endpoint, CpuClock watched, CpuClock own);
  Conductor(const Conductor&) = delete;
  Conductor& operator=(const Conductor&) = delete;
  ~Conductor() { stop(); }

  [[nodiscard]] Result conduct();

 private:
  void conduct_traffic(Result& result);
  void conduct_hold(Result& result);

  void set_phase(Phase phase);
  void stop();
  // Waits for `done`, or `longest`, or an interruption.
  void await(const std::function<bool()>& done, Clock::duration longest);
  void show_progress(Time now);
  [[nodiscard]] bool all_finished() const { return stage_.finished == workers_.size(); }
  [[nodiscard]] Counts counts() const;

  [[nodiscard]] Window snapshot() const;
  void open_window(Result& result);
  void close_window(Result& result);
  void announce(const char* event) const;

  const Options& options_;
  const Payloads payloads_;
  const CpuClock watched_;
  const CpuClock own_;
  const Time started_ = Clock::now();
  Descriptor signals_;
  Stage stage_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
  bool interrupted_ = false;
  Time next_progress_ = started_ + kProgressEvery;
  std::uint64_t shown_ = 0;
};

Conductor::Conductor(const Options& options, const Endpoint& endpoint, CpuClock watched,
                     CpuClock own)
    : options_(options),
      payloads_(options.seed, options.envelope, options.payload),
      watched_(watched),
      own_(own) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  signals_ = Descriptor(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  sigaddset(&signals, SIGPIPE);                     // TlsStream
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before the threads, which inherit it
  stage_.news = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  for (std::size_t i = 0; i < options.threads; ++i) {
    workers_.push_back(std::make_unique<Worker>(options, endpoint, payloads_, stage_, i));
  }
  for (const auto& worker : workers_) {
    threads_.emplace_back([&worker = *worker] { worker.run(); });
  }
}

Result Conductor::conduct() {
  Result result;
  await([this] { return stage_.opened == workers_.size(); }, Clock::duration::max());
  announce("opened");
  if (options_.mode == Mode::idle) {
    conduct_hold(result);
  } else {
    conduct_traffic(result);
  }
  result.interrupted = std::exchange(interrupted_, false);  // a second signal ends the drain
  set_phase(Phase::draining);
  await([this] { return all_finished(); }, 2 * options_.reply_timeout);
  stop();

  result.elapsed = seconds_between(started_, Clock::now());
  result.totals = counts();
  for (const auto& worker : workers_) {
    result.latency.merge(worker->tally().latency);
    if (result.first_fault.empty()) result.first_fault = worker->tally().first_fault;
    if (result.tls.empty()) result.tls = worker->tally().tls;
  }
  return result;
}

void Conductor::conduct_traffic(Result& result) {
  if (options_.frames == 0) {
    set_phase(Phase::warming);
    announce("warming");
    await([this] { return all_finished(); }, options_.warmup);
  }
  open_window(result);
  set_phase(Phase::measuring);
  await([this] { return all_finished(); },
        options_.frames == 0 ? Clock::duration(options_.duration) : Clock::duration::max());
  close_window(result);
}

void Conductor::conduct_hold(Result& result) {
  set_phase(Phase::holding);
  open_window(result);
  await([] { return false; }, options_.idle_hold);
  close_window(result);
  if (interrupted_) return;
  set_phase(Phase::measuring);
  await([this] { return all_finished(); }, 2 * options_.reply_timeout);
}

void Conductor::set_phase(Phase phase) {
  stage_.phase.store(phase, std::memory_order_release);
  for (const auto& worker : workers_) worker->wake();
}

void Conductor::stop() {
  set_phase(Phase::stopped);
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Conductor::await(const std::function<bool()>& done, Clock::duration longest) {
  const Time start = Clock::now();
  const Time deadline = longest == Clock::duration::max() ? Time::max() : start + longest;
  for (Time now = start; !interrupted_ && !done() && now < deadline; now = Clock::now()) {
    if (now >= next_progress_) show_progress(now);
    const Time until = std::min(deadline, next_progress_);
    const auto nanos = std::chrono::nanoseconds(std::max(Clock::duration(1), until - now)).count();
    const timespec timeout{.tv_sec = nanos / 1'000'000'000, .tv_nsec = nanos % 1'000'000'000};
    pollfd ready[] = {{signals_.get(), POLLIN, 0}, {stage_.news.get(), POLLIN, 0}};
    if (::ppoll(ready, std::size(ready), &timeout, nullptr) <= 0) continue;
    signalfd_siginfo signal;
    if (::read(signals_.get(), &signal, sizeof signal) > 0) interrupted_ = true;
    std::uint64_t ignored = 0;
    (void)!::read(stage_.news.get(), &ignored, sizeof ignored);
  }
}

void Conductor::show_progress(Time now) {
  next_progress_ += kProgressEvery;
  if (!options_.progress) return;
  const Counts all = counts();
  const double every = std::chrono::duration<double>(kProgressEvery).count();
  fmt::print(stderr,
             "{:6.1f} s  {} connected, {} received ({:.0f}/s), {} mismatched, {} lost, "
             "{} disconnects, {} connect errors ({} of handshakes)\n",
             seconds_between(started_, now), all.connected, all.received,
             static_cast<double>(all.received - shown_) / every, all.mismatched, all.lost,
             all.disconnects, all.connect_errors, all.handshake_errors);
  shown_ = all.received;
}

Counts Conductor::counts() const {
  Counts sum;
  for (const auto& worker : workers_) sum += worker->tally().counts();
  return sum;
}

Window Conductor::snapshot() const {
  return {.seconds = seconds_between(started_, Clock::now()),
          .counts = counts(),
          .watched_cpu = options_.watch_pid > 0 ? watched_.seconds() : 0,
          .own_cpu = own_.seconds()};
}

void Conductor::open_window(Result& result) {
  result.window = snapshot();
  announce("window_start");
}

void Conductor::close_window(Result& result) {
  const Window end = snapshot();
  Window& window = result.window;
  window = {.seconds = end.seconds - window.seconds,
            .counts = end.counts - window.counts,
            .watched_cpu = end.watched_cpu - window.watched_cpu,
            .own_cpu = end.own_cpu - window.own_cpu};
  announce("window_end");
}

void Conductor::announce(const char* event) const {
  if (!options_.announce) return;
  fmt::print("{{\"event\":\"{}\",\"received\":{}}}\n", event, counts().received);
  std::fflush(stdout);
}

}  // namespace

bool Result::is_clean(bool allow_lost) const {
  const bool complete = totals.lost == 0 && totals.late == 0 && totals.duplicates == 0;
  return totals.mismatched == 0 && totals.connect_errors == 0 && totals.disconnects == 0 &&
         (allow_lost || complete);
}

absl::StatusOr<Result> run(const Options& options) {
  if (auto status = options.validate(); !status.ok()) return status;
  if (auto status = claim_descriptors(options); !status.ok()) return status;
  const auto endpoint = endpoint_of(options);
  if (!endpoint.ok()) return endpoint.status();
  const auto watched = CpuClock::of(options.watch_pid);
  if (!watched.ok()) return watched.status();
  const auto own = CpuClock::of(0);
  if (!own.ok()) return own.status();
  return Conductor(options, *endpoint, *watched, *own).conduct();
}

}  // namespace waymark::load
