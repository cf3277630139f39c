#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "lab/log_book.h"
#include "temporary_folder.h"

using namespace waymark::lab;

namespace fs = std::filesystem;

TEST_CASE("a log follows no link, and is written to no pipe") {
  const TemporaryFolder folder;
  const std::string log = folder.in("stub-1.log");
  std::ofstream(folder.in("precious")) << "x";
  SECTION("a link") { fs::create_symlink(folder.in("precious"), log); }
  SECTION("a pipe") { REQUIRE(::mkfifo(log.c_str(), 0600) == 0); }
  LogBook book(log);
  book.add("hello\n");
  CHECK(book.read(0, 1).lines == std::vector<std::string>{"hello"});
  CHECK(fs::file_size(folder.in("precious")) == 1);
}

TEST_CASE("long lines fill no more memory than is allowed") {
  LogBook book("");
  const std::string line = std::string(LogBook::kMaxLine, 'x') + "\n";
  const std::size_t most = LogBook::kMaxBytes / LogBook::kMaxLine;
  for (std::size_t i = 0; i < most + 7; ++i) book.add(line);
  CHECK(book.read(0, 1).missed == 7);
  CHECK(book.tail(LogBook::kMaxLines).lines.size() == most);
}
