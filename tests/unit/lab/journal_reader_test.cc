#include "lab/journal_reader.h"

#include <catch2/catch.hpp>

#include "base/status.h"

using namespace waymark;
using namespace waymark::lab;

namespace {

std::string fault_of(const std::string& text) {
  Served served;
  return std::string(message_of(JournalReader(served).add("red", text)));
}

}  // namespace

TEST_CASE("reads what waymark-stub writes") {
  Served served;
  JournalReader reader(served);
  REQUIRE(reader
              .add("red",
                   "start 1 77 red\nopened 2 m 3\nframe 7 m 1 2 3 4:1\nanswer 8 m 1 2 1\n"
                   "half_closed 8 m\nclosed 9 m CLIENT_CLOSED 1\nundeliverable 9 m NO_SUCH_MARK\n"
                   "start 10 78 red\ngap 11 m 2\n")
              .ok());
  REQUIRE(reader.add("green", "start 1 79 green\nframe 9 n 1 1 1 5:1\n").ok());
  REQUIRE(served.deliveries.size() == 2);
  const Delivery& first = served.deliveries[0];
  CHECK(first.at == 7);
  CHECK(served.processes[first.process].upstream == "red");
  CHECK(served.processes[first.process].pid == "77");
  CHECK(served.marks[first.mark] == "m");
  CHECK(first.seq == 1);
  CHECK(first.attempt == 2);
  CHECK(first.epoch == 3);
  CHECK(first.client == 4);
  CHECK(first.frame == 1);
  CHECK(first.answered);
  const Delivery& second = served.deliveries[1];
  CHECK(served.processes[second.process].upstream == "green");
  CHECK(second.mark != first.mark);
  CHECK_FALSE(second.answered);
  REQUIRE(served.gaps.size() == 1);
  CHECK(served.gaps[0].mark == first.mark);
  CHECK(served.gaps[0].seq == 2);
}

TEST_CASE("an answer that the link refused is none, and is that of its own attempt") {
  Served served;
  REQUIRE(JournalReader(served)
              .add("red",
                   "start 1 77 red\nframe 7 m 1 1 1 4:1\nframe 8 m 1 2 2 4:1\nanswer 8 m 1 1 0\n"
                   "answer 9 m 1 2 1\n")
              .ok());
  CHECK_FALSE(served.deliveries[0].answered);
  CHECK(served.deliveries[1].answered);
}

TEST_CASE("payloads that name no frame are nobody's") {
  Served served;
  REQUIRE(JournalReader(served)
              .add("red",
                   "start 1 77 red\nframe 7 m 1 1 1 hello\nframe 8 m 2 1 1 -\n"
                   "frame 9 m 3 1 1 4:x\nframe 9 m 3 1 1 99999999999:1\n")
              .ok());
  for (const Delivery& each : served.deliveries) CHECK(each.client == 0);
}

TEST_CASE("a last line that is being written is left out") {
  Served served;
  REQUIRE(
      JournalReader(served).add("red", "start 1 77 red\nframe 7 m 1 1 1 4:1\nframe 8 m 2").ok());
  CHECK(served.deliveries.size() == 1);
}

TEST_CASE("a line that is none is an error that names it") {
  CHECK(fault_of("start 1 77 red\nfinished 6 m\n") ==
        "journal of red, line 2: \"finished 6 m\" is no entry");
  CHECK(fault_of("frame 7 m 1 1 1 4:1\n") != "");
  CHECK(fault_of("start 1 77 red\nframe 7 m 1 1 1\n") != "");
  CHECK(fault_of("start 1 77 red\nframe x m 1 1 1 4:1\n") != "");
  CHECK(fault_of("start 1 77 red\nanswer 8 m 1 2 1\n") != "");
  CHECK(fault_of("start 1 77 red\ngap 8 m\n") != "");
}
