#include "admin/dead_letter_metrics.h"

namespace waymark::admin {

void add_dead_letter_metrics(MetricsText& text, const DeadLetterFacts& facts) {
  text.gauge("waymark_dead_letters", "Frames that were given up and are kept.",
             static_cast<double>(facts.stored));
  text.gauge("waymark_dead_letters_bytes", "Payload bytes of those.",
             static_cast<double>(facts.bytes));
  for (const auto& [reason, count] : facts.added) {
    text.counter("waymark_dead_letters_total", "Frames given up, by reason.", count,
                 {{"reason", reason}});
  }
  for (const auto& [reason, count] : facts.dropped) {
    text.counter("waymark_dead_letters_dropped_total",
                 "Frames given up that are gone without having been replayed, by reason.", count,
                 {{"reason", reason}});
  }
  text.counter("waymark_dead_letters_replayed_total",
               "Frames given up that an upstream was given again.", facts.replayed);
}

}  // namespace waymark::admin
