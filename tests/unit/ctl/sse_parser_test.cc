#include "ctl/sse_parser.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace waymark::ctl {
namespace {

// What the parser told, a line each.
class Told : public SseSink {
 public:
  void on_event(const SseEvent& event) override {
    lines.push_back(event.type + "/" + event.id + "/" + event.data);
  }
  void on_comment(std::string_view text) override { lines.push_back("#" + std::string(text)); }

  std::vector<std::string> lines;
};

std::vector<std::string> parse(std::initializer_list<std::string_view> pieces) {
  SseParser parser;
  Told told;
  for (const std::string_view piece : pieces) REQUIRE(parser.feed(piece, told).ok());
  return told.lines;
}

using Lines = std::vector<std::string>;

TEST_CASE("tells the fields of an event") {
  CHECK(parse({"id: 7\nevent: upstream\ndata: {\"a\":1}\n\n"}) == Lines{"upstream/7/{\"a\":1}"});
}

TEST_CASE("an event without a type is a message") {
  CHECK(parse({"data: x\n\n"}) == Lines{"message//x"});
}

TEST_CASE("joins the lines of data") {
  CHECK(parse({"data: a\ndata:\ndata:  b\n\n"}) == Lines{"message//a\n\n b"});
}

TEST_CASE("an id stays until there is another") {
  CHECK(parse({"id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n"}) ==
        Lines{"message/1/a", "message/1/b", "message//c"});
}

TEST_CASE("a type is of one event only") {
  CHECK(parse({"event: x\ndata: a\n\ndata: b\n\n"}) == Lines{"x//a", "message//b"});
}

TEST_CASE("tells no event without data, and none that is not finished") {
  CHECK(parse({"event: x\nid: 3\n\n"}).empty());
  CHECK(parse({"data: x\n"}).empty());
}

TEST_CASE("tells comments as they come") {
  CHECK(parse({": caught up\ndata: a\n:\n\n"}) == Lines{"# caught up", "#", "message//a"});
}

TEST_CASE("ignores unknown fields, ids with a zero byte and a byte order mark") {
  using namespace std::string_view_literals;
  CHECK(parse({"\xef\xbb\xbf"
               "data: a\nretry: 10\nfoo\nid: 1\0"
               "2\n\n"sv}) == Lines{"message//a"});
}

TEST_CASE("gives the same for every split of the bytes, with every line end") {
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    const std::string text = "\xef\xbb\xbf: hello" + end + "id: 1" + end + "event: a" + end +
                             "data: x" + end + "data: y" + end + end + ":" + end + end +
                             "data: \xc3\xa4" + end + end;
    const Lines whole = {"# hello", "a/1/x\ny", "#", "message/1/\xc3\xa4"};
    // With a lone \r the last empty line is complete at once.
    REQUIRE(parse({text}) == whole);
    const std::string_view view = text;
    for (std::size_t i = 0; i <= view.size(); ++i) {
      for (std::size_t j = i; j <= view.size(); ++j) {
        INFO("split at " << i << " and " << j);
        REQUIRE(parse({view.substr(0, i), view.substr(i, j - i), view.substr(j)}) == whole);
      }
    }
    SseParser parser;
    Told told;
    for (const char c : text) REQUIRE(parser.feed({&c, 1}, told).ok());
    CHECK(told.lines == whole);
  }
}

TEST_CASE("refuses an event without an end") {
  const std::string megabyte(1024 * 1024, 'x');
  SECTION("in one line") {
    SseParser parser;
    Told told;
    absl::Status status;
    for (int i = 0; i < 40 && status.ok(); ++i) status = parser.feed(megabyte, told);
    CHECK(absl::IsResourceExhausted(status));
  }
  SECTION("in many") {
    SseParser parser;
    Told told;
    absl::Status status;
    for (int i = 0; i < 40 && status.ok(); ++i) {
      status = parser.feed("data: " + megabyte + "\n", told);
    }
    CHECK(absl::IsResourceExhausted(status));
  }
}

}  // namespace
}  // namespace waymark::ctl
