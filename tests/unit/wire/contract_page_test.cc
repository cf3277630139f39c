// The examples in bytes of proto/README.md are what protobuf and our codec write.
#include <catch2/catch.hpp>
#include <sstream>
#include <string>

#include "support/repository.h"
#include "waymark/link/v1/link.pb.h"
#include "wire/command.h"
#include "wire/event.h"

namespace waymark::wire {
namespace {

const Mark kMark = *Mark::parse("00112233-4455-6677-8899-aabbccddeeff");

// The bytes of the block that follows "<!-- bytes: NAME -->". A line holds hexadecimal pairs, and
// after three spaces or more perhaps a remark.
std::string bytes_on_page(const std::string& name) {
  const std::string page = text_in_repository("proto/README.md");
  const std::string fence = "```\n";
  const std::size_t at = page.find("<!-- bytes: " + name + " -->");
  REQUIRE(at != std::string::npos);
  const std::size_t begin = page.find(fence, at) + fence.size();
  std::istringstream lines(page.substr(begin, page.find(fence, begin) - begin));
  std::string bytes;
  for (std::string line; std::getline(lines, line);) {
    line.erase(0, line.find_first_not_of(' '));
    std::istringstream pairs(line.substr(0, line.find("   ")));
    for (std::string pair; pairs >> pair;) {
      bytes.push_back(static_cast<char>(std::stoi(pair, nullptr, 16)));
    }
  }
  return bytes;
}

TEST_CASE("the event on the contract's page is the one it describes") {
  const std::string bytes = bytes_on_page("event");
  link::v1::ToUpstream message;
  REQUIRE(message.ParseFromString(bytes));
  REQUIRE(message.events_size() == 1);
  CHECK(message.events(0).mark() == kMark.bytes());
  CHECK(message.events(0).seq() == 1);
  CHECK(message.events(0).payload() == "hello");
  CHECK(message.SerializeAsString() == bytes);

  std::string ours;
  add_event(ours, {.mark = kMark, .seq = 1}, EventKind::payload, "hello");
  CHECK(ours == bytes);
}

TEST_CASE("the command on the contract's page is the one it describes") {
  const std::string bytes = bytes_on_page("command");
  link::v1::FromUpstream message;
  REQUIRE(message.ParseFromString(bytes));
  REQUIRE(message.commands_size() == 1);
  CHECK(message.commands(0).mark() == kMark.bytes());
  CHECK(message.commands(0).send().payload() == "HELLO");
  CHECK(message.SerializeAsString() == bytes);

  Command command{.target = TargetKind::mark, .mark = kMark, .action = ActionKind::send};
  command.payload = Bytes("HELLO");
  std::string ours;
  add_command(ours, command);
  CHECK(ours == bytes);
}

}  // namespace
}  // namespace waymark::wire
