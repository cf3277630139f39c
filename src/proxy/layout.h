// What a proxy serves at one moment: its listeners and pools, each in a slot it keeps. A reload
// makes another layout; nothing in one ever changes, so every thread may read it.
//
//   slot          0         1         2
//   at start      devices   admin
//   reloaded      devices   (admin)   meters      admin is gone: its connections go on
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "link/upstream_tls.h"
#include "proxy/settings.h"
#include "session/session.h"

namespace waymark::proxy {

// What the clients of one listener share.
struct ListenerContext {
  std::shared_ptr<const ListenerSettings> settings;
  const frame::Framing* framing = nullptr;  // of the settings; lives as long as the Framings
  std::size_t index = 0;                    // its slot
  std::size_t pool = 0;                     // slot of the pool that new connections go to
  std::vector<std::size_t> route_pools;     // slots of the pools of settings->routes
  bool open = true;                         // false: its connections go on, and no more come
  std::string local;                        // "address:port", as bound
  session::Deadlines deadlines;
  std::shared_ptr<const net::TlsContext> tls;  // null: plain TCP
};

struct PoolContext {
  std::shared_ptr<const PoolSettings> settings;
  bool configured = true;    // false: serves the connections it has
  link::UpstreamTlsPtr tls;  // the same as before a reload, if the files hold the same
};

struct Layout {
  static constexpr std::size_t kMostSlots = 1024;  // of each kind, those that are gone included

  std::vector<ListenerContext> listeners;  // by slot
  std::vector<PoolContext> pools;          // by slot

  // The slot of what is configured now.
  [[nodiscard]] std::optional<std::size_t> pool_slot(std::string_view name) const;
  // The same, also of what is not configured any more.
  [[nodiscard]] std::optional<std::size_t> any_pool_slot(std::string_view name) const;
  [[nodiscard]] std::optional<std::size_t> any_listener_slot(std::string_view name) const;
  // Bytes of the largest payload a client of this pool may send.
  [[nodiscard]] std::size_t largest_frame(std::size_t pool) const;
};
using LayoutPtr = std::shared_ptr<const Layout>;

// Every framing that was ever configured, each once: a framer keeps the one its connection began
// with, whatever becomes of the listener.
class Framings {
 public:
  [[nodiscard]] const frame::Framing* keep(const frame::Framing& framing);

 private:
  std::deque<frame::Framing> kept_;
};

// The layout of `settings` after `before`: what has a name that was there keeps its slot. Pools of
// listeners exist. Reads the files of TLS. ResourceExhausted without a slot to give. `local` is for
// the caller to fill in.
[[nodiscard]] absl::StatusOr<Layout> next_layout(const Layout& before, const Settings& settings,
                                                 Framings& framings);

}  // namespace waymark::proxy
