#include "session/ending.h"
#include "support/repository.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cctype>
#include <filesystem>
#include <iterator>
#include <regex>
#include <set>
#include <string>

namespace waymark::session {
namespace {

namespace fs = std::filesystem;

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

// The reasons that the sources below `folder` name, as name_of() spells them.
std::set<std::string> reasons_named_in(const std::string& folder) {
  const std::regex named(R"(CloseReason::([a-z_]+))");
  std::set<std::string> reasons;
  for (const auto& entry : fs::directory_iterator(in_repository(folder))) {
    if (entry.path().extension() != ".cc") continue;
    const std::string text = text_in_repository(folder + "/" + entry.path().filename().string());
    for (std::sregex_iterator at(text.begin(), text.end(), named); at != std::sregex_iterator();
         ++at) {
      reasons.insert(upper((*at)[1]));
    }
  }
  return reasons;
}

TEST_CASE("every reason the proxy closes with has one row, and every row is used") {
  std::set<std::string> used = reasons_named_in("src/proxy");
  used.merge(reasons_named_in("src/session"));
  used.erase("MOVED");  // which tells of a move and closes nothing
  std::set<std::string> rows;
  for (const Ending& row : endings()) {
    CHECK(rows.insert(std::string(name_of(row.reason))).second);
    CHECK(&ending_of(row.reason) == &row);
    CHECK_FALSE(row.when.empty());
  }
  CHECK(rows == used);
}

TEST_CASE("the rows stand in the order of the reasons") {
  CHECK(std::is_sorted(endings().begin(), endings().end(),
                       [](const Ending& a, const Ending& b) { return a.reason < b.reason; }));
}

TEST_CASE("a client that is to learn of the end gets what was queued, then FIN") {
  for (const Ending& row : endings()) {
    CAPTURE(name_of(row.reason));
    CHECK((row.socket == SocketEnd::fin) <= (row.output == QueuedOutput::written));
    CHECK((row.socket == SocketEnd::reset) <= (row.output == QueuedOutput::dropped));
  }
}

TEST_CASE("who holds the proxy's memory is reset") {
  for (const CloseReason reason : {CloseReason::slow_consumer, CloseReason::overload}) {
    CHECK(ending_of(reason).socket == SocketEnd::reset);
    CHECK(ending_of(reason).output == QueuedOutput::dropped);
  }
}

TEST_CASE("a reason that closes nothing is taken for a broken socket") {
  CHECK(ending_of(CloseReason::unspecified).reason == CloseReason::client_reset);
  CHECK(ending_of(CloseReason::moved).reason == CloseReason::client_reset);
}

TEST_CASE("docs/endings.md shows the table of the code") {
  const std::string page = text_in_repository("docs/endings.md");
  const std::string begin = "<!-- session::endings_table() -->\n";
  const std::string end = "<!-- end of table -->";
  const std::size_t from = page.find(begin);
  REQUIRE(from != std::string::npos);
  const std::size_t to = page.find(end, from);
  REQUIRE(to != std::string::npos);
  CHECK(page.substr(from + begin.size(), to - from - begin.size()) == endings_table());
}

}  // namespace
}  // namespace waymark::session
