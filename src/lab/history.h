// What clients and upstreams of a chaos run wrote down: what the checker judges by.
//
// Clients are numbered from 1, and so are the frames of each: frame N of client C begins with "C:N
// ". Times are CLOCK_MONOTONIC in nanoseconds, one clock for all processes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace waymark::lab {

using Nanos = std::int64_t;

struct Answer {
  Nanos at = 0;
  std::uint64_t frame = 0;
};

// One connection, as its client saw it.
struct ClientHistory {
  std::uint32_t number = 0;
  std::vector<Nanos> sent_at;        // frame by frame: when the kernel took its last byte
  std::vector<Answer> answers;       // in the order they came
  std::vector<std::string> foreign;  // what came that is none of its frames
  std::string dropped;               // why the connection ended before its client did; empty: no

  // Frames 1 to this.
  [[nodiscard]] std::uint64_t sent() const { return sent_at.size(); }
};

// A frame as an upstream was given it.
struct Delivery {
  Nanos at = 0;
  std::uint32_t process = 0;  // index of Served::processes
  std::uint32_t mark = 0;     // index of Served::marks
  std::uint64_t seq = 0;
  std::uint32_t attempt = 0;
  std::uint32_t epoch = 0;   // 0: its link had not opened the mark
  std::uint32_t client = 0;  // what the payload says of itself; 0: nothing that can be read
  std::uint64_t frame = 0;
  bool answered = false;  // the upstream gave an answer, which its link took
};

// A frame that the proxy gave up, and said so.
struct ReportedGap {
  std::uint32_t mark = 0;
  std::uint64_t seq = 0;
};

struct UpstreamProcess {
  std::string upstream;
  std::string pid;
};

// What all upstreams together were given.
struct Served {
  std::vector<UpstreamProcess> processes;
  std::vector<std::string> marks;
  std::vector<Delivery> deliveries;
  std::vector<ReportedGap> gaps;
};

// How long an upstream was told to do something.
struct Span {
  std::string upstream;
  Nanos from = 0;
  Nanos to = 0;
};

struct History {
  std::vector<ClientHistory> clients;
  Served served;
  std::vector<Span> withheld;  // answers, from frames that it took: `failure` and `drop`
  std::vector<Span> apart;     // acks, from their answers: `ack` late, never and duplicate
};

}  // namespace waymark::lab
