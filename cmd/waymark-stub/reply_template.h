// What the stub answers: text with places for the facts of a frame.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "waymark/upstream.h"

namespace waymark::stub {

class ReplyTemplate {
 public:
  // "{id}: {payload}"; {{ and }} stand for braces. InvalidArgument names an unknown place.
  [[nodiscard]] static absl::StatusOr<ReplyTemplate> parse(std::string_view text);

  // `id` is the name of this upstream.
  [[nodiscard]] std::string render(const Frame& frame, std::string_view id) const;

 private:
  enum class Place { text, id, payload, mark, seq };
  struct Part {
    Place place = Place::text;
    std::string text;  // of a text
  };

  [[nodiscard]] absl::Status add_place(std::string_view name);
  void add_text(char c);

  std::vector<Part> parts_;
};

}  // namespace waymark::stub
