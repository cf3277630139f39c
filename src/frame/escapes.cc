#include "frame/escapes.h"

#include <algorithm>

namespace waymark::frame {

std::optional<std::string_view> unescape(const StartStop& flags, std::string_view content,
                                         std::string& out) {
  if (flags.escapes.empty()) return content;
  const char escape = flags.escapes.front().sent[0];
  std::size_t at = content.find(escape);
  if (at == std::string_view::npos) return content;
  out.clear();
  for (; at != std::string_view::npos; at = content.find(escape)) {
    out.append(content.substr(0, at));
    if (at + 1 == content.size()) return std::nullopt;
    const auto meant = std::ranges::find(flags.escapes, content.substr(at, 2), &Escape::sent);
    if (meant == flags.escapes.end()) return std::nullopt;
    out.append(meant->means);
    content.remove_prefix(at + 2);
  }
  out.append(content);
  return out;
}

bool needs_no_escape(const StartStop& flags, std::string_view payload) {
  return std::ranges::none_of(flags.escapes, [payload](const Escape& each) {
    return payload.find(each.means) != std::string_view::npos;
  });
}

std::string escape(const StartStop& flags, std::string_view payload) {
  std::string out;
  for (const char byte : payload) {
    const auto meant = std::ranges::find_if(
        flags.escapes, [byte](const Escape& each) { return each.means[0] == byte; });
    if (meant == flags.escapes.end()) {
      out.push_back(byte);
    } else {
      out.append(meant->sent);
    }
  }
  return out;
}

}  // namespace waymark::frame
