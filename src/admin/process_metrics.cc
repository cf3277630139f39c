#include "admin/process_metrics.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "admin/metrics_text.h"

namespace waymark::admin {
namespace {

// Fields of the line, counted from the one after the name, which is the third.
constexpr std::size_t kUserTicks = 14 - 3;
constexpr std::size_t kSystemTicks = 15 - 3;
constexpr std::size_t kThreads = 20 - 3;
constexpr std::size_t kStartTicks = 22 - 3;
constexpr std::size_t kVirtualBytes = 23 - 3;
constexpr std::size_t kResidentPages = 24 - 3;

bool parse(std::string_view word, std::uint64_t& number) {
  const auto [end, fault] = std::from_chars(word.data(), word.data() + word.size(), number);
  return fault == std::errc() && end == word.data() + word.size();
}

std::optional<ProcessStat> read_process_stat() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  return parse_process_stat(line);
}

double seconds(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

double ticks_per_second() { return static_cast<double>(sysconf(_SC_CLK_TCK)); }

// Newer kernels tell it as the size of the directory; in others its entries are counted.
std::optional<std::uint64_t> open_descriptors() {
  constexpr const char* kFolder = "/proc/self/fd";
  struct stat status {};
  if (stat(kFolder, &status) == 0 && status.st_size > 0) {
    return static_cast<std::uint64_t>(status.st_size);
  }
  std::error_code fault;
  std::uint64_t count = 0;
  std::filesystem::directory_iterator entry(kFolder, fault);
  for (; !fault && entry != std::filesystem::directory_iterator(); entry.increment(fault)) ++count;
  if (fault || count == 0) return std::nullopt;
  return count - 1;  // one is of the looking itself
}

}  // namespace

std::optional<ProcessStat> parse_process_stat(std::string_view line) {
  // The name is in brackets and may hold any bytes, those too.
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  line.remove_prefix(name_end + 1);
  std::array<std::string_view, kResidentPages + 1> words;
  for (std::string_view& word : words) {
    const std::size_t begin = line.find_first_not_of(' ');
    if (begin == std::string_view::npos) return std::nullopt;
    line.remove_prefix(begin);
    word = line.substr(0, line.find(' '));
    line.remove_prefix(word.size());
  }
  ProcessStat out;
  const bool sound =
      parse(words[kUserTicks], out.user_ticks) && parse(words[kSystemTicks], out.system_ticks) &&
      parse(words[kThreads], out.threads) && parse(words[kStartTicks], out.start_ticks) &&
      parse(words[kVirtualBytes], out.virtual_bytes) &&
      parse(words[kResidentPages], out.resident_pages);
  if (!sound) return std::nullopt;
  return out;
}

ProcessMetrics::ProcessMetrics() {
  const auto stat = read_process_stat();
  if (!stat) return;
  start_seconds_ = seconds(CLOCK_REALTIME) - seconds(CLOCK_BOOTTIME) +
                   static_cast<double>(stat->start_ticks) / ticks_per_second();
}

std::string ProcessMetrics::text() const {
  MetricsText text;
  if (const auto stat = read_process_stat()) {
    text.fractional_counter(
        "process_cpu_seconds_total", "Total user and system CPU time spent in seconds.",
        static_cast<double>(stat->user_ticks + stat->system_ticks) / ticks_per_second());
    text.gauge(
        "process_resident_memory_bytes", "Resident memory size in bytes.",
        static_cast<double>(stat->resident_pages) * static_cast<double>(sysconf(_SC_PAGESIZE)));
    text.gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.",
               static_cast<double>(stat->virtual_bytes));
    text.gauge("process_threads", "Number of OS threads in the process.",
               static_cast<double>(stat->threads));
  }
  if (const auto count = open_descriptors()) {
    text.gauge("process_open_fds", "Number of open file descriptors.", static_cast<double>(*count));
  }
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur != RLIM_INFINITY) {
    text.gauge("process_max_fds", "Maximum number of open file descriptors.",
               static_cast<double>(files.rlim_cur));
  }
  if (start_seconds_) {
    text.gauge("process_start_time_seconds",
               "Start time of the process since unix epoch in seconds.", *start_seconds_);
  }
  return std::move(text).finish();
}

}  // namespace waymark::admin
