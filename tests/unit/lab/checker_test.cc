#include "lab/checker.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

using namespace waymark::lab;

namespace {

constexpr Nanos kMs = 1'000'000;
constexpr std::uint32_t kRed = 0;
constexpr std::uint32_t kGreen = 1;

Delivery given(std::uint32_t client, std::uint64_t frame, Nanos ms, std::uint32_t process = kRed,
               std::uint32_t attempt = 1, std::uint32_t epoch = 1) {
  return {.at = ms * kMs,
          .process = process,
          .mark = client,
          .seq = frame,
          .attempt = attempt,
          .epoch = epoch,
          .client = client,
          .frame = frame,
          .answered = true};
}

// Two clients of three frames each. The upstream of the first dies with frame 2 answered by nobody,
// so that 2 comes again elsewhere, flagged.
History sound() {
  History history;
  Served& served = history.served;
  served.processes = {{"red", "11"}, {"green", "12"}};
  served.marks = {"nobody", "mark-1", "mark-2"};
  for (std::uint32_t number = 1; number <= 2; ++number) {
    ClientHistory client{
        .number = number, .sent_at = {}, .answers = {}, .foreign = {}, .dropped = {}};
    for (std::uint64_t frame = 1; frame <= 3; ++frame) {
      const auto at = static_cast<Nanos>(10 * frame);
      client.sent_at.push_back(at * kMs);
      client.answers.push_back({(at + 5) * kMs, frame});
      if (number == 2 || frame < 3) served.deliveries.push_back(given(number, frame, at + 1));
    }
    history.clients.push_back(client);
  }
  served.deliveries.push_back(given(1, 2, 31, kGreen, 2, 2));
  served.deliveries.push_back(given(1, 3, 32, kGreen, 1, 2));
  return history;
}

Delivery& find(History& history, std::uint32_t client, std::uint64_t frame,
               std::uint32_t process = kRed) {
  auto& all = history.served.deliveries;
  return *std::find_if(all.begin(), all.end(), [&](const Delivery& each) {
    return each.client == client && each.frame == frame && each.process == process;
  });
}

void take_away(History& history, std::uint32_t client, std::uint64_t frame) {
  std::erase_if(history.served.deliveries,
                [&](const Delivery& each) { return each.client == client && each.frame == frame; });
}

void take_answer(History& history, std::uint32_t client, std::uint64_t frame) {
  std::erase_if(history.clients[client - 1].answers,
                [&](const Answer& each) { return each.frame == frame; });
}

// The rules that are broken, each once.
std::set<Rule> broken(const History& history) {
  std::set<Rule> rules;
  for (const Breach& breach : check(history).breaches) rules.insert(breach.rule);
  return rules;
}

using Rules = std::set<Rule>;

}  // namespace

TEST_CASE("a sound history has no breach") {
  const Findings findings = check(sound());
  CHECK(findings.held());
  CHECK(findings.sent == 6);
  CHECK(findings.given == 6);
  CHECK(findings.answered == 6);
  CHECK(findings.again == 1);
  CHECK(findings.longest_wait == 10 * kMs);
}

TEST_CASE("a frame that no upstream was given is lost, and told by name") {
  History history = sound();
  take_away(history, 2, 2);
  const Findings findings = check(history);
  REQUIRE(findings.breaches.size() == 1);
  CHECK(findings.breaches[0].rule == Rule::lost);
  CHECK(findings.breaches[0].text == "client 2, frame 2: was given to no upstream");
  CHECK(findings.given == 5);
}

TEST_CASE("a loss that the proxy has reported is allowed") {
  History history = sound();
  take_answer(history, 2, 3);
  history.served.gaps.push_back({2, 3});
  CHECK(check(history).held());
  take_away(history, 2, 3);
  CHECK(check(history).held());
  CHECK(check(history).given_up == 1);
  history.served.gaps.front() = {2, 4};  // of another frame
  CHECK(broken(history) == Rules{Rule::lost});
}

TEST_CASE("a frame under the mark of another client is crossed") {
  History history = sound();
  Delivery& stray = find(history, 2, 3);
  stray.mark = 1;
  stray.epoch = 3;
  CHECK(broken(history) == Rules{Rule::crossed});
  CHECK(check(history).breaches[0].text ==
        "client 2, frame 3: came to red (pid 11) under the mark of client 1");
}

TEST_CASE("a frame under another number, of nobody, or damaged is crossed") {
  History history = sound();
  SECTION("another number") { find(history, 2, 3).seq = 4; }
  SECTION("not sent") { history.served.deliveries.push_back(given(2, 4, 41)); }
  SECTION("of a client that is none") { history.served.deliveries.push_back(given(9, 1, 41)); }
  SECTION("something else under a client's mark") {
    Delivery odd = given(0, 0, 41);
    odd.mark = 2;
    history.served.deliveries.push_back(odd);
  }
  CHECK(broken(history) == Rules{Rule::crossed});
}

