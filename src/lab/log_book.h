// What a process of the lab has said: the last lines in memory, more of them in a file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace waymark::lab {

struct LogPage {
  std::vector<std::string> lines;  // without their ends
  std::uint64_t next = 0;          // `after` for what comes then
  std::uint64_t missed = 0;        // lines after `after` that are not kept any more
};

// One thread at a time.
class LogBook {
 public:
  static constexpr std::size_t kMaxLines = 5'000;
  static constexpr std::size_t kMaxLine = 4'096;             // bytes; the rest is cut off
  static constexpr std::size_t kMaxBytes = 4 * 1024 * 1024;  // of all lines in memory
  static constexpr std::size_t kMaxFile = 8 * 1024 * 1024;   // then it becomes FILE.1

  // Appends to `file`; without one, or where it cannot be opened or is a link or no file, there is
  // the memory alone.
  explicit LogBook(std::string file);
  LogBook(const LogBook&) = delete;
  LogBook& operator=(const LogBook&) = delete;
  ~LogBook();

  // Bytes as they come, lines in any number of pieces.
  void add(std::string_view bytes);
  // A line of the lab itself.
  void note(std::string_view line);

  // Lines behind the first `after` that were ever said, at most `limit` of them.
  [[nodiscard]] LogPage read(std::uint64_t after, std::size_t limit) const;
  // The last `count`.
  [[nodiscard]] LogPage tail(std::size_t count) const;

 private:
  void end_line();
  void write(std::string_view bytes);

  const std::string path_;
  int file_ = -1;
  std::size_t written_ = 0;
  std::deque<std::string> lines_;
  std::size_t bytes_ = 0;    // of lines_
  std::uint64_t first_ = 0;  // number of lines_[0], from 0
  std::string open_;         // a line without its end so far
};

}  // namespace waymark::lab
