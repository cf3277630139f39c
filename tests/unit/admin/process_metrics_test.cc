#include "admin/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <sstream>
#include <thread>

namespace waymark::admin {
namespace {

// The value of the sample `name`, as a scrape shows it now.
double value_of(const ProcessMetrics& metrics, const std::string& name) {
  std::istringstream lines(metrics.text());
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name + " ")) return std::stod(line.substr(name.size() + 1));
  }
  FAIL("no sample " << name);
  return 0;
}

TEST_CASE("reads the kernel's line about a process whatever its name is") {
  const auto* const name = GENERATE("waymark", "a b", ") S 1 (", "");
  const auto stat = parse_process_stat(
      "42 (" + std::string(name) +
      ") S 1 42 42 0 -1 4194304 9 0 0 0 123 456 0 0 20 0 7 0 8900 1048576 250 184 1 1 0 0\n");
  REQUIRE(stat);
  CHECK(stat->user_ticks == 123);
  CHECK(stat->system_ticks == 456);
  CHECK(stat->threads == 7);
  CHECK(stat->start_ticks == 8900);
  CHECK(stat->virtual_bytes == 1048576);
  CHECK(stat->resident_pages == 250);
}

TEST_CASE("reads nothing else") {
  CHECK_FALSE(parse_process_stat(""));
  CHECK_FALSE(parse_process_stat("42 (waymark"));
  CHECK_FALSE(parse_process_stat("42 (waymark) S 1 42"));
  CHECK_FALSE(parse_process_stat(
      "42 (w) S 1 42 42 0 -1 4194304 9 0 0 0 x 456 0 0 20 0 7 0 8900 1048576 250 184"));
}

TEST_CASE("shows what the process uses") {
  pid_t first = 0;
  std::thread([&] { first = ::gettid(); }).join();  // a sanitizer may start one of its own with it
  while (::tgkill(::getpid(), first, 0) == 0)
    std::this_thread::yield();  // the kernel counts it yet
  const ProcessMetrics metrics;
  const double descriptors = value_of(metrics, "process_open_fds");
  const double threads = value_of(metrics, "process_threads");
  const int more = ::dup(0);
  REQUIRE(more >= 0);
  double with_another = 0;
  std::thread([&] { with_another = value_of(metrics, "process_threads"); }).join();
  CHECK(value_of(metrics, "process_open_fds") == descriptors + 1);
  CHECK(with_another == threads + 1);
  ::close(more);

  rlimit files{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &files) == 0);
  CHECK(value_of(metrics, "process_max_fds") == static_cast<double>(files.rlim_cur));
  CHECK(value_of(metrics, "process_resident_memory_bytes") > 1e6);
  CHECK(value_of(metrics, "process_virtual_memory_bytes") >
        value_of(metrics, "process_resident_memory_bytes"));
}

TEST_CASE("counts CPU time in seconds") {
  const ProcessMetrics metrics;
  const auto used = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
  };
  const double before = used();
  while (used() < before + 0.05) {
  }
  // The kernel counts in ticks, mostly of 10 ms.
  CHECK(value_of(metrics, "process_cpu_seconds_total") == Approx(used()).margin(0.05));
}

TEST_CASE("the start of the process does not move") {
  const ProcessMetrics metrics;
  const double start = value_of(metrics, "process_start_time_seconds");
  const double now = static_cast<double>(std::chrono::duration_cast<std::chrono::seconds>(
                                             std::chrono::system_clock::now().time_since_epoch())
                                             .count());
  CHECK(start <= now + 1);
  CHECK(start > now - 3600);
  CHECK(value_of(metrics, "process_start_time_seconds") == start);
}

}  // namespace
}  // namespace waymark::admin
