// What the proxy reports while it runs. Called on worker threads: an implementation must be quick
// and thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "proxy/dead_letter.h"
#include "waymark/close_reason.h"
#include "waymark/mark.h"

namespace waymark::proxy {

struct ConnectionSummary {
  Mark mark;
  std::string_view peer;
  std::string_view listener;
  std::string_view upstream;  // empty: none served it at the end
  std::uint64_t frames_up = 0;
  std::uint64_t frames_down = 0;
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
  std::chrono::milliseconds lasted{0};
  CloseReason reason = CloseReason::unspecified;
};

// Connections that were not let in.
struct RefusedConnections {
  std::string_view listener;
  std::string_view reason;  // the limit that was reached, the last time
  std::string_view source;  // of the last one
  std::uint64_t count = 0;  // since this was last told
};

// One worker's side of an upstream.
struct UpstreamRef {
  std::uint32_t upstream = 0;  // UpstreamOrder::index
  std::size_t worker = 0;
};

class Observer {
 public:
  virtual ~Observer() = default;
  virtual void connection_ended(const ConnectionSummary& summary) = 0;
  // On the control thread.
  virtual void connections_refused(const RefusedConnections& refused) = 0;
  virtual void upstream_ready(const UpstreamRef& ref, std::string_view pool,
                              std::string_view address, std::string_view name,
                              std::string_view protocol) = 0;
  virtual void upstream_failed(const UpstreamRef& ref, std::string_view pool,
                               std::string_view address, std::string_view why) = 0;
  virtual void upstream_lost(const UpstreamRef& ref, std::string_view pool,
                             std::string_view address, std::string_view why) = 0;
  // The link of an upstream that was ordered to rest has been ended.
  virtual void upstream_rests(const UpstreamRef& ref) = 0;
  // The worker has forgotten an upstream it was ordered to remove.
  virtual void upstream_gone(const UpstreamRef& ref) = 0;
  // A frame is given up; whatever becomes of it, the worker has no more to do with it.
  virtual void dead_letter(DeadLetter&& letter) = 0;
};

}  // namespace waymark::proxy
