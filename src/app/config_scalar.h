// The values a configuration writes as plain text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "app/config_machine.h"
#include "app/config_schema.h"

namespace waymark::app {

// The value of `text` in a unit of numbers: milliseconds, seconds, bytes or a count, as
// schema::Rule::Unit says. The error tells how such a value is written.
[[nodiscard]] absl::StatusOr<std::int64_t> parse_number(schema::Rule::Unit unit,
                                                        std::string_view text,
                                                        const Machine& machine);

// The value of `text` in a unit of texts: checked, and for UNIT_BYTES with its escapes replaced.
[[nodiscard]] absl::StatusOr<std::string> parse_text(schema::Rule::Unit unit,
                                                     std::string_view text);

// The inverse of both: the shortest text that gives `value`.
[[nodiscard]] std::string format_number(schema::Rule::Unit unit, std::int64_t value);
[[nodiscard]] std::string format_text(schema::Rule::Unit unit, std::string_view value);

// What a value of `unit` is called in the reference: "duration".
[[nodiscard]] std::string_view name_of(schema::Rule::Unit unit);

}  // namespace waymark::app
