#include "ctl/tap_view.h"

#include <fmt/format.h>

#include <algorithm>

#include "ctl/base64.h"
#include "ctl/event_view.h"
#include "ctl/json_fields.h"
#include "ctl/printable.h"
#include "ctl/units.h"

namespace waymark::ctl {
namespace {

constexpr std::size_t kBytesALine = 16;

std::string line_of(std::size_t offset, std::string_view bytes) {
  std::string hex;
  std::string ascii;
  for (std::size_t i = 0; i < kBytesALine; ++i) {
    if (i == kBytesALine / 2) hex += ' ';
    if (i >= bytes.size()) {
      hex += "   ";
      continue;
    }
    const auto byte = static_cast<unsigned char>(bytes[i]);
    hex += fmt::format(" {:02x}", byte);
    ascii += byte >= 0x20 && byte < 0x7f ? bytes[i] : '.';
  }
  return fmt::format("{:08x} {}  |{}|\n", offset, hex, ascii);
}

std::string frame_text(const Json& frame, const Style& style) {
  const bool up = text_of(frame, "direction") == "up";
  const auto bytes = from_base64(text_of(frame, "payload")).value_or("");
  const std::uint64_t size = number_of(frame, "size");
  std::string head = painted(up ? "->" : "<-", up ? Colour::green : Colour::yellow, style);
  head +=
      fmt::format(" {}  {}  {} B", number_of(frame, "seq"),
                  painted(printable(text_of(frame, "time")), Colour::dim, style), grouped(size));
  if (bytes.size() < size) head += fmt::format(", the first {} are shown", grouped(bytes.size()));
  return head + '\n' + hexdump(bytes);
}

}  // namespace

std::string tap_text(const SseEvent& event, const Style& style) {
  const Json data = Json::parse(event.data, nullptr, false);
  if (event.type == "frame") return frame_text(data, style);
  if (event.type == "dropped") {
    const std::uint64_t count = number_of(data, "count");
    return fmt::format("... {} frame{} left out: more came than was asked for or read\n",
                       grouped(count), count == 1 ? "" : "s");
  }
  if (event.type == "end") {
    return fmt::format("the connection has ended: {}\n", printable(text_of(data, "reason")));
  }
  return event_line(event, style);
}

std::string hexdump(std::string_view bytes) {
  std::string lines;
  for (std::size_t offset = 0; offset < bytes.size(); offset += kBytesALine) {
    lines += line_of(offset, bytes.substr(offset, kBytesALine));
  }
  return lines;
}

}  // namespace waymark::ctl
