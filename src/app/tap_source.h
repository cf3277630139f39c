// A tap as server-sent events, for a client of the admin API.
//
//   begin     once                          api::TapBegin
//   frame     for each frame                api::TapFrame
//   dropped   where some are left out       api::TapDropped
//   end       with the connection           api::TapEnd, and the stream is over
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "admin/admin_api.h"
#include "admin/event_source.h"
#include "app/tap_slot.h"
#include "proxy/tap.h"

namespace waymark::app {

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
