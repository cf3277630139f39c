// What an upstream was told and what it answered, a line each, for a checker to read afterwards.
//
//   start TIME PID ID                             half_closed TIME MARK
//   opened TIME MARK EPOCH                        closed TIME MARK REASON LAST_SEQ
//   frame TIME MARK SEQ ATTEMPT EPOCH KEY         undeliverable TIME MARK REASON
//   answer TIME MARK SEQ ATTEMPT ACCEPTED         gap TIME MARK SEQ
//
// TIME is CLOCK_MONOTONIC in nanoseconds, the same in every process of the machine. KEY is what the
// payload begins with, up to a blank. ACCEPTED is what Reply::send() said: 1 or 0.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "waymark/event.h"

namespace waymark::stub {

// What an answer has to remember of its frame.
struct FrameName {
  Mark mark;
  std::uint64_t seq = 0;
  std::uint32_t attempt = 0;
};

// Every call is one write(2) that is done when it returns: what was told before a SIGKILL stays
// told, and nothing is answered that was not told before. Safe on any thread.
class Journal {
 public:
  // Appends to `path`; a process that comes after another begins with a start line of its own.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Journal>> open(const std::string& path,
                                                                     std::string_view id);
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  ~Journal();

  void opened(const Opened& opened);
  void frame(const Frame& frame);
  void answered(const FrameName& frame, bool accepted);
  void half_closed(const Mark& mark);
  void closed(const Closed& closed);
  void gap(const Gap& gap);
  void undeliverable(const Undeliverable& undeliverable);

 private:
  explicit Journal(int file) : file_(file) {}

  void write_line(std::string_view kind, const std::string& rest);

  const int file_;
};

}  // namespace waymark::stub
