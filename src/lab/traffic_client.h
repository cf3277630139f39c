// One client of the load: a socket that is never waited for, and what it has to say.
#pragma once

#include <netinet/in.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "lab/traffic_frame.h"

namespace waymark::lab {

using Time = std::chrono::steady_clock::time_point;

//   closed -> connecting -> open -> leaving -> closed
// From any of them back to closed if the other side ends it; it may come again a second later.
class TrafficClient {
 public:
  enum class State : std::uint8_t { closed, connecting, open, leaving };

  // Its socket is watched in `epoll` with `key`. `tally` and `epoll` outlive it.
  TrafficClient(int epoll, std::uint32_t key, std::size_t frame_size, TrafficTally& tally)
      : epoll_(epoll), key_(key), frame_size_(frame_size), tally_(tally) {}
  TrafficClient(const TrafficClient&) = delete;
  TrafficClient& operator=(const TrafficClient&) = delete;
  ~TrafficClient() { close(); }

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool may_connect(Time now) const {
    return state_ == State::closed && now >= rests_;
  }

  // `tag`: of no other client. With `slow` it reads only every kReadPause.
  void connect(const sockaddr_in& address, std::uint64_t tag, bool slow, Time now);
  // So many frames more; they go as fast as the other side takes them.
  void send(std::size_t frames, Time now);
  // Sends no more, and closes when all is answered or a short while is over.
  void leave(Time now);
  // Its socket has something to tell.
  void on_ready(std::uint32_t events, Time now);
  // Deadlines, and the turn of a slow reader.
  void tick(Time now);

 private:
  void go_on_connecting(Time now);
  void read(Time now);
  void flush(Time now);
  void leave_if_done();
  void lose(const std::string& why, Time now);
  void fail(const std::string& why, Time now);
  void watch(int operation);
  void close();

  const int epoll_;
  const std::uint32_t key_;
  const std::size_t frame_size_;
  TrafficTally& tally_;
  State state_ = State::closed;
  int socket_ = -1;
  bool slow_ = false;
  bool blocked_ = false;  // the socket takes no more for now
  std::string peer_;
  std::uint64_t tag_ = 0;
  std::optional<AnswerReader> answers_;
  std::string out_;      // bytes of frames, not taken yet
  std::size_t due_ = 0;  // frames that are not in `out_` yet
  std::size_t awaited_ = 0;
  Time deadline_;  // while connecting or leaving
  Time reads_;     // of a slow reader, next
  Time rests_;     // not connected before
};

}  // namespace waymark::lab
