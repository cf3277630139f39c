// What one worker thread counted.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "base/histogram.h"

namespace waymark::load {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;

// Counted up by one thread, readable by any.
class Counter {
 public:
  void add(std::uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// A copy of the counters at one moment; those of several workers add up.
struct Counts {
  std::uint64_t sent = 0;              // frames given to the kernel
  std::uint64_t received = 0;          // frames that came back whole and equal
  std::uint64_t bytes = 0;             // received, of whatever value
  std::uint64_t mismatched = 0;        // places where other bytes came than were sent
  std::uint64_t lost = 0;              // frames not answered in time, or skipped by a later answer
  std::uint64_t late = 0;              // lost ones that were answered after all
  std::uint64_t duplicates = 0;        // answers to frames answered before
  std::uint64_t connected = 0;         // connections that came to be
  std::uint64_t connect_errors = 0;    // connections that did not
  std::uint64_t handshake_errors = 0;  // those of them whose TLS handshake failed
  std::uint64_t disconnects = 0;       // connections the peer ended before we did

  Counts& operator+=(const Counts& other);
  friend Counts operator-(Counts a, const Counts& b);
};

struct Tally {
  Counter sent;
  Counter received;
  Counter bytes;
  Counter mismatched;
  Counter lost;
  Counter late;
  Counter duplicates;
  Counter connected;
  Counter connect_errors;
  Counter handshake_errors;
  Counter disconnects;

  // The rest belongs to the worker's thread until that has ended.
  bool recording = false;   // whether answers enter the histogram
  Histogram latency;        // nanoseconds
  std::string first_fault;  // what went wrong first, for people
  std::string tls;          // what the first handshake agreed on

  void note_fault(std::string what) {
    if (first_fault.empty()) first_fault = std::move(what);
  }
  [[nodiscard]] Counts counts() const;
};

}  // namespace waymark::load
