// What a link is told to be, and what both sides settle before the first event: Hello and Welcome.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "link/metadata.h"
#include "link/upstream_tls.h"
#include "session/window.h"
#include "wire/lifecycle.h"

namespace waymark::link {

struct LinkOptions {
  enum class Wanted : std::uint8_t { automatic, link, legacy };

  std::string address;
  std::string pool;
  Wanted protocol = Wanted::automatic;
  std::string proxy_id;
  std::string boot_id;
  std::uint32_t worker = 0;
  std::size_t max_frame = 256 * 1024;  // bytes of the largest payload of any listener
  std::size_t window_bytes = 4 * 1024 * 1024;
  std::size_t window_events = 4096;
  std::chrono::milliseconds connect_timeout{1'000};
  std::chrono::milliseconds welcome_timeout{5'000};
  std::chrono::milliseconds progress_timeout{30'000};
  std::chrono::milliseconds ping_interval{10'000};
  Metadata metadata{};    // of all its calls; without a problem_of()
  UpstreamTlsPtr tls{};   // of the next connection
  std::uint32_t tag = 0;  // what the owner knows the link by
};

// Bytes of the largest message the proxy takes.
[[nodiscard]] std::size_t max_received_message(const LinkOptions& options);
// Bytes of the largest message a channel carries, either direction: a frame of any configuration,
// because a channel outlives changes of it. What an upstream may send is max_received_message().
[[nodiscard]] std::size_t max_carried_message();
// Bytes of the largest payload the upstream takes.
[[nodiscard]] std::size_t max_payload(const wire::Welcome& welcome);

[[nodiscard]] std::string encode_hello(const LinkOptions& options);

// Why `welcome` cannot be agreed to, for people; empty if it can.
[[nodiscard]] std::string problem_of(const wire::Welcome& welcome);

// The upstream asks to be told of the others of its pool.
[[nodiscard]] bool wants_upstream_changes(const wire::Welcome& welcome);

// What may be outstanding: what the options say, and less where the upstream asks for less.
[[nodiscard]] session::Window window_of(const LinkOptions& options, const wire::Welcome& welcome);

}  // namespace waymark::link
