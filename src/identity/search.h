// The search for one client's identity: what is known of it at once, then its first frames.
//
//   rules   proxy_tlv      first_frame, 2 frames      source_ip
//   known   none           -                          found
//   frame 1                no key, one more to come   (found)     undecided
//   frame 2                found                                  first_frame
//
// Pure: the same frames give the same answer, in whatever pieces they came.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "identity/identity.h"
#include "identity/rule.h"

namespace waymark::identity {

// What a client's first byte does not add to. Views are of the caller, for the constructor.
struct Known {
  std::string_view source_ip;
  std::string_view proxy_tlvs;          // raw, of a header that was believed
  std::string_view certificate_spki{};  // empty: it has shown none
  std::vector<std::string> certificate_sans{};
};

class Search {
 public:
  // Of a longer frame the rest is not looked at.
  static constexpr std::size_t kMostBytes = 64 * 1024;

  // `rules` outlives it.
  Search(const Rules& rules, const Known& known);

  // The client's next frame.
  void frame(std::string_view frame);

  // A later frame may still find a key that goes before what was found.
  [[nodiscard]] bool is_open() const;
  // Of the rule that comes first among those that have found a key; random without one.
  [[nodiscard]] const Identity& found() const { return found_; }

 private:
  void take(std::size_t rule, std::string key);

  const Rules& rules_;
  std::size_t first_;  // of the rules that have found a key; their number without one
  std::size_t frames_ = 0;
  Identity found_;
};

}  // namespace waymark::identity
