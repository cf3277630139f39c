// What the telemetry listener asks of the rest of the program.
#pragma once

#include <string>

namespace waymark::admin {

struct Readiness {
  bool ready = false;
  std::string reason;  // one line, why not; not read when ready
};

// Called on the admin thread. An implementer answers from a snapshot or within a bounded wait:
// while it thinks, no other probe is answered.
class TelemetrySource {
 public:
  virtual ~TelemetrySource() = default;

  // Whether new clients should be sent here.
  [[nodiscard]] virtual Readiness readiness() = 0;

  // All metrics in the Prometheus text format (metrics_text.h makes it).
  [[nodiscard]] virtual std::string metrics() = 0;
};

}  // namespace waymark::admin
