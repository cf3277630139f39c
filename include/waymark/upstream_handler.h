// What the author of an upstream writes.
#pragma once

#include <cstdint>

#include "waymark/event.h"
#include "waymark/reply.h"
#include "waymark/sender.h"

namespace waymark {

// What becomes of the direction to a client that has ended its own.
enum class HalfCloseAction : std::uint8_t {
  end_when_done,  // ended by the SDK once every Reply of this client is finished
  keep_open,      // ended by the handler: Sender::half_close() or Sender::close()
};

// Threads: everything of one link is called by one thread, in the order in which the proxy sent it.
// With UpstreamOptions::threads = 1 that is one thread for all links; with more, different links
// call at the same time and the handler must allow for that. A call that blocks stops its thread,
// so that proxies see a slow upstream and stop reading from its clients; work that takes long
// belongs on a thread of the handler's own, with the Reply.
//
// The handler must outlive the server and must not throw.
class UpstreamHandler {
 public:
  virtual ~UpstreamHandler() = default;

  // `sender` may be copied and kept. Comes again, with `resumed`, for a connection that is opened
  // here already when its proxy has lost a link and made a new one.
  virtual void opened(const Opened& /*opened*/, const Sender& /*sender*/) {}

  virtual void frame(const Frame& frame, Reply reply) = 0;

  // Its next frame comes under this mark.
  virtual void marked(const Marked& /*marked*/) {}

  // The client will send no more; it still reads.
  virtual HalfCloseAction half_closed(const Mark& /*mark*/) {
    return HalfCloseAction::end_when_done;
  }

  // Comes once for every connection that was opened, also when its link is lost.
  virtual void closed(const Closed& /*closed*/) {}

  virtual void gap(const Gap& /*gap*/) {}

  virtual void undeliverable(const Undeliverable& /*undeliverable*/) {}

  virtual void receipt(const Receipt& /*receipt*/) {}

  // Only from the proxy that serves the client here; a client that stays slow is closed.
  virtual void pressure(const Pressure& /*pressure*/) {}

  // What Sender asked for, other than to send, was not done.
  virtual void refused(const Refused& /*refused*/) {}

  virtual void lookup_result(const LookupResult& /*result*/, const Sender& /*sender*/) {}

  virtual void relayed(const Relayed& /*relayed*/, const Sender& /*sender*/) {}

  // With UpstreamOptions::watch_upstreams. Each proxy tells first of all others that have been
  // ready, then of each change; what it has told may come again.
  virtual void upstream_changed(const UpstreamChanged& /*changed*/) {}
};

}  // namespace waymark
