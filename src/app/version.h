// The version of this build, from the top-level CMakeLists.txt.
#pragma once

#include <string_view>

namespace waymark::app {

inline constexpr std::string_view kVersion = WAYMARK_VERSION;

}  // namespace waymark::app
