#include "lab/traffic_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "base/status.h"
#include "ctl/units.h"

namespace waymark::lab {
namespace {

double seconds(TrafficPlan::Millis time) { return std::chrono::duration<double>(time).count(); }

std::string counted(std::uint64_t number, std::string_view noun) {
  return fmt::format("{} {}{}", ctl::grouped(number), noun, ctl::plural(number));
}

ctl::Cell fault_cell(std::uint64_t number) {
  return {ctl::grouped(number), number == 0 ? ctl::Colour::green : ctl::Colour::red};
}

double milliseconds(std::uint64_t micros) { return static_cast<double>(micros) / 1'000; }

}  // namespace

std::string progress_line(const TrafficMoment& before, const TrafficMoment& now) {
  const double span = seconds(now.elapsed - before.elapsed);
  const auto rate = [span](std::uint64_t from, std::uint64_t to) {
    return ctl::short_rate(span > 0 ? static_cast<double>(to - from) / span : 0);
  };
  return fmt::format("{:>6.0f} s  {}, {} sent/s, {} answered/s, {} cut off, {} refused, {} wrong\n",
                     seconds(now.elapsed), counted(now.clients, "client"),
                     rate(before.tally.sent, now.tally.sent),
                     rate(before.tally.answered, now.tally.answered), now.tally.cut_off,
                     now.tally.refused, now.tally.wrong);
}

std::string traffic_summary(const TrafficPlan& plan, const TrafficMoment& end,
                            const ctl::Style& style) {
  const TrafficTally& tally = end.tally;
  ctl::Fields fields;
  fields.add("shape", fmt::format("{}, {}, {} frames/s of {}", name_of(plan.shape),
                                  counted(plan.clients, "client"), ctl::short_rate(plan.rate),
                                  ctl::short_bytes(plan.size)));
  fields.add("time", fmt::format("{:.1f} s", seconds(end.elapsed)));
  fields.add("connections", ctl::grouped(tally.connected));
  fields.add("frames sent", ctl::grouped(tally.sent));
  fields.add("answered", ctl::grouped(tally.answered));
  if (tally.answer_us.count() > 0) {
    fields.add("answer time", fmt::format("p50 {:.1f} ms, p99 {:.1f} ms, at most {:.1f} ms",
                                          milliseconds(tally.answer_us.quantile(0.5)),
                                          milliseconds(tally.answer_us.quantile(0.99)),
                                          milliseconds(tally.answer_us.max())));
  }
  fields.add("cut off", fault_cell(tally.cut_off));
  fields.add("refused", fault_cell(tally.refused));
  fields.add("wrong answers", fault_cell(tally.wrong));
  return fields.to_string(style);
}

absl::Status traffic_verdict(const TrafficTally& tally) {
  std::vector<std::string> faults;
  if (tally.cut_off > 0) faults.push_back(counted(tally.cut_off, "connection") + " cut off");
  if (tally.refused > 0) faults.push_back(counted(tally.refused, "connection") + " refused");
  if (tally.wrong > 0) faults.push_back(counted(tally.wrong, "answer") + " to somebody else");
  if (faults.empty()) return absl::OkStatus();
  return error(absl::StatusCode::kAborted, "{}; the first: {}", fmt::join(faults, ", "),
               tally.first_fault);
}

}  // namespace waymark::lab
