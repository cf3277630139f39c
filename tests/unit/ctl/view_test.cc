#include <catch2/catch.hpp>

#include "ctl/connection_view.h"
#include "ctl/dead_letter_view.h"
#include "ctl/event_view.h"
#include "ctl/json_fields.h"
#include "ctl/stats_commands.h"
#include "ctl/tap_view.h"
#include "ctl/upstream_commands.h"
#include "ctl/upstream_view.h"

namespace waymark::ctl {
namespace {

using Catch::Contains;

const Instant kNow{std::chrono::seconds(60)};

Json upstream(const std::string& id, const std::string& address) {
  return {{"id", id}, {"address", address}, {"pool", "default"}, {"state", "ready"}};
}

TEST_CASE("fields of another type than expected read as nothing") {
  const Json odd = {{"text", 5}, {"number", "x"}, {"flag", 1}, {"list", {{"a", 1}}}, {"less", -1}};
  CHECK(text_of(odd, "text").empty());
  CHECK(number_of(odd, "number") == 0);
  CHECK(number_of(odd, "less") == 0);
  CHECK(!flag_of(odd, "flag"));
  CHECK(list_of(odd, "list").empty());
  CHECK(text_of(Json(7), "text").empty());
  CHECK(text_of(Json(Json::value_t::discarded), "text").empty());
  CHECK(number_of(Json{{"n", UINT64_MAX}}, "n") == UINT64_MAX);
}

TEST_CASE("statistics are a line for all and one for each upstream") {
  const std::string counted = R"({"uptime_seconds": 125, "connections": 1000, "frames": 1234567,
      "answers": 9, "errors": {"timed_out": 1, "dead_lettered": 2, "failed_answers": 3},
      "answer_time": {"measured": 3, "mean_ms": 0.25, "p50_ms": 2.5, "p99_ms": 120},
      "frames_per_second": {"last_second": 1250.5, "last_minute": 0.25, "last_15_minutes": 0}})";
  const std::string table = stats_table(Json::parse(R"({"total": )" + counted + R"(, "upstreams": [
          {"name": "red", "state": "dead", "statistics": )" +
                                                    counted + R"(},
          {"name": "green", "state": "joining"}]})"),
                                        {});
  CHECK(table ==
        "WHO    STATE    UPTIME  CONNS     FRAMES  ANSWERS  FAILED  TIMED OUT  DEAD    MEAN     "
        "P50     P99   1 S  1 MIN  15 MIN\n"
        "total  -         2m 5s  1,000  1,234,567        9       3          1     2  250 us  2.5 ms"
        "  120 ms  1.3k    0.2       0\n"
        "red    dead      2m 5s  1,000  1,234,567        9       3          1     2  250 us  2.5 ms"
        "  120 ms  1.3k    0.2       0\n"
        "green  joining       -      0          0        0       0          0     0       -       -"
        "       -     0      0       0\n");
}

TEST_CASE("an upstream is named by id, or by an address only it has") {
  const Json list = {{"upstreams", Json::array({upstream("1", "h:1"), upstream("2", "h:2"),
                                                upstream("3", "h:2"), upstream("h:1", "h:3")})}};
  CHECK(text_of(pick_upstream(list, "2").value(), "id") == "2");
  CHECK(text_of(pick_upstream(list, "h:3").value(), "id") == "h:1");
  CHECK(text_of(pick_upstream(list, "h:1").value(), "id") == "h:1");  // an id goes before

  const auto twice = pick_upstream(list, "h:2").status();
  CHECK(absl::IsInvalidArgument(twice));
  CHECK_THAT(std::string(twice.message().data(), twice.message().size()),
             Contains("id 2") && Contains("id 3") && !Contains("id 1"));

  const auto unknown = pick_upstream(list, "h:9").status();
  CHECK(absl::IsNotFound(unknown));
  CHECK_THAT(std::string(unknown.message().data(), unknown.message().size()),
             Contains("h:9") && Contains("h:1  id 1") && Contains("h:3"));
  CHECK(absl::IsNotFound(pick_upstream(Json::object(), "x").status()));
}

