// What an upstream is told when it begins to serve a client, and when it no longer does.
#pragma once

#include "proxy/client.h"
#include "waymark/close_reason.h"
#include "wire/lifecycle.h"

namespace waymark::proxy {

[[nodiscard]] wire::Opened opening_of(const Client& client);
// It had the mark `old` until now.
[[nodiscard]] wire::Marked marking_of(const Client& client, const Mark& old);
[[nodiscard]] wire::Closed closing_of(const Client& client, CloseReason reason);

}  // namespace waymark::proxy
