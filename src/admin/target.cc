#include "admin/target.h"

#include <optional>

#include "admin/json_document.h"
#include "base/status.h"

namespace waymark::admin {
namespace {

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

std::optional<std::string> decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const auto high = i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
      const auto low = i + 2 < text.size() ? hex_digit(text[i + 2]) : std::nullopt;
      if (!high || !low) return std::nullopt;
      out.push_back(static_cast<char>(*high * 16 + *low));
      i += 2;
    } else {
      out.push_back(plus_is_space && text[i] == '+' ? ' ' : text[i]);
    }
    const auto byte = static_cast<unsigned char>(out.back());
    if (byte < 0x20 || byte == 0x7f) return std::nullopt;
  }
  return out;
}

// Calls `visit` with each piece of `text` between separators; false ends it.
template <typename Visit>
bool split(std::string_view text, char separator, Visit&& visit) {
  while (true) {
    const std::size_t end = text.find(separator);
    if (!visit(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

absl::StatusOr<Target> parse_target(std::string_view text) {
  const std::size_t question = text.find('?');
  std::string_view path = text.substr(0, question);
  if (!path.starts_with('/')) {
    return error(absl::StatusCode::kInvalidArgument, "the path \"{}\" does not begin with /",
                 shortened(path));
  }
  Target target;
  const bool path_fits = split(path.substr(1), '/', [&](std::string_view piece) {
    std::optional<std::string> segment = decode(piece, false);
    if (!segment || *segment == "." || *segment == ".." ||
        segment->find('/') != std::string::npos) {
      return false;
    }
    target.segments.push_back(*std::move(segment));
    return true;
  });
  if (!path_fits) {
    return error(absl::StatusCode::kInvalidArgument,
                 "the path \"{}\" has a wrong percent encoding, an encoded slash or control "
                 "character, or a segment . or ..",
                 shortened(path));
  }
  if (question == std::string_view::npos) return target;

  const bool query_fits = split(text.substr(question + 1), '&', [&](std::string_view piece) {
    if (piece.empty()) return true;
    const std::size_t equals = piece.find('=');
    std::optional<std::string> name = decode(piece.substr(0, equals), true);
    std::optional<std::string> value =
        equals == std::string_view::npos ? "" : decode(piece.substr(equals + 1), true);
    if (!name || !value) return false;
    target.query.emplace_back(*std::move(name), *std::move(value));
    return true;
  });
  if (!query_fits) {
    return error(absl::StatusCode::kInvalidArgument,
                 "the query \"{}\" has a wrong percent encoding or a control character",
                 shortened(text.substr(question + 1)));
  }
  return target;
}

}  // namespace waymark::admin
