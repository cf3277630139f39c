#include "identity/rule.h"

#include <re2/re2.h>

#include <array>

#include "base/status.h"
#include "identity/json_pointer.h"

namespace waymark::identity {
namespace {

std::optional<std::string_view> part_of(const FrameSlice& slice, std::string_view frame) {
  if (frame.size() < slice.offset || frame.size() - slice.offset < slice.size) return std::nullopt;
  return slice.size == 0 ? frame.substr(slice.offset) : frame.substr(slice.offset, slice.size);
}

std::optional<std::string_view> part_of(const FramePattern& pattern, std::string_view frame) {
  const re2::StringPiece text(frame.data(), frame.size());
  std::array<re2::StringPiece, 2> groups;
  const int wanted = pattern.expression->NumberOfCapturingGroups() + 1;
  if (!pattern.expression->Match(text, 0, text.size(), re2::RE2::UNANCHORED, groups.data(),
                                 wanted)) {
    return std::nullopt;
  }
  const re2::StringPiece& found = groups[static_cast<std::size_t>(wanted - 1)];
  return std::string_view(found.data(), found.size());
}

}  // namespace

Source Rule::source() const {
  if (std::holds_alternative<CertificateRule>(how)) return Source::tls_client_certificate;
  if (std::holds_alternative<TlvRule>(how)) return Source::proxy_tlv;
  if (std::holds_alternative<FrameRule>(how)) return Source::first_frame;
  if (std::holds_alternative<SourceIpRule>(how)) return Source::source_ip;
  return Source::random;
}

absl::StatusOr<FramePattern> pattern_of(std::string_view text) {
  constexpr std::int64_t kMostMemory = 1 << 20;
  re2::RE2::Options options;
  options.set_encoding(re2::RE2::Options::EncodingLatin1);  // frames are bytes
  options.set_log_errors(false);
  options.set_max_mem(kMostMemory);
  auto expression =
      std::make_shared<const re2::RE2>(re2::StringPiece(text.data(), text.size()), options);
  if (!expression->ok()) {
    return error(absl::StatusCode::kInvalidArgument, "no regular expression of RE2: {}",
                 expression->error());
  }
  if (expression->NumberOfCapturingGroups() > 1) {
    return error(absl::StatusCode::kInvalidArgument,
                 "has {} groups, allowed is one; write (?:...) for those that capture nothing",
                 expression->NumberOfCapturingGroups());
  }
  return FramePattern{std::move(expression)};
}

absl::StatusOr<FramePointer> pointer_of(std::string_view text) {
  if (!is_json_pointer(text)) {
    return error(absl::StatusCode::kInvalidArgument,
                 "no JSON pointer; allowed is what RFC 6901 allows, such as /device/id");
  }
  return FramePointer{std::string(text)};
}

std::optional<std::string> key_in(const FrameRule& rule, std::string_view frame) {
  if (!frame.starts_with(rule.starts_with)) return std::nullopt;
  if (const auto* pointer = std::get_if<FramePointer>(&rule.where)) {
    const auto found = json_value_at(frame, pointer->text);
    return found ? key_of(*found, rule.form) : std::nullopt;
  }
  const auto* slice = std::get_if<FrameSlice>(&rule.where);
  const auto part = slice != nullptr ? part_of(*slice, frame)
                                     : part_of(std::get<FramePattern>(rule.where), frame);
  return part ? key_of(*part, rule.form) : std::nullopt;
}

}  // namespace waymark::identity
