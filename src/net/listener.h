// A listening socket: one descriptor for its whole life, accepted from in bounded turns.
#pragma once

#include <uv.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/token_bucket.h"
#include "net/address.h"
#include "net/cidr.h"
#include "net/listen_socket.h"
#include "net/loop.h"
#include "net/socket_options.h"

namespace waymark::net {

struct Accepted {
  int fd = -1;  // non-blocking, close-on-exec; the receiver closes it
  Address peer;
};

// Several SO_REUSEPORT sockets would spread the accepting, but closing one resets the clients that
// wait in its backlog; and libuv's own accepting can spin for ever without descriptors. So: one
// socket, polled, and accept4() by ourselves.
class Listener {
 public:
  struct Options {
    int backlog = 4096;
    int accepts_per_turn = 64;
    SocketOptions socket;                   // of what is accepted
    std::optional<TokenBucket::Rate> rate;  // of accepting; beyond it clients wait in the backlog
    std::vector<Cidr> without_rate;         // whoever comes from here takes no token
  };
  // Takes ownership of each accepted descriptor.
  using OnAccept = std::function<void(Accepted)>;
  // Whether one more connection may be taken now; otherwise clients wait in the backlog.
  using HasRoom = std::function<bool()>;

  // Accepts from the next pass of the loop on. `socket` was opened with the same options.
  Listener(Loop& loop, ListenSocket socket, const Options& options, OnAccept on_accept,
           HasRoom has_room);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  // Requires close(), and that the loop has run once since.
  ~Listener();

  [[nodiscard]] const Address& address() const { return address_; }

  // Until close().
  [[nodiscard]] const ListenSocket& socket() const { return socket_; }

  // From now on.
  void retune(const Options& options);

  // Accepts who waits in the backlog at whatever rate, as long as there is room, and about as many
  // as it holds.
  void accept_waiting();

  // Stops accepting for good. Clients in the backlog are refused by the kernel, unless there is
  // a share of the socket.
  void close();

  // After close(): the loop has let go of it, and it may be destroyed.
  [[nodiscard]] bool gone() const { return gone_; }

  // Readable from any thread.
  struct Counters {
    std::atomic<std::uint64_t> accepted{0};
    std::atomic<std::uint64_t> paused_at_cap{0};  // times accepting stopped for want of room
    std::atomic<std::uint64_t> paused_for_rate{0};
    std::atomic<std::uint64_t> paused_without_fds{0};  // EMFILE, ENFILE, ENOBUFS, ENOMEM
    std::atomic<std::uint64_t> failed{0};              // other errors of accept4()
  };
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  void start();
  void accept_turn(bool at_any_rate);
  // Whether the rate allows one more now; if not, accepting has paused.
  [[nodiscard]] bool in_time();
  void count(const Address& peer);
  void pause();
  void pause_for(std::chrono::milliseconds wait);

  Loop& loop_;
  ListenSocket socket_;
  Options options_;
  Address address_;
  OnAccept on_accept_;
  HasRoom has_room_;
  uv_poll_t poll_;
  Timer retry_;
  std::chrono::milliseconds wait_;
  TokenBucket bucket_;
  Counters counters_;
  bool closed_ = false;
  bool gone_ = false;
};

}  // namespace waymark::net
