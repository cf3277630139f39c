// Where a listener looks for the identity of its clients: rules in their order, the first that
// finds a key wins.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "identity/identity.h"
#include "identity/key_form.h"

namespace re2 {
class RE2;
}

namespace waymark::identity {

// The client has shown a certificate that was verified, or is pinned.
struct CertificateRule {
  enum class Field : std::uint8_t { spki, san };
  Field field = Field::spki;  // SHA-256 of its public key in hex, or its first alternative name
};

// The load balancer has sent this in its PROXY header.
struct TlvRule {
  static constexpr std::uint8_t kUniqueId = 0x05;
  std::uint8_t type = kUniqueId;
  KeyForm form = KeyForm::ascii;
};

// `size` bytes from `offset` on; 0: all that follow.
struct FrameSlice {
  std::size_t offset = 0;
  std::size_t size = 0;
};
// What its group matches, or the whole match where it has none.
struct FramePattern {
  std::shared_ptr<const re2::RE2> expression;
};
// The string or integer at a JSON pointer (RFC 6901).
struct FramePointer {
  std::string text;
};

// The id is in one of the first frames, as the framing cuts them.
struct FrameRule {
  static constexpr std::size_t kMostFrames = 16;

  std::string starts_with;  // frames that do not are passed over
  std::variant<FrameSlice, FramePattern, FramePointer> where;
  KeyForm form = KeyForm::ascii;
  std::size_t frames = 1;  // so many are looked at, those passed over included
};

struct SourceIpRule {};
struct RandomRule {};

struct Rule {
  std::variant<CertificateRule, TlvRule, FrameRule, SourceIpRule, RandomRule> how;
  Trust trust = Trust::none;

  [[nodiscard]] Source source() const;
};
using Rules = std::vector<Rule>;

// InvalidArgument with RE2's reason, or for more than one group.
[[nodiscard]] absl::StatusOr<FramePattern> pattern_of(std::string_view text);
// InvalidArgument for what is no JSON pointer.
[[nodiscard]] absl::StatusOr<FramePointer> pointer_of(std::string_view text);

// The key in one frame.
[[nodiscard]] std::optional<std::string> key_in(const FrameRule& rule, std::string_view frame);

}  // namespace waymark::identity
