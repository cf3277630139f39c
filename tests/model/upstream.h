// An upstream that acks, as the model plays it: takes what a link brings and says what it is told
// to.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "history.h"
#include "link/link.h"

namespace waymark::model {

class Upstream {
 public:
  Upstream(History& history, int number) : history_(history), number_(number) {}

  // It was killed, or ended the stream: what it had is gone.
  void forget();
  // One message of the stream `line`.
  void take(std::uint32_t line, const std::string& message);

  // Each says something about one of the events it has not finished, chosen by `which`; nothing if
  // there is none.
  void answer(std::uint32_t which);
  void ack(std::uint32_t which);
  void ack_through(std::uint32_t which);
  void refuse(std::uint32_t which, std::uint64_t delay_ms, bool give_up);
  // Says once more what it has said of an event before.
  void repeat(std::uint32_t which);
  // Answers one of them in the name of another client.
  void mistake(std::uint32_t which);
  // Ends the direction to a client that has ended its own and got all its answers.
  void half_close(std::uint32_t which);
  void close(std::uint32_t which);
  // To a client, unasked for.
  void send(std::uint32_t which);
  void ask_to_drain();
  void finish_all();

  [[nodiscard]] bool wants_to_drain() const { return wants_to_drain_; }
  [[nodiscard]] bool half_closed_any() const { return half_closed_any_; }
  [[nodiscard]] bool closed_any() const { return closed_any_; }
  // The next message to the proxy; nullopt if there is none.
  [[nodiscard]] std::optional<std::string> next_message();

 private:
  struct Pending {
    std::uint64_t delivery = 0;
    std::uint32_t line = 0;
    Mark mark;
    std::uint64_t seq = 0;  // 0: no frame
    std::string payload;
  };
  struct Client {
    bool ended = false;   // it sent HalfClosed
    bool closed = false;  // we sent HalfClose
  };

  void take(std::uint32_t line, const wire::Event& event);
  [[nodiscard]] Pending remove(std::uint32_t which);
  void say(const wire::Command& command);
  void say_answer(const Pending& frame);
  void say_ack(std::uint64_t through, std::vector<std::uint64_t> also);
  [[nodiscard]] bool waits_for_us(const Mark& mark) const;

  History& history_;
  const int number_;
  std::vector<Pending> pending_;
  std::vector<Pending> finished_;
  std::map<Mark, Client> clients_;
  std::deque<std::string> said_;
  bool wants_to_drain_ = false;
  bool half_closed_any_ = false;
  bool closed_any_ = false;
  int sent_ = 0;
};

}  // namespace waymark::model
