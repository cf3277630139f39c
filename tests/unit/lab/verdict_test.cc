#include "lab/verdict.h"

#include <catch2/catch.hpp>

using namespace waymark::lab;
using Catch::Matchers::Contains;

TEST_CASE("a verdict that has held claims no more than is promised") {
  Findings findings;
  findings.sent = findings.given = 12;
  findings.again = 3;
  findings.longest_wait = 1'250'000'000;
  const std::string text = verdict_text(findings);
  CHECK_THAT(text, Contains("frames sent") && Contains("       12"));
  CHECK_THAT(text, Contains("1.2s") || Contains("1.3s"));
  CHECK_THAT(text, Contains("The guarantee has held: at least once, in order"));
  CHECK_THAT(text, !Contains("exactly") && !Contains("BROKEN") && !Contains("unknown fate"));
}

TEST_CASE("a broken one names the first frames of each rule, and counts the rest") {
  Findings findings;
  findings.unknown = 1;
  for (std::uint64_t frame = 1; frame <= 7; ++frame) {
    findings.breaches.push_back({Rule::lost, 7, frame, "client 7, frame " + std::to_string(frame)});
  }
  findings.breaches.push_back({Rule::dropped, 7, 0, "client 7: was disconnected: FIN"});
  const std::string text = verdict_text(findings, 2);
  CHECK_THAT(text, Contains("The guarantee is BROKEN:\n  lost: client 7, frame 1\n"
                            "  lost: client 7, frame 2\n"
                            "  dropped: client 7: was disconnected: FIN\n  lost: 5 more\n"));
  CHECK_THAT(text, !Contains("has held") && Contains("unknown fate"));
}
