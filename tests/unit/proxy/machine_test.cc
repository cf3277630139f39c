#include "proxy/machine.h"

#include <sched.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>

namespace waymark::proxy {
namespace {

// The soft limit of descriptors, for as long as it lives.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t files) {
    getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit wanted{files, before_.rlim_max};
    REQUIRE(setrlimit(RLIMIT_NOFILE, &wanted) == 0);
  }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;
  ~DescriptorLimit() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST_CASE("leaves descriptors for everything that is not a client") {
  const auto [files, connections] =
      GENERATE(table<rlim_t, std::size_t>({{1024, 768}, {600, 344}, {256, 128}, {64, 32}}));
  const DescriptorLimit limit(files);
  CHECK(default_max_connections() == connections);
}

TEST_CASE("of many descriptors two percent are left") {
  rlimit now{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &now) == 0);
  if (now.rlim_max < 20'000) return;  // not this machine
  const DescriptorLimit limit(20'000);
  CHECK(default_max_connections() == 19'600);
}

TEST_CASE("one worker for every two cores this process may run on, and at least one") {
  cpu_set_t before;
  REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
  const auto cores = static_cast<std::size_t>(CPU_COUNT(&before));
  CHECK(default_workers() == (cores < 2 ? 1 : cores / 2));

  cpu_set_t one;
  CPU_ZERO(&one);
  for (std::size_t core = 0; core < CPU_SETSIZE; ++core) {
    if (!CPU_ISSET(core, &before)) continue;
    CPU_SET(core, &one);
    break;
  }
  REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
  CHECK(default_workers() == 1);
  REQUIRE(sched_setaffinity(0, sizeof before, &before) == 0);
}

}  // namespace
}  // namespace waymark::proxy
