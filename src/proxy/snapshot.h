// Copies of what the proxy knows of itself, for metrics and status.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/counters.h"

namespace waymark::proxy {

struct UpstreamSnapshot {
  std::uint32_t index = 0;        // UpstreamOrder::index
  std::uint64_t incarnation = 0;  // tells upstreams apart that had the index one after the other
  std::string pool;
  std::string address;
  std::string name;
  std::string_view state;  // of Link::State, in lower case
  std::string problem;     // empty when ready
  std::size_t connections = 0;
  std::uint64_t events_sent = 0;
  std::uint64_t frames_sent = 0;
  std::uint64_t batches_sent = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t messages_received = 0;
  std::uint64_t times_lost = 0;
  std::uint64_t times_failed = 0;
  std::uint64_t malformed = 0;
  FrameBuckets batch_frames;  // of batches_sent
  TimeBuckets answers;        // from receiving a frame to its answer
  UpstreamCounts counts;
  std::size_t outstanding_events = 0;
  std::size_t outstanding_frames = 0;
  std::size_t outstanding_bytes = 0;
  std::size_t window_bytes = 0;
  std::size_t window_events = 0;
  std::size_t waiting = 0;  // clients paused for want of room
};

struct PoolCounts {
  std::string name;
  std::size_t ready_upstreams = 0;    // that take connections
  std::size_t held = 0;               // connections without an upstream
  std::uint64_t stranded_frames = 0;  // frames without an upstream
};

// Of one moment between two passes of the worker's loop.
struct WorkerSnapshot {
  std::size_t worker = 0;
  std::size_t connections = 0;
  std::size_t arriving = 0;            // beside them: whose identity is not known yet
  std::size_t held = 0;                // connections without an upstream
  std::uint64_t stranded_frames = 0;   // frames without an upstream
  std::size_t tls_waiting = 0;         // newcomers that wait for their turn to shake hands
  std::size_t queued_connections = 0;  // clients that do not take their output, a second ago
  std::size_t queued_bytes = 0;        // of that output
  std::uint64_t frames_sent = 0;       // written to upstreams, also over links that are no more
  std::uint64_t frames_dropped = 0;    // left unwritten when their link was ended
  TimeBuckets up;                      // time in the proxy, as link::LinkCounters says
  TimeBuckets down;
  UpstreamCounts upstream_counts;  // of all upstreams, also those that are no more
  TimeBuckets answers;             // likewise
  Counters counters;
  std::vector<PoolCounts> pools;            // by slot
  std::vector<UpstreamSnapshot> upstreams;  // by index
};

// Connections of a listener as its limits for each source see them.
struct GateCounts {
  std::size_t connections = 0;  // that are counted
  std::size_t sources = 0;      // addresses of those
  std::uint64_t refused_per_source = 0;
  std::uint64_t refused_per_prefix = 0;
  std::uint64_t refused_too_fast = 0;
};

struct ListenerSnapshot {
  std::string name;
  std::string address;
  bool open = true;  // false: has been removed, its connections go on
  std::uint64_t accepted = 0;
  std::uint64_t paused_at_cap = 0;
  std::uint64_t paused_for_rate = 0;
  std::uint64_t paused_without_fds = 0;
  std::uint64_t failed = 0;
  GateCounts gate{};
};

// What became of connections to listeners that want a PROXY header.
enum class ProxyHeaderResult : std::uint8_t { accepted, untrusted, malformed, ended, late };
inline constexpr std::size_t kProxyHeaderResults = 5;
using ProxyHeaderCounts = std::array<std::uint64_t, kProxyHeaderResults>;  // by result

// Of all connections.
struct PresenceCounts {
  std::size_t names = 0;
  std::size_t groups = 0;
  std::size_t group_members = 0;
};

// Derived marks of connections that are there, and of those that are remembered.
struct MarkCounts {
  std::size_t held = 0;
  std::size_t remembered = 0;
};

struct ProxySnapshot {
  std::vector<WorkerSnapshot> workers;      // those that answered in time
  std::size_t worker_count = 0;             // all
  std::vector<ListenerSnapshot> listeners;  // by slot
  std::size_t memory_used = 0;
  std::size_t memory_limit = 0;
  std::size_t max_connections = 0;
  std::size_t waiting_for_header = 0;  // connections whose PROXY header has not come
  ProxyHeaderCounts proxy_headers{};
  std::size_t tls_handshakes = 0;  // in flight
  PresenceCounts presence;
  MarkCounts marks;
  bool draining = false;
};

}  // namespace waymark::proxy
