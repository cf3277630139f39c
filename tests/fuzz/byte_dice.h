// Dice for the fuzzers: every roll is a byte or two of the input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace waymark {

class ByteDice {
 public:
  explicit ByteDice(std::string_view input) : input_(input) {}

  // 0 .. sides - 1; 0 once the input is used up. One byte a roll of up to 256 sides.
  std::size_t operator()(std::size_t sides) {
    std::size_t value = take_byte();
    if (sides > 256) value = value << 8 | take_byte();
    return value % sides;
  }

  // A piece of the input, at most `most` bytes.
  std::string take(std::size_t most) {
    const std::string bytes(input_.substr(0, (*this)(most + 1)));
    input_.remove_prefix(bytes.size());
    return bytes;
  }

  // What no roll has used.
  [[nodiscard]] std::string_view rest() const { return input_; }

 private:
  std::size_t take_byte() {
    if (input_.empty()) return 0;
    const auto byte = static_cast<std::uint8_t>(input_.front());
    input_.remove_prefix(1);
    return byte;
  }

  std::string_view input_;
};

}  // namespace waymark