TEST_CASE("views stand resources of another shape") {
  const Json odd = {{"upstreams", Json::array({5, "x", nullptr, Json::object()})},
                    {"connections", Json::array({5, Json::object()})},
                    {"dead_letters", Json::array({5, Json::object()})},
                    {"dead_letter", "x"},
                    {"payload", "=="},
                    {"links", 7},
                    {"metadata", {{"a", 1}}}};
  CHECK_THAT(upstream_table(odd, {}, kNow), Contains("ADDRESS"));
  CHECK_THAT(dead_letter_table(odd, {}, kNow), Contains("ATTEMPTS"));
  CHECK_THAT(dead_letter_details(odd, {}, kNow), Contains("attempts"));
  CHECK_THAT(dead_letter_details(Json(5), {}, kNow), Contains("attempts"));
  CHECK_THAT(upstream_details(odd, {}, kNow), Contains("metadata"));
  CHECK_THAT(upstream_details(Json(5), {}, kNow), Contains("id"));
  CHECK_THAT(upstream_line(Json(5)), Contains("weight 0"));
  CHECK_THAT(connection_table(odd, {}, kNow), Contains("MARK"));
  CHECK_THAT(connection_details(Json(5), {}, kNow), Contains("held"));
}

TEST_CASE("an event is a line with its time first") {
  const SseEvent event{.type = "upstream",
                       .data = R"({"state":"dead","at":"1970-01-01T00:00:01.000Z","n":[1]})",
                       .id = "4"};
  CHECK(event_line(event, {}) == "1970-01-01T00:00:01.000Z  upstream  state=dead n=[1]\n");
  CHECK(
      event_json(event) ==
      R"({"id":"4","event":"upstream","data":{"state":"dead","at":"1970-01-01T00:00:01.000Z","n":[1]}})"
      "\n");
}

TEST_CASE("an event cannot send escapes or pretend to be another") {
  const SseEvent event{.type = "\x1b[2J", .data = "{\"a\\u001b\":\"\\u001b x\\ny=1\"}"};
  CHECK(event_line(event, {}) == "\\x1b[2J  a\\x1b=\"\\u001b x\\ny=1\"\n");
  CHECK(event_line({.type = "x", .data = "not {json\x07"}, {}) == "x  not {json\\x07\n");
  CHECK(event_json({.type = "x", .data = "no\n\xff"}) ==
        "{\"id\":\"\",\"event\":\"x\",\"data\":\"no\\n\xef\xbf\xbd\"}\n");
}

TEST_CASE("a dump has sixteen bytes a line, and a dot for what is no ASCII") {
  CHECK(hexdump("").empty());
  CHECK(hexdump("0123456789abcdef~\x7f\x80\n") ==
        "00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|\n"
        "00000010  7e 7f 80 0a                                       |~...|\n");
}

TEST_CASE("a frame is shown by its arrow, number, time and size, and what is missing is said") {
  const auto text = [](const std::string& type, const std::string& data) {
    return tap_text({.type = type, .data = data, .id = ""}, {});
  };
  CHECK(text("frame", R"({"direction":"up","seq":3,"time":"t","size":1,"payload":"YQ=="})") ==
        "-> 3  t  1 B\n00000000  61                                                |a|\n");
  CHECK(text("frame", R"({"direction":"down","seq":4,"time":"t","size":0,"payload":""})") ==
        "<- 4  t  0 B\n");
  CHECK(text("frame", R"({"direction":"up","seq":1,"time":"\u001b","size":9,"payload":"?"})") ==
        "-> 1  \\x1b  9 B, the first 0 are shown\n");
  CHECK(text("dropped", R"({"count":1})") ==
        "... 1 frame left out: more came than was asked for or read\n");
  CHECK(text("end", R"({"reason":"ADMIN"})") == "the connection has ended: ADMIN\n");
  CHECK(text("later", R"({"a":1})") == "later  a=1\n");
  CHECK(text("frame", "nonsense") == "<- 0    0 B\n");
}

}  // namespace
}  // namespace waymark::ctl