TEST_CASE("frames of somebody who is none of the clients are nobody's business") {
  History history = sound();
  history.served.marks.emplace_back("mark-3");
  Delivery other = given(0, 0, 41);
  other.mark = 3;
  history.served.deliveries.push_back(other);
  CHECK(check(history).held());
}

TEST_CASE("an answer that is none of the client's frames is crossed") {
  History history = sound();
  SECTION("foreign") { history.clients[0].foreign.emplace_back("\"2:2 abc\""); }
  SECTION("not sent") { history.clients[1].answers.push_back({45 * kMs, 4}); }
  CHECK(broken(history) == Rules{Rule::crossed});
}

TEST_CASE("a client that was cut off is told") {
  History history = sound();
  history.clients[1].dropped = "FIN";
  CHECK(broken(history) == Rules{Rule::dropped});
  CHECK(check(history).breaches[0].text == "client 2: was disconnected: FIN");
}

TEST_CASE("of a client that was cut off nobody knows what was read") {
  History history = sound();
  history.clients[1].dropped = "FIN";
  take_away(history, 2, 3);
  take_answer(history, 2, 3);
  CHECK(broken(history) == Rules{Rule::dropped});
  CHECK(check(history).unknown == 1);
}

TEST_CASE("an answer that is due and has not come") {
  History history = sound();
  take_answer(history, 2, 3);
  CHECK(broken(history) == Rules{Rule::no_answer});

  SECTION("is excused while its upstream was told to give none") {
    find(history, 2, 3).answered = false;
    history.withheld.push_back({"red", 30 * kMs, 40 * kMs});
    CHECK(check(history).held());
    CHECK(check(history).withheld == 1);
  }
  SECTION("not when the upstream has given it") {
    history.withheld.push_back({"red", 30 * kMs, 40 * kMs});
    CHECK(broken(history) == Rules{Rule::no_answer});
  }
  SECTION("not before or after, nor by another upstream") {
    find(history, 2, 3).answered = false;
    history.withheld = {{"red", 0, 30 * kMs}, {"red", 32 * kMs, 90 * kMs}, {"green", 0, 90 * kMs}};
    CHECK(broken(history) == Rules{Rule::no_answer});
  }
}

TEST_CASE("an answer is due from the upstream that was given the frame last") {
  History history = sound();
  take_answer(history, 1, 2);
  find(history, 1, 2, kRed).answered = false;
  history.withheld.push_back({"red", 0, 90 * kMs});
  SECTION("who has given it, though the one before was told to give none") {
    CHECK(broken(history) == Rules{Rule::no_answer});
  }
  SECTION("unless that one was told so too") {
    find(history, 1, 2, kGreen).answered = false;
    history.withheld.push_back({"green", 0, 90 * kMs});
    CHECK(check(history).held());
  }
}

TEST_CASE("a frame that comes again as new") {
  History history = sound();
  SECTION("elsewhere") { history.served.deliveries.push_back(given(2, 3, 40, kGreen, 1, 2)); }
  SECTION("the flag forgotten") { find(history, 1, 2, kGreen).attempt = 1; }
  CHECK(broken(history) == Rules{Rule::unflagged});
}

TEST_CASE("an answer that comes again") {
  History history = sound();
  history.clients[0].answers.push_back({50 * kMs, 2});
  CHECK(broken(history) == Rules{Rule::doubled});
  SECTION("is explained by an upstream that acks apart from its answers") {
    history.apart.push_back({"green", 30 * kMs, 40 * kMs});
    CHECK(check(history).held());
    CHECK(check(history).answered_again == 1);
  }
}

TEST_CASE("the order of a connection") {
  History history = sound();
  SECTION("on one link") { find(history, 2, 1).at = 22 * kMs; }
  SECTION("over all upstreams") {
    find(history, 1, 3, kGreen).at = 20 * kMs;
    find(history, 1, 2).at = 25 * kMs;
  }
  SECTION("a rewind on one link") { history.served.deliveries.push_back(given(2, 2, 40, kRed, 2)); }
  SECTION("before its Opened") { find(history, 2, 1).epoch = 0; }
  SECTION("an epoch of two upstreams") { find(history, 2, 3).process = kGreen; }
  CHECK(broken(history) == Rules{Rule::order});
}

TEST_CASE("a zombie that handles old frames late breaks no order") {
  History history = sound();
  find(history, 1, 2).at = 60 * kMs;
  find(history, 1, 3, kGreen).attempt = 2;
  history.served.deliveries.push_back(given(1, 3, 61));
  CHECK(check(history).held());
}

TEST_CASE("of very many breaches some are told") {
  History history = sound();
  for (int i = 0; i < 1'000; ++i) history.clients[0].answers.push_back({50 * kMs, 2});
  CHECK(check(history).breaches.size() == 100);
}
