#include "lab/client_journal.h"

#include <catch2/catch.hpp>

using namespace waymark::lab;

TEST_CASE("a journal of clients has a line for everything they saw, and no blanks in its words") {
  const ClientHistory client{.number = 3,
                             .sent_at = {10, 20},
                             .answers = {{15, 1}},
                             .foreign = {"\"4:1 ab\n\""},
                             .dropped = "Connection reset by peer"};
  CHECK(client_journal({client}) ==
        "sent 10 3 1\nsent 20 3 2\nanswer 15 3 1\nforeign 0 3 \"4:1_ab_\"\n"
        "dropped 0 3 Connection_reset_by_peer\n");
}

TEST_CASE("a directory that is not there is named") {
  CHECK(write_client_journal({}, "/nowhere/at/all").message().find("/nowhere/at/all/clients.") !=
        std::string::npos);
}
