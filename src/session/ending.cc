#include "session/ending.h"

#include <array>

namespace waymark::session {
namespace {

using enum CloseReason;
constexpr auto kNone = UnreadInput::none;
constexpr auto kDiscarded = UnreadInput::discarded;
constexpr auto kWritten = QueuedOutput::written;
constexpr auto kDropped = QueuedOutput::dropped;
constexpr auto kClosed = SocketEnd::closed;
constexpr auto kFin = SocketEnd::fin;
constexpr auto kReset = SocketEnd::reset;

constexpr std::array<Ending, 18> kEndings = {{
    {client_closed, kNone, kWritten, kClosed,
     "the client and its upstream have both ended their direction"},
    {client_reset, kDiscarded, kDropped, kClosed, "the client sent RST, or its socket failed"},
    {client_timeout, kDiscarded, kDropped, kClosed,
     "keepalive or TCP_USER_TIMEOUT found the client gone"},
    {upstream_closed, kDiscarded, kWritten, kFin, "an upstream sent Close"},
    {frame_too_large, kDiscarded, kWritten, kFin, "a frame grew over max_frame_bytes"},
    {frame_timeout, kDiscarded, kWritten, kFin, "a frame stayed unfinished for frame_timeout"},
    {frame_malformed, kDiscarded, kWritten, kFin, "the bytes can never become a frame"},
    {slow_consumer, kDiscarded, kDropped, kReset,
     "the client did not read: down.hard, or down.soft for down.soft_timeout"},
    {idle_timeout, kDiscarded, kWritten, kFin, "no byte either way for idle_timeout"},
    {half_close_timeout, kNone, kWritten, kFin,
     "the client had ended its direction and no output came for half_close_timeout"},
    {no_upstream, kDiscarded, kWritten, kFin,
     "no upstream of the pool was ready for no_upstream_timeout"},
    {draining, kDiscarded, kWritten, kFin, "the proxy is shutting down", true},
    {overload, kDiscarded, kDropped, kReset,
     "max_memory was nearly reached and this client's queue was among the largest"},
    {taken_over, kDiscarded, kDropped, kReset,
     "the same client has connected again (`duplicates: newest_wins`)"},
    {admin, kDiscarded, kWritten, kFin, "an operator closed it"},
    {duplicate, kDiscarded, kWritten, kFin,
     "another connection has the mark (`duplicates: refuse`, or `max_take_overs`)"},
    {max_age, kDiscarded, kWritten, kFin, "it was older than limits.max_age of its listener", true},
    {rotated, kDiscarded, kWritten, kFin, "an operator had it end gently", true},
}};

constexpr std::string_view text_of(UnreadInput input) {
  return input == kNone ? "none left" : "discarded, counted";
}
constexpr std::string_view text_of(QueuedOutput output) {
  return output == kWritten ? "written" : "dropped";
}
constexpr std::string_view text_of(SocketEnd end) {
  switch (end) {
    case kClosed:
      return "close";
    case kFin:
      return "FIN, lingering";
    case kReset:
      return "RST";
  }
  return "";
}

}  // namespace

std::span<const Ending> endings() { return kEndings; }

const Ending& ending_of(CloseReason reason) {
  for (const Ending& row : kEndings) {
    if (row.reason == reason) return row;
  }
  return kEndings[1];  // a reason this version never closes with: treat the socket as broken
}

std::string endings_table() {
  std::string table =
      "| reason | when | unread input | queued output | socket |\n|---|---|---|---|---|\n";
  for (const Ending& row : kEndings) {
    table.append("| ").append(name_of(row.reason));
    table.append(" | ").append(row.when);
    table.append(" | ").append(text_of(row.input));
    table.append(" | ").append(text_of(row.output)).append(row.goodbye ? ", then goodbye" : "");
    table.append(" | ").append(text_of(row.socket)).append(" |\n");
  }
  return table;
}

}  // namespace waymark::session
