// Up: client -> upstream. Gives each client its upstream, reads its bytes, cuts them into frames
// and puts those into the batches of links. Twin of down_path.h.
#pragma once

#include <array>
#include <vector>

#include "proxy/closer.h"
#include "proxy/dispatcher.h"
#include "proxy/worker_state.h"

namespace waymark::proxy {

class UpPath {
 public:
  UpPath(WorkerState& state, Dispatcher& dispatcher, Closer& closer)
      : state_(state), dispatcher_(dispatcher), closer_(closer) {}

  // Gives the client to the upstream whose turn `ticket` is; with none ready it stays as it is.
  void place(Client& client, std::uint64_t ticket);
  // Gives the client, which has none, to this upstream, whose link is ready.
  void give(Client& client, std::uint32_t upstream);
  // No upstream is ready: gives the client what its pool says to that.
  void say_held(Client& client);
  void read(Client& client);

  // The link of this upstream has room again: clients that waited for it read in turn.
  void on_room(Upstream& upstream, std::uint32_t index);
  // Memory is available again.
  void on_memory();
  // Ten times a second: clients that were too fast are read again.
  void tick();

  // Tells the upstream that the client has ended its direction.
  void send_half_closed(Client& client);

 private:
  // What a read may bring in now; 0 after having paused the client.
  [[nodiscard]] std::size_t credit_of(Client& client, Upstream& upstream);
  [[nodiscard]] bool has_memory(Client& client);
  void pause(Client& client, Upstream& upstream);
  // Reads at most `most` bytes, once; answers how many came.
  std::size_t read_once(Client& client, std::size_t most);
  // Of a pool that pins connections, and of one that does not.
  std::size_t read_pinned(Client& client, Upstream& upstream, std::size_t most);
  std::size_t read_dispatched(Client& client, std::size_t most);
  std::size_t read_raw(Client& client, Upstream& upstream, std::size_t credit);
  // Of a client whose listener sets a rate.
  void read_throttled(Client& client);
  // `put(header, frame)` sends a frame on its way; false: nobody takes one so large.
  template <typename Put>
  void cut(Client& client, std::string_view bytes, Put&& put);
  // Counts a frame of `size` bytes; answers the header of its event.
  [[nodiscard]] wire::EventHeader number(Client& client, std::size_t size,
                                         std::uint64_t received_at);
  // A frame that was read just now is on its way.
  void sent(Client& client, Upstream& upstream, const wire::EventHeader& header,
            const link::Appended& appended);
  // The client is tapped: shows the frame to those who look.
  void show(const Client& client, const wire::EventHeader& header, std::string_view frame) const;
  void look_for_key(Client& client);
  // The last frame of a client that leaves has ended.
  static void finish(Client& client);
  // Answers 0.
  std::size_t no_bytes(Client& client, const net::Connection::ReadResult& got);
  void end(Client& client);

  static constexpr std::size_t kScratch = 64 * 1024;

  WorkerState& state_;
  Dispatcher& dispatcher_;
  Closer& closer_;
  std::array<char, kScratch> scratch_;
  std::vector<Mark> throttled_;
  std::vector<Mark> looked_at_;  // empty between ticks; kept for its capacity
};

}  // namespace waymark::proxy
