// Answers in pieces: what libmicrohttpd reads from, and what wakes it again.
//
//   source has bytes            -> they are written
//   source is over              -> the answer ends
//   nothing there               -> the connection is suspended and costs nothing
//   wake, heartbeat, end        -> resumed; a heartbeat that finds nothing else writes a comment
//
// A suspended connection does not notice that its client is gone: the set looks, once a second. A
// client that has only ended its direction looks the same until it is written to, so it gets a
// heartbeat with each look.
#pragma once

#include <microhttpd.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "admin/stream_source.h"

namespace waymark::admin {

class StreamSet;

class Stream {
 public:
  Stream(StreamSet& set, MHD_Connection* connection, std::unique_ptr<StreamSource> source);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream();

  // The callback of MHD_create_response_from_callback().
  ssize_t read(char* out, std::size_t room);

 private:
  friend class StreamSet;

  // Any thread; the stream lives, since its source or its set calls.
  void wake();
  void look(bool heartbeat_due);
  void heartbeat();
  void end();
  // With mutex_ held.
  void resume();

  StreamSet& set_;
  MHD_Connection* const connection_;
  const int socket_;
  std::mutex mutex_;
  bool suspended_ = false;  // guarded by mutex_, as below
  bool woken_ = false;
  bool heartbeat_due_ = false;
  bool ended_ = false;
  // Last, so that nobody wakes a stream whose mutex is gone.
  const std::unique_ptr<StreamSource> source_;
};

// All streams of a server and the thread that beats their hearts and looks after their clients.
class StreamSet {
 public:
  StreamSet(std::size_t limit, std::chrono::milliseconds heartbeat);
  StreamSet(const StreamSet&) = delete;
  StreamSet& operator=(const StreamSet&) = delete;
  ~StreamSet() { end_all(); }

  // nullptr at the limit and after end_all(). HTTP thread, which also destroys it.
  [[nodiscard]] std::unique_ptr<Stream> open(MHD_Connection* connection,
                                             std::unique_ptr<StreamSource> source);
  // No stream is suspended when it returns, nor will be.
  void end_all();

 private:
  friend class Stream;

  void remove(Stream* stream);
  void run(std::chrono::milliseconds heartbeat);

  const std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<Stream*> streams_;  // guarded by mutex_, as below; a stream in it is not destroyed
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace waymark::admin
