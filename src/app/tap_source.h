// A tap as server-sent events, for a client of the admin API.
//
//   begin     once                          api::TapBegin
//   frame     for each frame                api::TapFrame
//   dropped   where some are left out       api::TapDropped
//   end       with the connection           api::TapEnd, and the stream is over
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "admin/admin_api.h"
#include "admin/event_source.h"
#include "proxy/tap.h"

namespace waymark::app {

// A place among the taps that may be open at a time; free again when it is destroyed.
class TapSlot {
 public:
  static constexpr std::size_t kMost = 8;

  // nullopt while all are taken. `taken` counts them and outlives the slot. Any thread.
  [[nodiscard]] static std::optional<TapSlot> take(std::atomic<std::size_t>& taken);

 private:
  struct GiveBack {
    void operator()(std::atomic<std::size_t>* taken) const { taken->fetch_sub(1); }
  };
  explicit TapSlot(std::atomic<std::size_t>& taken) : taken_(&taken) {}

  std::unique_ptr<std::atomic<std::size_t>, GiveBack> taken_;
};

class TapSource final : public admin::EventSource {
 public:
  // Shares `tap` with the worker that fills it, and closes it at its own end.
  TapSource(const admin::api::TapBegin& begin, std::shared_ptr<proxy::Tap> tap, TapSlot slot);
  TapSource(const TapSource&) = delete;
  TapSource& operator=(const TapSource&) = delete;
  ~TapSource() override { tap_->close(); }

  void start(std::function<void()> wake) override { tap_->open(std::move(wake)); }
  [[nodiscard]] bool over() override { return over_; }
  [[nodiscard]] std::string summary() const override;

 private:
  [[nodiscard]] std::string gather(std::size_t enough) override;

  const TapSlot slot_;
  const std::shared_ptr<proxy::Tap> tap_;
  std::string begin_;  // the first event, until it was handed out
  bool over_ = false;
};

}  // namespace waymark::app
