// What clients and upstreams have seen, and the rules it has to keep.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "proxy/settings.h"
#include "waymark/mark.h"

namespace waymark::model {

// One for each schedule. The first broken rule stays.
class History {
 public:
  // What is seen is written to `trace` as well, line by line; null: to nobody.
  History(proxy::Dispatch dispatch, std::string* trace) : dispatch_(dispatch), trace_(trace) {}

  [[nodiscard]] const std::string& broken() const { return broken_; }
  void fail(std::string rule);

  // --- what a link brought to an upstream; `line` names the link's stream ---

  void opened(std::uint32_t line, const Mark& mark, std::uint32_t epoch);
  void frame(std::uint32_t line, const Mark& mark, std::uint64_t seq, std::uint32_t attempt,
             const std::string& payload);
  void gap(std::uint32_t line, const Mark& mark, std::uint64_t seq);
  void half_closed(std::uint32_t line, const Mark& mark);
  void closed(std::uint32_t line, const Mark& mark);

  // The upstream has said that it is done with a frame.
  void done(std::uint32_t line, const Mark& mark, std::uint64_t seq);

  // The proxy has kept the frame as a dead letter.
  void given_up(const Mark& mark, std::uint64_t seq);

  // --- what clients saw ---

  // Client `client` has sent frame number `frame`, from 1.
  [[nodiscard]] static std::string payload_of(int client, std::uint64_t frame);
  // What upstreams answer to a payload.
  [[nodiscard]] static std::string answer_to(const std::string& payload) { return "re " + payload; }
  void received(int client, const std::string& line);

  // Nobody is there any more: what was opened on this stream has been closed.
  void expect_closed(std::uint32_t line);
  // The client has sent `frames` frames and all of them must have arrived, or been reported.
  void expect_all(int client, std::uint64_t frames);

 private:
  struct Connection {
    std::string who;  // what its payloads begin with; empty: none came yet
    std::uint64_t in_order_to = 0;
    std::set<std::pair<std::uint64_t, std::uint64_t>> unflagged;  // stream, where each has its copy
    std::set<std::uint64_t> gaps;
    std::set<std::uint64_t> arrived;
    std::set<std::uint32_t> epochs;
  };
  struct OnLine {
    bool open = false;
    bool ended = false;  // HalfClosed came
    std::uint64_t last_seq = 0;
    std::set<std::uint64_t> not_done;
    std::set<std::uint64_t> to_come_again;  // after one of them was refused
  };

  void note(std::uint32_t line, const Mark& mark, const std::string& what);

  [[nodiscard]] bool has_all(const Connection& connection, std::uint64_t frames) const;
  void frame_on_line(OnLine& here, std::uint64_t seq, std::uint32_t attempt);

  const proxy::Dispatch dispatch_;
  std::string* const trace_;
  std::string broken_;
  std::map<Mark, Connection> connections_;
  std::map<std::pair<std::uint32_t, Mark>, OnLine> on_line_;
  std::set<std::string> answers_;
};

}  // namespace waymark::model
