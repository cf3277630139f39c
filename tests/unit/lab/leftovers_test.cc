#include "lab/leftovers.h"

#include <catch2/catch.hpp>

using namespace waymark::lab;

TEST_CASE("reads of metrics what clients sent and what is held of it") {
  const ProxyBooks books = read_books(
      "# HELP waymark_link_outstanding_frames Frames.\n"
      "waymark_link_outstanding_frames{worker=\"0\",upstream=\"a\"} 24\n"
      "waymark_link_outstanding_frames{worker=\"0\",upstream=\"b\"} 1\n"
      "waymark_link_outstanding_events{worker=\"0\",upstream=\"b\"} 9\n"
      "waymark_frames_stranded{worker=\"0\",pool=\"default\"} 2\n"
      "waymark_downstream_frames_total{worker=\"0\",direction=\"up\"} 3225\n"
      "waymark_downstream_frames_total{worker=\"0\",direction=\"down\"} 2988");
  CHECK(books.held == 27);
  CHECK(books.read == 3225);
}

TEST_CASE("a proxy that does not answer has nothing left") {
  CHECK(Leftovers({"127.0.0.1:1"}).none(12));
  CHECK(Leftovers({}).none(0));
  CHECK_FALSE(Leftovers({}).none(1));
}
