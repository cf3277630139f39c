#include "load/envelope.h"

#include <charconv>
#include <limits>

#include "base/status.h"

namespace waymark::load {
namespace {

std::optional<unsigned> parse_number(std::string_view text, int base) {
  unsigned value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The byte an escape stands for, and how many characters it takes; `text` begins behind '\'.
std::optional<std::pair<char, std::size_t>> parse_escape(std::string_view text) {
  if (text.empty()) return std::nullopt;
  switch (text[0]) {
    case 'n':
      return std::pair('\n', 1);
    case 'r':
      return std::pair('\r', 1);
    case 't':
      return std::pair('\t', 1);
    case '0':
      return std::pair('\0', 1);
    case '\\':
      return std::pair('\\', 1);
    case 'x': {
      if (text.size() < 3) return std::nullopt;
      const auto value = parse_number(text.substr(1, 2), 16);
      if (!value) return std::nullopt;
      return std::pair(static_cast<char>(*value), 3);
    }
    default:
      return std::nullopt;
  }
}

absl::StatusOr<std::string> unescape(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c != '\\') {
      bytes.push_back(c);
      continue;
    }
    const auto escape = parse_escape(text);
    if (!escape) {
      return error(absl::StatusCode::kInvalidArgument,
                   "unknown escape before \"{}\", allowed: \\n \\r \\t \\0 \\\\ \\xHH", text);
    }
    bytes.push_back(escape->first);
    text.remove_prefix(escape->second);
  }
  return bytes;
}

}  // namespace

absl::StatusOr<Envelope> Envelope::parse(std::string_view text) {
  const auto colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  std::string_view value = colon == text.npos ? std::string_view() : text.substr(colon + 1);
  Envelope envelope;
  if (text == "raw") return envelope;
  if (text == "line" || text == "line-crlf") {
    envelope.kind_ = Kind::ending;
    envelope.suffix_ = text == "line" ? "\n" : "\r\n";
    return envelope;
  }
  if (text == "length:varint") {
    envelope.kind_ = Kind::varint;
    return envelope;
  }
  if (name == "delimiter" && !value.empty()) {
    auto suffix = unescape(value);
    if (!suffix.ok()) return suffix.status();
    envelope.kind_ = Kind::ending;
    envelope.suffix_ = *std::move(suffix);
    return envelope;
  }
  if (name == "length" && value.ends_with("le")) {
    envelope.little_endian_ = true;
    value.remove_suffix(2);
  }
  const auto number = parse_number(value, 10);
  if (name == "fixed" && number && *number > 0) {
    envelope.kind_ = Kind::fixed;
    envelope.size_ = *number;
    return envelope;
  }
  if (name == "length" && number &&
      (*number == 1 || *number == 2 || *number == 4 || *number == 8)) {
    envelope.kind_ = Kind::length;
    envelope.size_ = *number;
    return envelope;
  }
  return error(absl::StatusCode::kInvalidArgument,
               "framing \"{}\": allowed are raw, line, line-crlf, fixed:N, length:1|2|4|8[le], "
               "length:varint, delimiter:TEXT",
               text);
}

std::optional<std::size_t> Envelope::fixed_size() const {
  if (kind_ != Kind::fixed) return std::nullopt;
  return size_;
}

std::size_t Envelope::max_payload() const {
  constexpr std::size_t kAny = std::numeric_limits<std::uint32_t>::max();
  if (kind_ != Kind::length || size_ >= 4) return kAny;
  return (std::size_t{1} << (8 * size_)) - 1;
}

std::size_t Envelope::write_prefix(std::size_t size, char* out) const {
  if (kind_ == Kind::length) {
    for (std::size_t i = 0; i < size_; ++i) {
      const std::size_t power = little_endian_ ? i : size_ - 1 - i;
      out[i] = static_cast<char>(static_cast<std::uint64_t>(size) >> (8 * power));
    }
    return size_;
  }
  if (kind_ == Kind::varint) {
    std::size_t at = 0;
    for (; size >= 0x80; size >>= 7) out[at++] = static_cast<char>(size | 0x80);
    out[at++] = static_cast<char>(size);
    return at;
  }
  return 0;
}

std::bitset<256> Envelope::forbidden() const {
  std::bitset<256> bytes;
  for (const char c : suffix_) bytes.set(static_cast<unsigned char>(c));
  // A payload that ends in CR would turn LF into the other line ending.
  if (suffix_ == "\n") bytes.set('\r');
  return bytes;
}

}  // namespace waymark::load
