#include "admin/web_assets.h"

namespace waymark::admin {

std::span<const WebAsset> web_assets() { return {}; }

}  // namespace waymark::admin
