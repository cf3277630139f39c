// Writes the Prometheus text exposition format, version 0.0.4
// (https://prometheus.io/docs/instrumenting/exposition_formats/).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/buckets.h"

namespace waymark::admin {

struct Label {
  std::string_view name;   // [a-zA-Z_][a-zA-Z0-9_]*
  std::string_view value;  // any UTF-8; escaped when written
};

// One bucket of a histogram: how many observations were at most `upper_bound`.
struct HistogramBucket {
  double upper_bound = 0;
  std::uint64_t cumulative_count = 0;
};

// Samples may come in any order: those of one name are written together, in the order in which the
// names came first, under one HELP and one TYPE line taken from that first call. Names are the
// caller's: [a-zA-Z_:][a-zA-Z0-9_:]*, counters end in "_total".
//
//   MetricsText text;
//   for (const WorkerStats& worker : workers) {
//     text.counter("waymark_frames_total", "Frames read.", worker.frames, {{"worker", worker.id}});
//   }
//   return std::move(text).finish();
class MetricsText {
 public:
  using Labels = std::initializer_list<Label>;

  void counter(std::string_view name, std::string_view help, std::uint64_t value,
               Labels labels = {});
  // A counter of something that comes in fractions, such as seconds.
  void fractional_counter(std::string_view name, std::string_view help, double value,
                          Labels labels = {});
  void gauge(std::string_view name, std::string_view help, double value, Labels labels = {});

  // `buckets` by rising bound; the last one, +Inf, is written from `count`.
  void histogram(std::string_view name, std::string_view help,
                 std::span<const HistogramBucket> buckets, std::uint64_t count, double sum,
                 Labels labels = {});

  // Bounds and sum in base units: `unit` of the values make one, 1e9 nanoseconds a second.
  template <std::uint64_t... kBounds>
  void histogram(std::string_view name, std::string_view help, const Buckets<kBounds...>& values,
                 double unit, Labels labels = {}) {
    std::array<HistogramBucket, sizeof...(kBounds)> buckets;
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < buckets.size(); ++i) {
      count += values.counts()[i];
      buckets[i] = {static_cast<double>(values.kUpperBounds[i]) / unit, count};
    }
    histogram(name, help, std::span<const HistogramBucket>(buckets), count + values.counts().back(),
              static_cast<double>(values.sum()) / unit, labels);
  }

  [[nodiscard]] std::string finish() &&;

 private:
  struct Family {
    std::string name;
    std::string text;  // HELP, TYPE and the samples so far
  };

  // The text of the family `name`, begun if this is its first mention.
  [[nodiscard]] std::string& family(std::string_view name, std::string_view type,
                                    std::string_view help);

  std::vector<Family> families_;
};

}  // namespace waymark::admin
