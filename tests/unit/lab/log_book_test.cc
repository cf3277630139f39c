#include "lab/log_book.h"

#include <catch2/catch.hpp>

using waymark::lab::LogBook;
using waymark::lab::LogPage;
using Lines = std::vector<std::string>;

TEST_CASE("joins lines that come in pieces") {
  LogBook book("");
  book.add("on");
  CHECK(book.read(0, 10).lines.empty());
  book.add("e\ntwo\nthr");
  CHECK(book.read(0, 10).lines == Lines{"one", "two"});
  book.note("note");
  CHECK(book.read(2, 10).lines == Lines{"thr", "note"});
}

TEST_CASE("goes on where a page has ended") {
  LogBook book("");
  book.add("1\n2\n3\n");
  const LogPage page = book.read(0, 2);
  CHECK(page.next == 2);
  CHECK(book.read(page.next, 2).lines == Lines{"3"});
  CHECK(book.read(99, 2).lines.empty());
  CHECK(book.tail(1).lines == Lines{"3"});
}

TEST_CASE("says how many lines it has let go") {
  LogBook book("");
  for (std::size_t i = 0; i < LogBook::kMaxLines + 7; ++i) book.add("x\n");
  CHECK(book.read(0, 1).missed == 7);
  CHECK(book.read(7, 1).missed == 0);
}

TEST_CASE("cuts a line that has no end") {
  LogBook book("");
  for (int i = 0; i < 3; ++i) book.add(std::string(LogBook::kMaxLine - 1, 'x'));
  book.add("\n");
  CHECK(book.read(0, 1).lines.front().size() == LogBook::kMaxLine);
}
