#include "ctl/rates.h"

namespace waymark::ctl {

void Rates::add(const Json& list, const std::string& boot_id, Clock::time_point now) {
  const double seconds = std::chrono::duration<double>(now - read_at_).count();
  const bool comparable = boot_id == boot_id_ && !counts_.empty() && seconds > 0;
  std::map<std::string, Count> counts;
  rates_.clear();
  for (const Json& upstream : list_of(list, "upstreams")) {
    const std::string id = text_of(upstream, "id");
    Count& count = counts[id];
    for (const Json& link : list_of(upstream, "links")) {
      count.frames += number_of(link, "frames_sent");
      count.messages += number_of(link, "messages_received");
    }
    const auto before = counts_.find(id);
    if (!comparable || before == counts_.end()) continue;
    const Count& old = before->second;
    if (count.frames < old.frames || count.messages < old.messages) continue;
    rates_[id] = {static_cast<double>(count.frames - old.frames) / seconds,
                  static_cast<double>(count.messages - old.messages) / seconds};
  }
  counts_ = std::move(counts);
  boot_id_ = boot_id;
  read_at_ = now;
}

std::optional<Rate> Rates::of(const std::string& id) const {
  const auto found = rates_.find(id);
  if (found == rates_.end()) return std::nullopt;
  return found->second;
}

Rate Rates::total() const {
  Rate sum;
  for (const auto& [id, rate] : rates_) {
    sum.frames_up += rate.frames_up;
    sum.messages_down += rate.messages_down;
  }
  return sum;
}

}  // namespace waymark::ctl
