// The files of the dashboard, as web/build.mjs has packed them; none in a build without npm.
#pragma once

#include <span>
#include <string_view>

namespace waymark::admin {

struct WebAsset {
  std::string_view path;  // "/" or "/assets/NAME", where NAME changes with the content
  std::string_view content_type;
  std::string_view etag;  // in its quotes
  std::string_view plain;
  std::string_view gzip;  // the same, compressed
};

[[nodiscard]] std::span<const WebAsset> web_assets();

}  // namespace waymark::admin
