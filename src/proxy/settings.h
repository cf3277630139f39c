// What the proxy is told to do, as plain values. src/app fills it from the configuration file; the
// defaults here and those of proto/waymark/config/v1 are held equal by a test.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "frame/framing.h"
#include "identity/identity.h"
#include "identity/rule.h"
#include "net/cidr.h"
#include "net/tls_client.h"
#include "net/tls_context.h"
#include "proxy/pool_route.h"
#include "route/picker.h"

namespace waymark::proxy {

using Millis = std::chrono::milliseconds;

struct KeepaliveSettings {
  std::chrono::seconds idle{60};
  std::chrono::seconds interval{10};
  int count = 3;
};

// Every connection begins with a PROXY header.
struct ProxyProtocolSettings {
  std::vector<net::Cidr> trusted;  // who may send one; others are not let in
  Millis header_timeout{5'000};
};

// What becomes of a client whose mark another connection has.
enum class Duplicates : std::uint8_t {
  newest_wins,  // the other one is closed
  refuse,       // the newcomer is
  allow,        // the newcomer gets a mark of its own, derived from the key too
};

// How a listener's clients get their marks. Without rules each gets a random one.
struct IdentitySettings {
  Mark space = identity::default_namespace();
  identity::Rules rules;
  Millis wait{10'000};      // for the first frames; then it goes on without
  bool expose_key = false;  // upstreams are told it
  Duplicates duplicates = Duplicates::newest_wins;
  std::uint32_t max_take_overs = 30;  // a minute, of one mark by a claimed key; 0: any number
};

// Clients have to talk TLS.
struct TlsSettings {
  net::TlsServerOptions server;
  Millis handshake_timeout{10'000};
};

// Who may connect. 0: as many as there are.
struct AdmissionSettings {
  std::size_t max_connections_per_source = 0;  // of one address
  std::size_t max_connections_per_prefix = 0;  // of one network
  int source_prefix_v4 = 24;                   // bits of such a network
  int source_prefix_v6 = 64;
  std::uint64_t max_new_per_source = 0;  // of one address, in a minute
  std::vector<net::Cidr> exempt;         // these are not counted; neither is the loopback
  std::uint64_t max_new_per_second = 0;  // beyond it clients wait in the backlog
  std::uint64_t new_burst = 0;           // that may come at once; 0: those of a second
};

struct ListenerSettings {
  std::string name;
  std::string host;        // numeric address
  std::uint16_t port = 0;  // 0: one the system chooses
  std::string pool;
  frame::Framing framing;
  std::optional<ProxyProtocolSettings> proxy_protocol;
  std::vector<PoolRoute> routes;  // the first that holds has the pool
  IdentitySettings identity;
  std::optional<TlsSettings> tls;
  AdmissionSettings admission;
  std::size_t max_bytes_per_second = 0;   // of one client; 0: as it sends
  std::size_t max_frames_per_second = 0;  // likewise
  int backlog = 4096;
  Millis frame_timeout{30'000};       // from an unfinished frame's first byte
  Millis idle_timeout{3'600'000};     // without a byte either way
  Millis half_close_timeout{30'000};  // without output, once the client has ended its direction
  Millis linger_timeout{2'000};       // reading and discarding before a FIN is followed by close()
  Millis tcp_user_timeout{30'000};
  KeepaliveSettings keepalive;
  Millis max_age{0};                    // of a connection; 0: as old as it gets
  std::uint64_t max_age_jitter = 10;    // percent of it, more or less
  std::string goodbye;                  // written as it is before the FIN of a gentle end
  std::size_t send_buffer = 64 * 1024;  // SO_SNDBUF of client sockets
  std::size_t up_window = 64 * 1024;    // bytes of one client on their way to its upstream
  std::size_t down_soft = 256 * 1024;   // bytes queued for a client that may stay
  Millis down_soft_timeout{10'000};     // for this long, and no more than
  std::size_t down_hard = 1024 * 1024;  // these at any time
};

enum class Protocol : std::uint8_t { automatic, link, legacy };

struct UpstreamSettings {
  std::string address;  // "host:port"
  Protocol protocol = Protocol::automatic;
  bool insecure = false;     // plaintext off the loopback was asked for
  std::uint32_t weight = 1;  // 1 to 100, its share among the upstreams of the pool
  std::vector<std::pair<std::string, std::string>> metadata;  // of its gRPC calls, by key
  // How often its name is resolved, each address then being an upstream; 0: gRPC resolves it.
  Millis refresh{0};

  friend bool operator==(const UpstreamSettings&, const UpstreamSettings&) = default;
};

// What becomes of a frame whose write was under way when its link was lost.
enum class OnDoubt : std::uint8_t { resend, drop };

// Which upstreams of a pool get a connection's frames.
enum class Dispatch : std::uint8_t {
  connection,     // the one it has
  frame,          // for each frame the next one that may take it
  frame_ordered,  // the same, one frame of a connection at a time
  all,            // every one gets every frame
};

// Which connections an upstream may address.
enum class Reach : std::uint8_t { own, pool, any };

// Upstreams are talked to in TLS.
struct UpstreamTlsSettings {
  net::TlsClientFiles files;
  std::string server_name;  // asked for, and expected; empty: the host of the address
};

struct PoolSettings {
  std::string name;
  std::vector<UpstreamSettings> upstreams;
  route::Balance balance = route::Balance::round_robin;
  Dispatch dispatch = Dispatch::connection;
  std::size_t max_in_flight = 0;  // frames one upstream has of one worker; 0: as the window allows
  Millis reply_timeout{0};        // from reading a frame to its answer; 0: nobody waits for one
  std::string timeout_reply;      // a payload for the client whose frame got none; empty: nothing
  bool pair_replies = false;      // an answer that names no frame is one to the oldest
  OnDoubt on_doubt = OnDoubt::resend;
  std::uint32_t max_attempts = 5;  // deliveries of one frame, before it is given up
  Reach reach = Reach::pool;
  Millis no_upstream_timeout{120'000};
  std::string no_upstream_reply;  // written as it is to a client that begins to be held
  Millis active_within{60'000};
  std::size_t window_bytes = 4 * 1024 * 1024;  // per link, outstanding
  std::size_t window_events = 4096;
  Millis connect_timeout{1'000};
  Millis welcome_timeout{5'000};
  Millis progress_timeout{30'000};  // something outstanding and nothing moved: the link is lost
  Millis leave_timeout{30'000};     // a removed upstream may go on answering for this long
  Millis ping_interval{10'000};     // an idle link is asked whether it lives
  std::optional<UpstreamTlsSettings> tls;
};

struct DrainSettings {
  Millis delay{0};         // /readyz answers 503, accepting goes on
  Millis spread{0};        // connections are ended one after the other over this time
  Millis timeout{25'000};  // whole drain, at most
  Millis quiet{1'000};     // answers are over when none came for this long
};

inline constexpr std::size_t kMostUpstreams = 65'536;  // of LimitSettings::max_upstreams

struct LimitSettings {
  std::size_t max_connections = 0;             // 0: NOFILE - max(256, 2 %)
  std::size_t max_memory = 512 * 1024 * 1024;  // bytes
  int accepts_per_turn = 64;
  std::size_t max_upstreams = 1024;  // of all pools, those that are leaving included
  std::size_t max_names = 100'000;   // of all connections, as the next one
  std::size_t max_groups = 10'000;
  std::size_t max_names_per_connection = 16;
  std::size_t max_groups_per_connection = 64;
  std::size_t max_name_bytes = 255;           // of a name or a group
  std::size_t max_remembered_marks = 65'536;  // of connections that have ended
  std::size_t max_tls_handshakes = 1024;
};

struct Settings {
  int workers = 0;  // 0: max(1, cores / 2)
  std::string proxy_id;
  std::vector<ListenerSettings> listeners;
  std::vector<PoolSettings> pools;
  DrainSettings drain;
  LimitSettings limits;
};

}  // namespace waymark::proxy
