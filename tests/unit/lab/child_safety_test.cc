#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <string>

#include "lab/child.h"

using namespace waymark::lab;

TEST_CASE("a child has none of the descriptors that a library has left open") {
  const int left = ::open("/dev/null", O_RDONLY);
  REQUIRE(left > STDERR_FILENO);
  const auto child =
      start_child({"/bin/sh", "-c",
                   "[ -e /proc/$$/fd/" + std::to_string(left) + " ] && echo leaks || echo none"});
  REQUIRE(child.ok());
  REQUIRE(::waitpid(child->pid, nullptr, 0) == child->pid);
  std::array<char, 100> said{};
  const ssize_t size = ::read(child->output, said.data(), said.size());
  CHECK(std::string(said.data(), static_cast<std::size_t>(std::max<ssize_t>(0, size))) == "none\n");
  ::close(child->output);
  ::close(left);
}
