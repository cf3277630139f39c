// What an upstream is told of its clients.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "waymark/close_reason.h"
#include "waymark/mark.h"
#include "waymark/refusal.h"

namespace waymark {

// What the PROXY header of a connection told beside addresses.
struct Tlv {
  std::uint8_t type = 0;
  std::string value;
};

// Where a mark comes from; the values are those of MarkSource in link.proto.
enum class MarkSource : std::uint8_t {
  unspecified = 0,
  random = 1,  // good for this connection alone
  tls_client_certificate = 2,
  proxy_tlv = 3,
  first_frame = 4,
  source_ip = 5,
  upstream = 6,
};

// How far a mark can be believed; the values are those of Trust in link.proto.
enum class Trust : std::uint8_t {
  unspecified = 0,
  none = 1,
  claimed = 2,  // by the client
  vouched = 3,  // by a load balancer that the proxy believes
  proven = 4,   // by a private key
};

// What the TLS handshake of a client has told.
struct Tls {
  std::string version;             // "TLSv1.3"
  std::string cipher;              // "TLS_AES_256_GCM_SHA384"
  std::string sni;                 // the server name the client asked for; empty: none
  std::string client_subject;      // of the certificate it has shown, RFC 2253; empty, as the two
  std::string client_spki_sha256;  // below: none. Of that certificate's key, hexadecimal
  std::vector<std::string> client_names;  // alternative names: "DNS:a.example", "URI:...", "IP:..."
};

// A connection is now served by this upstream. Comes before its first frame; never from a proxy
// that speaks the legacy protocol.
struct Opened {
  Mark mark;
  std::string peer;      // "address:port" of the client
  std::string local;     // "address:port" the client connected to
  std::string listener;  // name of the listener
  std::map<std::string, std::string, std::less<>> attributes{};  // Sender::set_attributes()
  std::uint64_t incarnation = 0;  // grows each time the same mark connects again
  std::uint32_t epoch = 0;        // grows each time the connection moves to another upstream
  std::vector<Tlv> proxy_tlvs{};  // in their order; empty where no load balancer is believed
  bool resumed = false;           // the connection is older than its place on this upstream
  std::uint64_t next_seq = 0;     // number its next frame will have
  MarkSource mark_source = MarkSource::unspecified;
  Trust trust = Trust::unspecified;
  std::string key{};          // what the mark was derived from, where the listener exposes it
  bool returning = false;     // the proxy remembers an earlier connection with this mark
  std::uint64_t away_ms = 0;  // returning: since that one has closed; 0: it was taken over
  std::optional<Tls> tls{};   // none: the client talks plain TCP
};

// One frame of a client.
struct Frame {
  Mark mark;
  std::uint64_t seq = 0;          // from 1, without gaps; 0 from the legacy protocol
  std::uint32_t attempt = 1;      // above 1: this frame may have been delivered before
  std::uint32_t epoch = 0;        // as Opened said on the link it came on; 0: nothing was said
  std::uint64_t received_at = 0;  // Unix nanoseconds at the proxy; 0: unknown
  std::string_view payload;       // valid during the call only
};

// A connection that was opened here is known by another mark from now on. What is sent to the old
// one still reaches it; Replies that are held stay good.
struct Marked {
  Mark mark;
  Mark old_mark;
  MarkSource mark_source = MarkSource::unspecified;
  Trust trust = Trust::unspecified;
  std::string key{};  // as in Opened, and so on
  std::uint64_t incarnation = 0;
  bool returning = false;
  std::uint64_t away_ms = 0;
};

// The last thing to be said of a connection that was opened here.
struct Closed {
  Mark mark;
  CloseReason reason = CloseReason::unspecified;  // unspecified: the link to the proxy was lost
  std::uint64_t last_seq = 0;                     // of the last frame read from the client
  std::uint64_t unfinished_bytes = 0;             // read, but never a whole frame
  std::uint64_t written_bytes = 0;                // given to the client's socket
  std::uint64_t incarnation = 0;                  // as Opened said
};

// A frame that will not come: the proxy has given it up after `max_attempts` upstreams were lost
// with it, or because one of them refused it.
struct Gap {
  Mark mark;
  std::uint64_t seq = 0;
  std::string reason;
};

// Something sent to `mark` was not written.
struct Undeliverable {
  Mark mark;  // nil: it was sent to a name or a group that nobody has
  Refusal reason = Refusal::unspecified;
  std::string target{};       // the name or group it was sent to, if it was
  std::uint64_t receipt = 0;  // as the sender said
};

// What became of something that was sent with a receipt (Sender).
struct Receipt {
  enum class Outcome : std::uint8_t {
    written = 1,  // to one client, whose socket has it
    counted = 2,  // to a group or to all: this proxy made one attempt for each connection
  };
  std::uint64_t receipt = 0;  // as the sender said
  Outcome outcome = Outcome::written;
  Mark mark;                    // whose socket has it
  std::uint64_t attempted = 0;  // when counted: connections in scope and in reach
  std::uint64_t failed = 0;     // those that did not take it; Undeliverable told of each
};

// More than a proxy's `down.soft` waits for a client that does not read, or no longer does.
struct Pressure {
  Mark mark;
  bool high = false;
  std::uint64_t queued_bytes = 0;
};

// The values are those of Action in proto/waymark/link/v1/link.proto.
enum class Action : std::uint8_t {
  unspecified = 0,
  close = 7,
  half_close = 8,
  set_attributes = 16,
  join = 17,
  leave = 18,
  bind = 19,
  unbind = 20,
  lookup = 21,
  relay = 22,
  set_mark = 24,
};

// Something that was asked of the proxy, other than to send, was not done.
struct Refused {
  Mark mark;  // the connection it was asked for; nil: none
  Refusal reason = Refusal::unspecified;
  Action action = Action::unspecified;
  std::string subject{};  // the name, group or upstream it was about
  Mark holder{};          // name_taken: the connection that has the name
};

// Who has a name: answers Sender::lookup(), and Sender::bind() when it was done.
struct LookupResult {
  Mark mark;         // the connection on whose behalf it was asked
  std::string name;  // that was looked for
  Mark holder;       // nil: nobody
};

// What another upstream of the pool has sent with Sender::relay().
struct Relayed {
  std::string from;          // UpstreamOptions::name of the sender
  std::string_view payload;  // valid during the call only
};

// The values are those of UpstreamState in proto/waymark/link/v1/link.proto.
enum class UpstreamState : std::uint8_t {
  unspecified = 0,
  ready = 1,
  leaving = 2,  // it is linked, and gets no more connections
  lost = 3,
};

// What another upstream of the pool is now, as one proxy sees it.
struct UpstreamChanged {
  std::string upstream;  // UpstreamOptions::name of that upstream
  UpstreamState state = UpstreamState::unspecified;
};

}  // namespace waymark
