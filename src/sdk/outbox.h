// The way back over one stream: commands gathered into messages, one write in flight.
//
//   serving --end()--> ending --all replies finished, all written--> finished
//      \______________abandon()____> abandoned --write done--------/
//
// It also decides when the next message is read, since what bounds it is what reading produces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "sdk/ack_book.h"
#include "sdk/command_codec.h"
#include "sdk/conversation.h"
#include "sdk/stream_port.h"
#include "wire/command.h"

namespace waymark::sdk {

// Shared by the stream, its conversations and the directory: Replies and Senders may outlive the
// stream, and then find the outbox finished.
class Outbox {
 public:
  // Commands are gathered into messages of this size, unless one alone is larger.
  static constexpr std::size_t kMessageBytes = 1024 * 1024;

  struct Limits {
    std::size_t max_message = 0;  // bytes the proxy accepts
    std::size_t max_queued = 0;   // bytes; above, the stream is not read and push() refuses
    std::size_t max_open_replies = 0;
  };

  // Held until the first release(). `port` is used no more once its start_finish() was called.
  Outbox(StreamPort& port, std::unique_ptr<CommandCodec> codec, const Limits& limits)
      : port_(port), codec_(std::move(codec)), limits_(limits) {}

  // -- any thread --

  // A command that answers nothing. False: it will not be sent.
  bool push(const wire::Command& command);

  // Finishes the reply to `delivery` (0: not to be acked), with `answer` or without (null). False:
  // nothing was sent.
  bool finish_reply(Conversation& conversation, std::uint64_t delivery,
                    const wire::Command* answer);
  // The same for a frame that is to come again, and HalfClosed behind it.
  void refuse_reply(Conversation& conversation, std::uint64_t delivery, const wire::Command& nack);

  // -- the stream's thread --

  // What is added between hold() and release() leaves as one message.
  void hold();
  void release();

  void set_max_message(std::size_t bytes);

  // A whole message, never joined with others.
  void add_message(std::string message);
  // A command that no limit keeps from being sent.
  void answer(const wire::Command& command);

  // A frame came, as `delivery` (0: not to be acked).
  void open_reply(Conversation& conversation, std::uint64_t delivery);
  // What was refused has come again, or will not.
  void refused_came(Conversation& conversation);
  // An event that gets no reply was handled.
  void handled(std::uint64_t delivery);
  void half_close_when_done(Conversation& conversation);

  // The stream wants its next message: started at once or when there is room again.
  void request_read();
  // The write that was started is done.
  void written();
  // What wake() asked for.
  void woken();

  // Nothing more will be read: finishes the stream once every reply is finished and written.
  void end();
  // Finishes the stream now; what was not written is dropped.
  void abandon();

 private:
  enum class State : std::uint8_t { serving, ending, abandoned, finished };

  // With the lock.
  [[nodiscard]] bool takes_commands() const {
    return state_ == State::serving || state_ == State::ending;
  }
  [[nodiscard]] bool may_write() const {
    return !held_ && !writing_ && (!messages_.empty() || acks_.pending());
  }
  [[nodiscard]] bool may_finish() const;
  [[nodiscard]] bool may_read();
  [[nodiscard]] bool encode(const wire::Command& command);
  void encode_acks();
  void queue(std::string message, bool joinable);
  void half_close_if_done(Conversation& conversation);
  void wake_if_needed();

  // Without the lock, on the stream's thread: starts whatever can be started.
  void pump();

  StreamPort& port_;
  const std::unique_ptr<CommandCodec> codec_;

  std::mutex mutex_;  // guards everything below and the counts of the conversations
  Limits limits_;
  State state_ = State::serving;
  AckBook acks_;
  std::deque<std::string> messages_;
  bool joinable_ = false;         // the last message takes more commands
  std::size_t queued_bytes_ = 0;  // of messages_ and of the write in flight
  std::size_t writing_bytes_ = 0;
  std::size_t open_replies_ = 0;
  bool held_ = true;
  bool writing_ = false;
  bool wake_pending_ = false;
  bool read_wanted_ = false;
  bool over_limit_ = false;  // reading waits until half of the limits
};

}  // namespace waymark::sdk
