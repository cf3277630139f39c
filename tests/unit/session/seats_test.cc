#include "session/seats.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

#include "marks.h"

namespace waymark::session {
namespace {

using Upstreams = std::vector<std::uint32_t>;

TEST_CASE("an upstream is told of a connection once, until one of them is gone") {
  Seats seats;
  CHECK(seats.take(mark(1), 4));
  CHECK_FALSE(seats.take(mark(1), 4));
  CHECK(seats.take(mark(1), 7));
  CHECK(seats.take(mark(2), 4));
  CHECK(seats.of(mark(1)) == Upstreams{4, 7});
  CHECK(seats.count_at(4) == 2);
  CHECK(seats.count_at(100) == 0);

  CHECK(seats.leave(mark(1), 4));
  CHECK_FALSE(seats.leave(mark(1), 4));
  CHECK(seats.take(mark(1), 4));
  CHECK(seats.leave_all(mark(1)) == Upstreams{7, 4});
  CHECK(seats.of(mark(1)).empty());

  seats.forget(4);
  CHECK(seats.count_at(4) == 0);
  CHECK(seats.at(4).empty());
  CHECK_FALSE(seats.has(mark(2), 4));
}

TEST_CASE("a connection with another mark keeps its seats and what was sent to them") {
  Seats seats;
  CHECK(seats.take(mark(1), 4));
  CHECK(seats.take(mark(1), 7));
  seats.sent(mark(1), 4, 3);
  seats.rename(mark(1), mark(9));
  CHECK(seats.of(mark(9)) == Upstreams{4, 7});
  CHECK(seats.of(mark(1)).empty());
  CHECK(seats.saw(mark(9), 3));
  CHECK(seats.count_at(4) == 1);
  seats.rename(mark(5), mark(6));
  CHECK(seats.of(mark(6)).empty());
}

TEST_CASE("who was sent a frame is known exactly") {
  Seats seats;
  CHECK(seats.take(mark(1), 4));
  CHECK_FALSE(seats.saw(mark(1), 1));
  for (const std::uint64_t seq : {3, 4, 5, 9, 2}) seats.sent(mark(1), 4, seq);
  for (const std::uint64_t seq : {2, 3, 4, 5, 9}) CHECK(seats.saw(mark(1), seq));
  for (const std::uint64_t seq : {1, 6, 8, 10}) CHECK_FALSE(seats.saw(mark(1), seq));
  seats.forget(4);
  CHECK_FALSE(seats.saw(mark(1), 3));
}

TEST_CASE("each upstream is told once that the client has ended its direction") {
  Seats seats;
  CHECK(seats.take(mark(1), 4));
  CHECK(seats.tell_half_closed(mark(1)) == Upstreams{4});
  CHECK(seats.take(mark(1), 5));
  CHECK(seats.tell_half_closed(mark(1)) == Upstreams{5});
  CHECK(seats.tell_half_closed(mark(1)).empty());
  CHECK(seats.tell_half_closed(mark(2)).empty());
}

TEST_CASE("a client is half-closed when all that know it want that") {
  Seats seats;
  CHECK(seats.all_half_close(mark(1)));
  CHECK(seats.take(mark(1), 4));
  CHECK(seats.take(mark(1), 5));
  seats.half_close(mark(1), 4);
  seats.half_close(mark(1), 9);  // that does not know it
  CHECK_FALSE(seats.all_half_close(mark(1)));
  seats.half_close(mark(1), 5);
  CHECK(seats.all_half_close(mark(1)));
}

TEST_CASE("one more frame has to be answered before the end, and followed by it") {
  Seats seats;
  CHECK(seats.take(mark(1), 4));
  CHECK(seats.tell_half_closed(mark(1)) == Upstreams{4});
  seats.half_close(mark(1), 4);
  seats.owes(mark(1), 4);
  CHECK_FALSE(seats.all_half_close(mark(1)));
  CHECK(seats.tell_half_closed(mark(1)) == Upstreams{4});
}

}  // namespace
}  // namespace waymark::session
