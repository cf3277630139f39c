#include "lab/verdict.h"

#include <fmt/format.h>

#include <map>
#include <string_view>

namespace waymark::lab {
namespace {

constexpr double kSecond = 1e9;  // in nanoseconds

std::string breaches_text(const Findings& findings, std::size_t most) {
  std::map<Rule, std::size_t> counts;
  std::string text;
  for (const Breach& breach : findings.breaches) {
    if (++counts[breach.rule] <= most) {
      text += fmt::format("  {}: {}\n", name_of(breach.rule), breach.text);
    }
  }
  for (const auto& [rule, count] : counts) {
    if (count > most) text += fmt::format("  {}: {} more\n", name_of(rule), count - most);
  }
  return text;
}

void add(std::string& text, std::string_view name, std::uint64_t count, std::string_view meaning) {
  text += fmt::format("  {:<24}{:>9}  {}\n", name, count, meaning);
}

}  // namespace

std::string verdict_text(const Findings& findings, std::size_t most) {
  std::string text;
  add(text, "frames sent", findings.sent, "");
  add(text, "given to an upstream", findings.given,
      findings.held() ? "each at least once, in order, under its client's own mark" : "");
  add(text, "given again", findings.again, "flagged as such: their upstream failed meanwhile");
  add(text, "given up, reported", findings.given_up, "after max_attempts; the guarantee allows it");
  add(text, "answered", findings.answered, "");
  add(text, "answers withheld", findings.withheld, "as upstreams were told: failure, drop");
  add(text, "answered again", findings.answered_again,
      "by upstreams that ack apart from their answers");
  if (findings.unknown > 0) {
    add(text, "of unknown fate", findings.unknown,
        "of clients that were disconnected: perhaps never read");
  }
  text += fmt::format("  {:<24}{:>8.1f}s  of a client, from one answer to the next\n",
                      "longest wait", static_cast<double>(findings.longest_wait) / kSecond);
  if (findings.held()) {
    return text + "The guarantee has held: at least once, in order, nobody disconnected.\n";
  }
  return text + "The guarantee is BROKEN:\n" + breaches_text(findings, most);
}

}  // namespace waymark::lab
