// What every command is given.
#pragma once

#include <chrono>

#include "ctl/api.h"
#include "ctl/output.h"
#include "ctl/table.h"
#include "ctl/units.h"

namespace waymark::ctl {

struct Context {
  Api& api;
  Output& out;  // what was asked for
  Output& err;  // remarks and questions
  bool json = false;
  Style style;  // of `out`

  [[nodiscard]] static Instant now() {
    return std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
  }
  // The answer as the server sent it, on lines of its own.
  void print_raw(const Answer& answer) const {
    out.print(answer.text.ends_with('\n') ? answer.text : answer.text + '\n');
  }
};

}  // namespace waymark::ctl
