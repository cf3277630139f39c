// Up: client -> upstream. Takes clients in, gives each its upstream, reads their bytes, cuts them
// into frames and puts those into the batches of links. Twin of down_path.h.
#pragma once

#include <array>

#include "identity/random_mark.h"
#include "net/poller.h"
#include "proxy/closer.h"
#include "proxy/mail.h"
#include "proxy/worker_state.h"

namespace waymark::proxy {

class UpPath {
 public:
  UpPath(WorkerState& state, Closer& closer, net::Poller& poller, net::ConnectionEvents& events)
      : state_(state), closer_(closer), poller_(poller), events_(events) {}

  void take_in(const NewClient& accepted);

  // Gives the client to the upstream whose turn `ticket` is; with none ready it stays as it is.
  void place(Client& client, std::uint64_t ticket);
  // Gives the client, which has none, to this upstream, whose link is ready.
  void give(Client& client, std::uint32_t upstream);
  // No upstream is ready: gives the client what its pool says to that.
  void say_held(Client& client);
  // The client was placed and its upstream holds all events before it: reading may go on.
  void resume(Client& client);

  void read(Client& client);

  // The link of this upstream has room again: clients that waited for it read in turn.
  void on_room(Upstream& upstream, std::uint32_t index);
  // Memory is available again.
  void on_memory();

  // Tells the upstream that the client has ended its direction.
  void send_half_closed(Client& client);

 private:
  // What a read may bring in now; 0 after having paused the client.
  [[nodiscard]] std::size_t credit_of(Client& client, Upstream& upstream);
  void pause(Client& client, Upstream& upstream);
  void read_raw(Client& client, link::Link& link, std::size_t credit);
  void cut(Client& client, link::Link& link, std::string_view bytes);
  // Counts a frame of `size` bytes; answers the header of its event.
  [[nodiscard]] wire::EventHeader number(Client& client, std::size_t size,
                                         std::uint64_t received_at);
  // The client is tapped: shows the frame to those who look.
  void show(const Client& client, const wire::EventHeader& header, std::string_view frame) const;
  void no_bytes(Client& client, const net::Connection::ReadResult& got);
  void end(Client& client);

  static constexpr std::size_t kScratch = 64 * 1024;

  WorkerState& state_;
  Closer& closer_;
  net::Poller& poller_;
  net::ConnectionEvents& events_;
  identity::RandomMarks marks_;
  std::array<char, kScratch> scratch_;
};

}  // namespace waymark::proxy
