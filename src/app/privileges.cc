#include "app/privileges.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>

#include "base/status.h"

namespace waymark::app {

absl::Status drop_privileges() {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno_error(errno, "no_new_privs");
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (syscall(SYS_capget, &header, sets.data()) != 0) return errno_error(errno, "capget");
  constexpr std::uint32_t kKept = 1U << CAP_NET_BIND_SERVICE;
  // A filter of system calls may well refuse capset to one that has nothing to give up.
  if ((sets[0].permitted & ~kKept) == 0 && sets[1].permitted == 0) return absl::OkStatus();
  sets[0] = {.effective = sets[0].permitted & kKept, .permitted = sets[0].permitted & kKept};
  sets[1] = {};
  if (syscall(SYS_capset, &header, sets.data()) != 0) return errno_error(errno, "capset");
  return absl::OkStatus();
}

void hide_memory() {
  const rlimit none{0, 0};
  (void)setrlimit(RLIMIT_CORE, &none);
  // A core pattern that is a pipe does not ask for the limit.
  (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

}  // namespace waymark::app
