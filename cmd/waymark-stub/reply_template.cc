#include "reply_template.h"

#include <array>
#include <utility>

namespace waymark::stub {

absl::StatusOr<ReplyTemplate> ReplyTemplate::parse(std::string_view text) {
  ReplyTemplate result;
  while (!text.empty()) {
    const char c = text.front();
    if (text.starts_with("{{") || text.starts_with("}}")) {
      result.add_text(c);
      text.remove_prefix(2);
    } else if (c == '{') {
      const std::size_t end = text.find('}');
      if (end == std::string_view::npos) {
        return absl::InvalidArgumentError("a { without its }; write {{ for a brace");
      }
      const absl::Status status = result.add_place(text.substr(1, end - 1));
      if (!status.ok()) return status;
      text.remove_prefix(end + 1);
    } else {
      result.add_text(c);
      text.remove_prefix(1);
    }
  }
  return result;
}

absl::Status ReplyTemplate::add_place(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, Place>, 4> kPlaces = {
      {{"id", Place::id}, {"payload", Place::payload}, {"mark", Place::mark}, {"seq", Place::seq}}};
  for (const auto& [known, place] : kPlaces) {
    if (known != name) continue;
    parts_.push_back({place, {}});
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError("unknown {" + std::string(name) +
                                    "}, allowed: {id} {payload} {mark} {seq}");
}

void ReplyTemplate::add_text(char c) {
  if (parts_.empty() || parts_.back().place != Place::text) parts_.push_back({});
  parts_.back().text.push_back(c);
}

std::string ReplyTemplate::render(const Frame& frame, std::string_view id) const {
  std::string out;
  for (const Part& part : parts_) {
    switch (part.place) {
      case Place::text:
        out += part.text;
        break;
      case Place::id:
        out += id;
        break;
      case Place::payload:
        out += frame.payload;
        break;
      case Place::mark:
        out += frame.mark.to_string();
        break;
      case Place::seq:
        out += std::to_string(frame.seq);
        break;
    }
  }
  return out;
}

}  // namespace waymark::stub
