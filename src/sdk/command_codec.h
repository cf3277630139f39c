// How commands are spelt on a stream.
#pragma once

#include <string>

#include "wire/command.h"

namespace waymark::sdk {

class CommandCodec {
 public:
  virtual ~CommandCodec() = default;

  // Appends the command to `message`. False, with the message untouched: the protocol has no word
  // for it.
  [[nodiscard]] virtual bool append(std::string& message, const wire::Command& command) = 0;

  // True: commands one after the other are one message.
  [[nodiscard]] virtual bool joins() const = 0;
};

// waymark.link.v1
class LinkCodec final : public CommandCodec {
 public:
  bool append(std::string& message, const wire::Command& command) override {
    wire::add_command(message, command);
    return true;
  }
  bool joins() const override { return true; }
};

}  // namespace waymark::sdk
