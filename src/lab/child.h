// A process that ends with the one that has started it, whatever ends that.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace waymark::lab {

struct Child {
  pid_t pid = 0;    // of its process group too
  int output = -1;  // read end of what it writes to stdout and stderr, not blocking; the caller's
};

// Starts the program `command[0]`, an absolute path, in a process group of its own, so that a
// Ctrl-C of the terminal does not reach it. The kernel kills it when the thread that has called
// this ends: call it on the main thread.
[[nodiscard]] absl::StatusOr<Child> start_child(const std::vector<std::string>& command);

// "exit code 1", "killed by SIGKILL": of a status of waitpid().
[[nodiscard]] std::string describe_end(int status);

}  // namespace waymark::lab
