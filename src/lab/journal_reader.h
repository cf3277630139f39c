// The journals of waymark-stub, read back; cmd/waymark-stub/journal.h has their lines.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "absl/status/status.h"
#include "lab/history.h"

namespace waymark::lab {

// Reads one journal after the other into the same Served.
class JournalReader {
 public:
  // `served` outlives this.
  explicit JournalReader(Served& served) : served_(served) {}

  // Adds the journal of one upstream, which may hold several processes, one after the other. A last
  // line without an end is being written, and is left out. InvalidArgument names the line that is
  // none.
  [[nodiscard]] absl::Status add(const std::string& upstream, std::string_view text);

 private:
  struct Line;

  [[nodiscard]] bool take(const std::string& upstream, Line line);
  [[nodiscard]] bool take_frame(Line& line);
  [[nodiscard]] bool take_answer(Line& line);
  [[nodiscard]] bool take_gap(Line& line);
  [[nodiscard]] std::uint32_t mark(std::string_view text);

  Served& served_;
  std::unordered_map<std::string, std::uint32_t> marks_;
  // Of the process that is being read: mark, seq and attempt -> index of its delivery.
  std::unordered_map<std::string, std::size_t> given_;
};

}  // namespace waymark::lab
