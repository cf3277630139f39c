#include "frame/framer.h"

#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace waymark::frame {
namespace {

using Frames = std::vector<std::string>;
using std::string_view_literals::operator""sv;

// A client whose sends arrive as they were made.
class Client {
 public:
  explicit Client(Framing framing) : framing_(std::move(framing)) {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Returns the frames this send completed.
  Frames send(std::string_view bytes) {
    Frames frames;
    fault_ = framer_.feed(bytes, [&](std::string_view frame) { frames.emplace_back(frame); });
    return frames;
  }

  [[nodiscard]] Fault fault() const { return fault_; }
  [[nodiscard]] std::size_t unfinished_bytes() const { return framer_.unfinished_bytes(); }
  [[nodiscard]] bool unfinished() const { return framer_.unfinished(); }
  [[nodiscard]] int last_ending() const { return framer_.last_ending(); }

 private:
  const Framing framing_;
  Framer framer_{framing_};
  Fault fault_ = Fault::none;
};

Framing prefixed(LengthPrefix length, std::size_t max = 1000) {
  return {.kind = Kind::length_prefix, .max_frame_bytes = max, .length = length};
}

TEST_CASE("raw: every read is a frame, a large one several") {
  Client client({.kind = Kind::raw, .max_frame_bytes = 4});
  CHECK(client.send("ab") == Frames{"ab"});
  CHECK(client.send("") == Frames{});
  CHECK(client.send("abcdefghi") == Frames{"abcd", "efgh", "i"});
  CHECK_FALSE(client.unfinished());
}

TEST_CASE("line: an ending is LF or CRLF and never part of the payload") {
  Client client({.kind = Kind::line});
  CHECK(client.last_ending() == 0);
  CHECK(client.send("a\r\n") == Frames{"a"});
  CHECK(client.last_ending() == 1);
  CHECK(client.send("b\n\n\r\nc\r\r\nd\re\n") == Frames{"b", "", "", "c\r", "d\re"});
  CHECK(client.last_ending() == 0);
}

TEST_CASE("line: an ending may come in two reads") {
  Client client({.kind = Kind::line});
  CHECK(client.send("a\r") == Frames{});
  CHECK(client.unfinished_bytes() == 2);
  CHECK(client.send("\nb") == Frames{"a"});
  CHECK(client.last_ending() == 1);
  CHECK(client.unfinished_bytes() == 1);
  CHECK(client.send("\n") == Frames{"b"});
  CHECK_FALSE(client.unfinished());
}

TEST_CASE("line: the limit counts the payload alone") {
  Client client({.kind = Kind::line, .max_frame_bytes = 3});
  CHECK(client.send("abc\r\nabc\nabc\r") == Frames{"abc", "abc"});
  CHECK(client.fault() == Fault::none);
  CHECK(client.send("\nok\nabcd\nlost\n") == Frames{"abc", "ok"});
  CHECK(client.fault() == Fault::too_large);
  CHECK(client.unfinished_bytes() == 10);
  CHECK(client.send("later\n") == Frames{});
  CHECK(client.fault() == Fault::too_large);
  CHECK(client.unfinished_bytes() == 10);
}

TEST_CASE("line: a line without end is refused once it must be too large") {
  Client client({.kind = Kind::line, .max_frame_bytes = 3});
  CHECK(client.send("abcd") == Frames{});
  CHECK(client.fault() == Fault::none);
  CHECK(client.send("e") == Frames{});
  CHECK(client.fault() == Fault::too_large);
}

TEST_CASE("delimiter: the first to end wins, the longest of those that end together") {
  Client client({.kind = Kind::delimiter, .delimiters = {"\n", "\r\n", "END"}});
  CHECK(client.send("a\r\nbENDc\n") == Frames{"a", "b", "c"});
  CHECK(client.last_ending() == 0);
  CHECK(client.send("\r\n") == Frames{""});
  CHECK(client.last_ending() == 1);
  CHECK(client.send("EEND") == Frames{"E"});
  CHECK(client.last_ending() == 2);
}

TEST_CASE("delimiter: one delimiter in many reads, and none that reaches into the frame before") {
  Client client({.kind = Kind::delimiter, .delimiters = {"abab"}});
  CHECK(client.send("xa") == Frames{});
  CHECK(client.send("b") == Frames{});
  CHECK(client.send("a") == Frames{});
  CHECK(client.send("b") == Frames{"x"});
  CHECK(client.send("ab") == Frames{});
  CHECK(client.unfinished_bytes() == 2);
  CHECK(client.send("ab") == Frames{""});
}

TEST_CASE("delimiter: the limit counts the payload alone") {
  Client client({.kind = Kind::delimiter, .max_frame_bytes = 2, .delimiters = {"--"}});
  CHECK(client.send("ab--abc") == Frames{"ab"});
  CHECK(client.fault() == Fault::none);
  CHECK(client.send("-") == Frames{});
  CHECK(client.fault() == Fault::too_large);
}

TEST_CASE("fixed: every n bytes are a frame") {
  Client client({.kind = Kind::fixed, .fixed_bytes = 3});
  CHECK(client.send("abcdefgh") == Frames{"abc", "def"});
  CHECK(client.unfinished_bytes() == 2);
  CHECK(client.send("i") == Frames{"ghi"});
}

TEST_CASE("length_prefix: reads fields of every width and order") {
  const auto frames = [](LengthField field, ByteOrder order, std::string_view stream) {
    return Client(prefixed({.field = field, .order = order})).send(stream);
  };
  CHECK(frames(LengthField::u8, ByteOrder::big, "\2ab\0\1c"sv) == Frames{"ab", "", "c"});
  CHECK(frames(LengthField::u16, ByteOrder::big, "\0\2ab"sv) == Frames{"ab"});
  CHECK(frames(LengthField::u16, ByteOrder::little, "\2\0ab"sv) == Frames{"ab"});
  CHECK(frames(LengthField::u32, ByteOrder::big, "\0\0\0\2ab"sv) == Frames{"ab"});
  CHECK(frames(LengthField::u32, ByteOrder::little, "\2\0\0\0ab"sv) == Frames{"ab"});
  CHECK(frames(LengthField::u64, ByteOrder::big, "\0\0\0\0\0\0\0\2ab"sv) == Frames{"ab"});
  CHECK(frames(LengthField::u64, ByteOrder::little, "\2\0\0\0\0\0\0\0ab"sv) == Frames{"ab"});
  CHECK(frames(LengthField::varint, ByteOrder::big, "\2ab\x82\0cd"sv) == Frames{"ab", "cd"});
  const std::string large(300, 'x');
  CHECK(frames(LengthField::varint, ByteOrder::big, "\xac\x02" + large) == Frames{large});
}

TEST_CASE("length_prefix: adjusts, and keeps the header where it is not stripped") {
  Client counts_itself(prefixed({.field = LengthField::u16, .adjustment = -2}));
  CHECK(counts_itself.send("\0\4ab\0\2"sv) == Frames{"ab", ""});

  Client keeps(prefixed({.field = LengthField::u8, .offset = 2, .adjustment = 1, .strip = false}));
  CHECK(keeps.send("T1\2abcT2\0d"sv) == Frames{"T1\2abc", std::string("T2\0d", 4)});
}

TEST_CASE("length_prefix: refuses a large frame as soon as its header is known") {
  Client client(prefixed({.field = LengthField::u16}, 10));
  CHECK(client.send("\0\12"
                    "abcdefghij\0"sv) == Frames{"abcdefghij"});
  CHECK(client.send("\13"sv) == Frames{});
  CHECK(client.fault() == Fault::too_large);

  Client keeps(prefixed({.field = LengthField::u16, .strip = false}, 10));
  CHECK(keeps.send("\0\10"
                   "abcdefgh\0\11"sv) == Frames{std::string("\0\10"
                                                            "abcdefgh",
                                                            10)});
  CHECK(keeps.fault() == Fault::too_large);
}

TEST_CASE("length_prefix: refuses sizes that no frame can have") {
  const auto fault = [](LengthPrefix length, std::string_view stream) {
    Client client(prefixed(length));
    CHECK(client.send(stream) == Frames{});
    return client.fault();
  };
  CHECK(fault({.field = LengthField::u8, .adjustment = -2}, "\1"sv) == Fault::malformed);
  CHECK(fault({.field = LengthField::u64}, "\xff\xff\xff\xff\xff\xff\xff\xff"sv) ==
        Fault::malformed);
  CHECK(fault({.field = LengthField::u64, .adjustment = 1}, "\x7f\xff\xff\xff\xff\xff\xff\xff"sv) ==
        Fault::malformed);
  CHECK(fault({.field = LengthField::u64}, "\x7f\xff\xff\xff\xff\xff\xff\xff"sv) ==
        Fault::too_large);
}

TEST_CASE("length_prefix: a varint has at most ten bytes and 64 bits") {
  const LengthPrefix varint{.field = LengthField::varint};
  Client longest(prefixed(varint));
  CHECK(longest.send("\x82\x80\x80\x80\x80\x80\x80\x80\x80\x00"
                     "ab"sv) == Frames{"ab"});

  Client endless(prefixed(varint));
  CHECK(endless.send("\x80\x80\x80\x80\x80\x80\x80\x80\x80"sv) == Frames{});
  CHECK(endless.fault() == Fault::none);
  CHECK(endless.send("\x80"sv) == Frames{});
  CHECK(endless.fault() == Fault::malformed);

  Client wide(prefixed(varint));
  CHECK(wide.send("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02"sv) == Frames{});
  CHECK(wide.fault() == Fault::malformed);
}

}  // namespace
}  // namespace waymark::frame
