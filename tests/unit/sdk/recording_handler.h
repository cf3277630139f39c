// A handler that keeps what it is told, for a test to wait for.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

#include "scripted_call.h"
#include "waymark/upstream.h"

namespace waymark::sdk {

// A queue whose reader waits.
template <typename T>
class Awaited {
 public:
  void push(T value) {
    std::lock_guard lock(mutex_);
    values_.push_back(std::move(value));
    arrived_.notify_one();
  }
  [[nodiscard]] T next() {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait_for(lock, kStepTimeout, [this] { return !values_.empty(); })) {
      throw std::runtime_error("the handler was not called in time");
    }
    T value = std::move(values_.front());
    values_.pop_front();
    return value;
  }
  [[nodiscard]] std::size_t size() {
    std::lock_guard lock(mutex_);
    return values_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<T> values_;
};

struct Echo final : UpstreamHandler {
  void frame(const Frame& frame, Reply reply) override { reply.send(frame.payload); }
};

struct KeptFrame {
  Mark mark;
  std::uint64_t seq;
  std::uint32_t epoch;
  std::string payload;
  Reply reply;
};

// Leaves every frame to the test.
class RecordingHandler final : public UpstreamHandler {
 public:
  void opened(const Opened& opened, const Sender& /*sender*/) override { openings.push(opened); }
  void frame(const Frame& frame, Reply reply) override {
    frames.push({frame.mark, frame.seq, frame.epoch, std::string(frame.payload), std::move(reply)});
  }
  HalfCloseAction half_closed(const Mark& mark) override {
    half_closings.push(mark);
    return half_close_action;
  }
  void closed(const Closed& closed) override { closings.push(closed); }
  void undeliverable(const Undeliverable& undeliverable) override { refusals.push(undeliverable); }

  void receipt(const Receipt& receipt) override { receipts.push(receipt); }
  void pressure(const Pressure& pressure) override { pressures.push(pressure); }
  void refused(const Refused& refused) override { not_done.push(refused); }
  void lookup_result(const LookupResult& result, const Sender& /*sender*/) override {
    lookups.push(result);
  }
  void relayed(const Relayed& relayed, const Sender& /*sender*/) override {
    relays.push({relayed.from, std::string(relayed.payload)});
  }
  void upstream_changed(const UpstreamChanged& changed) override { changes.push(changed); }

  Awaited<Opened> openings;
  Awaited<KeptFrame> frames;
  Awaited<Mark> half_closings;
  Awaited<Closed> closings;
  Awaited<Undeliverable> refusals;
  Awaited<Receipt> receipts;
  Awaited<Pressure> pressures;
  Awaited<Refused> not_done;
  Awaited<LookupResult> lookups;
  Awaited<std::pair<std::string, std::string>> relays;  // from whom, and what
  Awaited<UpstreamChanged> changes;
  HalfCloseAction half_close_action = HalfCloseAction::end_when_done;
};

inline std::unique_ptr<UpstreamServer> serve(UpstreamHandler& handler,
                                             const UpstreamOptions& options = {}) {
  auto server = UpstreamServer::start(options, handler);
  if (!server.ok()) throw std::runtime_error(std::string(server.status().message()));
  return *std::move(server);
}

}  // namespace waymark::sdk
