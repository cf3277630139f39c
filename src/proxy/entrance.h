// The way in: from an accepted connection to a client that has its mark and its upstream.
//
//   take_in -+-- no rules, no routes --------------------------------------> admitted
//            `-- identity: first bytes are looked at, and stay unread
//                   |-- no key by then ------------------------------------> admitted, random mark
//                   `-- key, so a mark: nobody has it ---------------------> admitted
//                         |-- a client of this worker has it, and is closed -> admitted
//                         |-- one of another worker: former, until that is done -> admitted
//                         `-- it may not be had: closed, DUPLICATE
//
// Who gets the mark of a connection that has left something undone is in `leftovers` before that.
// Until it is admitted, nobody is told of a connection, and nothing is read from it: what it sends
// waits in the kernel.
#pragma once

#include <array>
#include <vector>

#include "identity/random_mark.h"
#include "identity/search.h"
#include "net/poller.h"
#include "proxy/closer.h"
#include "proxy/mail.h"
#include "proxy/marking.h"
#include "proxy/up_path.h"
#include "proxy/worker_state.h"

namespace waymark::proxy {

class Entrance {
 public:
  Entrance(WorkerState& state, Marking& marking, UpPath& up, Closer& closer, net::Poller& poller,
           net::ConnectionEvents& events)
      : state_(state),
        marking_(marking),
        up_(up),
        closer_(closer),
        poller_(poller),
        events_(events) {}

  void take_in(NewClient&& accepted);
  // The newcomer has sent something, or has ended.
  void look(Client& client);

  // It has its mark, or none is to be had.
  void admit(Client& client);

  // About ten times a second.
  void tick();
  // Nobody is let in any more.
  void close();

 private:
  [[nodiscard]] static KeySearch search_for(const Client& client);
  // What its first bytes say; nothing while more of them may say more, unless `late`.
  void search(Client& client, bool late);
  // Gives the client the pool of the first route that holds.
  [[nodiscard]] bool route(Client& client, std::string_view bytes, bool more);
  void settle(Client& client, const identity::Identity& identity);
  void claim(Client& client, const identity::Identity& identity);
  void place(Client& client, std::uint64_t ticket);
  [[nodiscard]] bool leaves_something(const PendingMark& pending, const Pool& pool) const;

  static constexpr std::size_t kScratch = 64 * 1024;
  // How long an upstream may take for what the connection before has sent.
  static constexpr std::uint64_t kLeftoversMs = 2'000;

  WorkerState& state_;
  Marking& marking_;
  UpPath& up_;
  Closer& closer_;
  net::Poller& poller_;
  net::ConnectionEvents& events_;
  identity::RandomMarks marks_;
  std::vector<Client*> due_;
  std::array<char, kScratch> scratch_;
};

}  // namespace waymark::proxy
