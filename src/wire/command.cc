#include "wire/command.h"

#include "wire/writer.h"

namespace waymark::wire {
namespace {

constexpr std::uint32_t kCommandsTag = tag(1, WireType::bytes);

constexpr std::uint32_t kMarkTag = tag(1, WireType::bytes);
constexpr std::uint32_t kNameTag = tag(2, WireType::bytes);
constexpr std::uint32_t kGroupTag = tag(3, WireType::bytes);
constexpr std::uint32_t kBroadcastTag = tag(4, WireType::bytes);
constexpr std::uint32_t kSendTag = tag(5, WireType::bytes);
constexpr std::uint32_t kPongTag = tag(9, WireType::bytes);

// A oneof keeps its last member; the same message member twice is merged, as protobuf does.

bool read_broadcast(Cursor cursor, Command& command) {
  if (command.target != TargetKind::broadcast) {
    command.scope = Scope::unspecified;
    command.within_ms = 0;
  }
  command.target = TargetKind::broadcast;
  while (!cursor.at_end()) {
    std::uint32_t field_tag = 0;
    std::uint64_t number = 0;
    if (!cursor.read_tag(field_tag)) return false;
    if (field_tag == tag(1, WireType::varint)) {
      if (!cursor.read_varint(number)) return false;
      command.scope = static_cast<Scope>(static_cast<std::int32_t>(number));
    } else if (field_tag == tag(2, WireType::varint)) {
      if (!cursor.read_varint(command.within_ms)) return false;
    } else if (!cursor.skip(field_tag)) {
      return false;
    }
  }
  return true;
}

bool read_send(Cursor cursor, Command& command) {
  if (command.action != ActionKind::send) {
    command.payload = Bytes();
    command.reply_to = 0;
    command.receipt = 0;
    command.error = false;
    command.incarnation = 0;
  }
  command.action = ActionKind::send;
  while (!cursor.at_end()) {
    std::uint32_t field_tag = 0;
    std::uint64_t number = 0;
    if (!cursor.read_tag(field_tag)) return false;
    switch (field_tag) {
      case tag(1, WireType::bytes):
        if (!cursor.read_bytes(command.payload)) return false;
        break;
      case tag(2, WireType::fixed64):
        if (!cursor.read_fixed64(command.reply_to)) return false;
        break;
      case tag(3, WireType::varint):
        if (!cursor.read_varint(command.receipt)) return false;
        break;
      case tag(4, WireType::varint):
        if (!cursor.read_varint(number)) return false;
        command.error = number != 0;
        break;
      case tag(5, WireType::varint):
        if (!cursor.read_varint(command.incarnation)) return false;
        break;
      default:
        if (!cursor.skip(field_tag)) return false;
    }
  }
  return true;
}

bool read_pong(Cursor cursor, Command& command) {
  if (command.action != ActionKind::pong) command.nonce = 0;
  command.action = ActionKind::pong;
  while (!cursor.at_end()) {
    std::uint32_t field_tag = 0;
    if (!cursor.read_tag(field_tag)) return false;
    if (field_tag == tag(1, WireType::varint)) {
      if (!cursor.read_varint(command.nonce)) return false;
    } else if (!cursor.skip(field_tag)) {
      return false;
    }
  }
  return true;
}

bool read_other_action(Cursor& cursor, std::uint32_t field_tag, Command& command) {
  const std::uint32_t field = field_tag >> 3;
  const bool known = (field >= 5 && field <= 10) || (field >= 16 && field <= 24);
  if (!known || (field_tag & 7) != static_cast<std::uint32_t>(WireType::bytes)) {
    return cursor.skip(field_tag);
  }
  command.action = static_cast<ActionKind>(field);
  return cursor.read_bytes(command.body);
}

bool read_command(Cursor cursor, Command& command) {
  command = Command();
  while (!cursor.at_end()) {
    std::uint32_t field_tag = 0;
    Bytes bytes;
    if (!cursor.read_tag(field_tag)) return false;
    switch (field_tag) {
      case kMarkTag: {
        if (!cursor.read_bytes(bytes)) return false;
        const auto mark = bytes.contiguous() ? Mark::from_bytes(bytes.head())
                                             : Mark::from_bytes(bytes.to_string());
        command.target = TargetKind::mark;
        command.mark = mark.value_or(Mark());
        break;
      }
      case kNameTag:
      case kGroupTag:
        if (!cursor.read_bytes(command.target_text)) return false;
        command.target = static_cast<TargetKind>(field_tag >> 3);
        break;
      case kBroadcastTag:
        if (!cursor.read_bytes(bytes) || !read_broadcast(Cursor(bytes), command)) return false;
        break;
      case kSendTag:
        if (!cursor.read_bytes(bytes) || !read_send(Cursor(bytes), command)) return false;
        break;
      case kPongTag:
        if (!cursor.read_bytes(bytes) || !read_pong(Cursor(bytes), command)) return false;
        break;
      default:
        if (!read_other_action(cursor, field_tag, command)) return false;
    }
  }
  return true;
}

std::size_t send_size(const Command& command) {
  std::size_t size = 0;
  if (!command.payload.empty()) {
    size += 1 + varint_size(command.payload.size()) + command.payload.size();
  }
  if (command.reply_to != 0) size += 9;
  if (command.receipt != 0) size += 1 + varint_size(command.receipt);
  if (command.error) size += 2;
  if (command.incarnation != 0) size += 1 + varint_size(command.incarnation);
  return size;
}

std::string broadcast_body(const Command& command) {
  std::string body;
  add_uint(body, 1, static_cast<std::uint32_t>(command.scope));
  add_uint(body, 2, command.within_ms);
  return body;
}

void add_target(std::string& out, const Command& command) {
  switch (command.target) {
    case TargetKind::none:
      return;
    case TargetKind::mark:
      return add_message(out, 1, command.mark.bytes());
    case TargetKind::name:
    case TargetKind::group:
      return add_message(out, static_cast<std::uint32_t>(command.target),
                         command.target_text.to_string());
    case TargetKind::broadcast:
      return add_message(out, 4, broadcast_body(command));
  }
}

std::size_t target_size(const Command& command) {
  if (command.target == TargetKind::none) return 0;
  if (command.target == TargetKind::mark) return 2 + Mark::kSize;
  std::string target;
  add_target(target, command);
  return target.size();
}

}  // namespace

ReadResult CommandReader::next(Command& command) {
  while (!cursor_.at_end()) {
    std::uint32_t field_tag = 0;
    if (!cursor_.read_tag(field_tag)) return ReadResult::malformed;
    if (field_tag != kCommandsTag) {
      if (!cursor_.skip(field_tag)) return ReadResult::malformed;
      continue;
    }
    Bytes bytes;
    if (!cursor_.read_bytes(bytes) || !read_command(Cursor(bytes), command)) {
      return ReadResult::malformed;
    }
    return ReadResult::item;
  }
  return ReadResult::end;
}

void add_command(std::string& out, const Command& command) {
  std::string body;
  std::size_t body_size = 0;
  if (command.action == ActionKind::send) {
    body_size = send_size(command);
  } else if (command.action == ActionKind::pong) {
    add_uint(body, 1, command.nonce);
    body_size = body.size();
  } else {
    body_size = command.body.size();
  }
  std::size_t inner = target_size(command);
  const auto action = static_cast<std::uint32_t>(command.action);
  if (command.action != ActionKind::none) {
    inner += varint_size(tag(action, WireType::bytes)) + varint_size(body_size) + body_size;
  }

  add_varint(out, kCommandsTag);
  add_varint(out, inner);
  add_target(out, command);
  if (command.action == ActionKind::none) return;
  add_varint(out, tag(action, WireType::bytes));
  add_varint(out, body_size);
  if (command.action == ActionKind::send) {
    if (!command.payload.empty()) {
      add_varint(out, tag(1, WireType::bytes));
      add_varint(out, command.payload.size());
      command.payload.append_to(out);
    }
    add_fixed64(out, 2, command.reply_to);
    add_uint(out, 3, command.receipt);
    add_uint(out, 4, command.error ? 1 : 0);
    add_uint(out, 5, command.incarnation);
  } else if (command.action == ActionKind::pong) {
    out.append(body);
  } else {
    command.body.append_to(out);
  }
}

}  // namespace waymark::wire
