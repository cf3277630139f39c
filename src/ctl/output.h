// A descriptor that people or programs read.
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace waymark::ctl {

// Writes at once, so that what was printed is there before the program waits for more.
class Output {
 public:
  // `fd` stays open while this lives.
  explicit Output(int fd) : fd_(fd) {}
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  // After the first failure nothing is written any more; status() remembers it.
  void print(std::string_view text);
  [[nodiscard]] const absl::Status& status() const { return status_; }
  // The reader has gone away, as `head` does when it has its lines: no reason to complain.
  [[nodiscard]] bool reader_left() const { return reader_left_; }

 private:
  const int fd_;
  absl::Status status_;
  bool reader_left_ = false;
};

}  // namespace waymark::ctl
