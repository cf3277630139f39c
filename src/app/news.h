// What the workers report, passed on: to the log, to the control thread, to who follows events and
// to who keeps dead letters.
#pragma once

#include <string>
#include <utility>

#include "app/control_plane.h"
#include "app/dead_letters.h"
#include "app/event_feed.h"
#include "app/log.h"
#include "proxy/observer.h"

namespace waymark::app {

class News final : public proxy::Observer {
 public:
  // All outlive it.
  News(Log& log, ControlPlane& plane, EventFeed& events, DeadLetters& letters)
      : log_(log), plane_(plane), events_(events), letters_(letters) {}

  void connection_ended(const proxy::ConnectionSummary& summary) override {
    log_.connection_ended(summary);
    events_.connection_ended(summary);
  }
  void connections_refused(const proxy::RefusedConnections& refused) override {
    log_.connections_refused(refused);
  }
  void upstream_ready(const proxy::UpstreamRef& ref, std::string_view pool,
                      std::string_view address, std::string_view name,
                      std::string_view protocol) override {
    log_.upstream_ready(ref, pool, address, name, protocol);
    plane_.post([ref, name = std::string(name)](control::Control& control) {
      control.link_ready(ref.upstream, ref.worker, name);
    });
  }
  void upstream_failed(const proxy::UpstreamRef& ref, std::string_view pool,
                       std::string_view address, std::string_view why) override {
    log_.upstream_failed(ref, pool, address, why);
    plane_.post([ref, why = std::string(why)](control::Control& control) {
      control.link_failed(ref.upstream, ref.worker, why);
    });
  }
  void upstream_lost(const proxy::UpstreamRef& ref, std::string_view pool, std::string_view address,
                     std::string_view why) override {
    log_.upstream_lost(ref, pool, address, why);
    plane_.post([ref, why = std::string(why)](control::Control& control) {
      control.link_lost(ref.upstream, ref.worker, why);
    });
  }
  void upstream_rests(const proxy::UpstreamRef& ref) override {
    plane_.post([ref](control::Control& control) { control.link_ended(ref.upstream, ref.worker); });
  }
  void upstream_gone(const proxy::UpstreamRef& ref) override {
    plane_.post([ref](control::Control& control) { control.gone(ref.upstream); });
  }
  void dead_letter(proxy::DeadLetter&& letter) override {
    log_.frame_given_up(letter);
    letters_.add(std::move(letter));
  }

 private:
  Log& log_;
  ControlPlane& plane_;
  EventFeed& events_;
  DeadLetters& letters_;
};

}  // namespace waymark::app
