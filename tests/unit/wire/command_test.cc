#include "wire/command.h"

#include <google/protobuf/util/message_differencer.h>

#include <catch2/catch.hpp>
#include <vector>

#include "agreement.h"
#include "support/seed.h"
#include "waymark/link/v1/link.pb.h"

namespace waymark::wire {
namespace {

using google::protobuf::util::MessageDifferencer;

const Mark kMark = *Mark::parse("00112233-4455-6677-8899-aabbccddeeff");

// All commands of a message; the views stay those of `pieces`.
std::vector<Command> read_all(Pieces pieces) {
  std::vector<Command> commands;
  CommandReader reader(pieces);
  Command command;
  ReadResult result = ReadResult::end;
  while ((result = reader.next(command)) == ReadResult::item) commands.push_back(command);
  CHECK(result == ReadResult::end);
  return commands;
}

TEST_CASE("commands mean the same to our reader and to protobuf") {
  check_random_messages<link::v1::FromUpstream>(read_commands);
}

TEST_CASE("the generated classes read back what we read and wrote") {
  const std::uint64_t seed = test_seed();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  RandomMessage maker(random);
  for (int round = 0; round < 300; ++round) {
    link::v1::FromUpstream sent;
    for (int i = 0; i < 5; ++i) {
      auto& command = *sent.add_commands();
      maker.fill(command);
      if (command.has_mark()) command.mutable_mark()->resize(Mark::kSize, 'm');
    }
    const std::string encoded = sent.SerializeAsString();
    std::string rewritten;
    const SplitMessage split = split_at_random(encoded, random);
    for (const Command& command : read_all(split.pieces())) add_command(rewritten, command);
    link::v1::FromUpstream received;
    REQUIRE(received.ParseFromString(rewritten));
    CHECK(MessageDifferencer::Equals(sent, received));
  }
}

TEST_CASE("a send is read field by field") {
  link::v1::FromUpstream message;
  auto& command = *message.add_commands();
  command.set_mark(std::string(kMark.bytes()));
  command.mutable_send()->set_payload("hello");
  command.mutable_send()->set_reply_to(7);
  command.mutable_send()->set_receipt(300);
  command.mutable_send()->set_error(true);
  const std::string encoded = message.SerializeAsString();
  for (const SplitMessage& split : {in_one_piece(encoded), byte_by_byte(encoded)}) {
    const auto commands = read_all(split.pieces());
    REQUIRE(commands.size() == 1);
    CHECK(commands[0].target == TargetKind::mark);
    CHECK(commands[0].mark == kMark);
    CHECK(commands[0].action == ActionKind::send);
    CHECK(commands[0].payload.to_string() == "hello");
    CHECK(commands[0].reply_to == 7);
    CHECK(commands[0].receipt == 300);
    CHECK(commands[0].error);
  }
}

TEST_CASE("a payload in one piece is not copied") {
  Command command{.target = TargetKind::mark, .mark = kMark, .action = ActionKind::send};
  command.payload = Bytes("payload");
  std::string encoded;
  add_command(encoded, command);
  const std::string_view piece = encoded;
  const auto commands = read_all(Pieces(&piece, 1));
  REQUIRE(commands.size() == 1);
  REQUIRE(commands[0].payload.contiguous());
  CHECK(commands[0].payload.head().data() == encoded.data() + encoded.find("payload"));
}

TEST_CASE("a mark of another size than 16 bytes names nobody") {
  for (const std::size_t size : {0, 1, 15, 17, 36}) {
    link::v1::FromUpstream message;
    message.add_commands()->set_mark(std::string(size, 'x'));
    const std::string encoded = message.SerializeAsString();
    const SplitMessage split = byte_by_byte(encoded);
    const auto commands = read_all(split.pieces());
    REQUIRE(commands.size() == 1);
    CHECK(commands[0].target == TargetKind::mark);
    CHECK(commands[0].mark.is_nil());
  }
}

TEST_CASE("the last member of a oneof counts, and one sent in parts is merged") {
  link::v1::Command first;
  first.mutable_send()->set_payload("early");
  first.mutable_send()->set_receipt(1);
  link::v1::Command second;
  second.mutable_send()->set_payload("late");
  link::v1::Command between;
  between.mutable_close();
  const auto encoded_in_order = [](std::initializer_list<const link::v1::Command*> parts) {
    std::string body;
    for (const auto* part : parts) body += part->SerializeAsString();
    std::string message;
    add_message(message, 1, body);
    return message;
  };

  const std::string merged = encoded_in_order({&first, &second});
  const SplitMessage merged_pieces = in_one_piece(merged);
  const auto commands = read_all(merged_pieces.pieces());
  REQUIRE(commands.size() == 1);
  CHECK(commands[0].payload.to_string() == "late");
  CHECK(commands[0].receipt == 1);

  const std::string replaced = encoded_in_order({&first, &between, &second});
  const SplitMessage replaced_pieces = in_one_piece(replaced);
  const auto replaced_commands = read_all(replaced_pieces.pieces());
  REQUIRE(replaced_commands.size() == 1);
  CHECK(replaced_commands[0].payload.to_string() == "late");
  CHECK(replaced_commands[0].receipt == 0);

  check_agreement(read_commands, merged, merged_pieces);
  check_agreement(read_commands, replaced, replaced_pieces);
}

TEST_CASE("an action of a later version is a command without action") {
  std::string body;
  add_message(body, 1, kMark.bytes());
  add_message(body, 99, "whatever it says");
  std::string encoded;
  add_message(encoded, 1, body);
  const SplitMessage split = byte_by_byte(encoded);
  const auto commands = read_all(split.pieces());
  REQUIRE(commands.size() == 1);
  CHECK(commands[0].mark == kMark);
  CHECK(commands[0].action == ActionKind::none);
}

TEST_CASE("a message without commands is read to its end") {
  link::v1::FromUpstream message;
  message.mutable_welcome()->set_upstream("u");
  const std::string encoded = message.SerializeAsString();
  CHECK(read_all(in_one_piece(encoded).pieces()).empty());
  CHECK(read_all({}).empty());
}

TEST_CASE("a command that is cut off is malformed after those before it") {
  std::string encoded;
  add_command(encoded, {.action = ActionKind::close});
  add_command(encoded, {.action = ActionKind::half_close});
  encoded.pop_back();
  const SplitMessage split = in_one_piece(encoded);
  CommandReader reader(split.pieces());
  Command command;
  REQUIRE(reader.next(command) == ReadResult::item);
  CHECK(command.action == ActionKind::close);
  CHECK(reader.next(command) == ReadResult::malformed);
}

}  // namespace
}  // namespace waymark::wire
