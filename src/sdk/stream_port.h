// What an outbox asks of the stream it writes to.
#pragma once

#include <string>

namespace waymark::sdk {

// The start_*() calls come on the stream's thread. Each starts one operation and returns; at most
// one of a kind is under way.
class StreamPort {
 public:
  virtual ~StreamPort() = default;

  // Outbox::woken() is to be called soon, on the stream's thread. Comes on any thread, with the
  // outbox locked, and not again before woken().
  virtual void wake() = 0;

  virtual void start_read() = 0;
  virtual void start_write(std::string message) = 0;
  virtual void start_finish() = 0;  // the last operation of a stream
};

}  // namespace waymark::sdk
