// What a chaos run has found, for people.
#pragma once

#include <cstddef>
#include <string>

#include "lab/checker.h"

namespace waymark::lab {

// "The guarantee has held." or what has broken it, with the figures and what they mean. At most
// `most` breaches of each rule are told, and the number of the rest.
[[nodiscard]] std::string verdict_text(const Findings& findings, std::size_t most = 5);

}  // namespace waymark::lab
