#include "journal.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace waymark::stub {
namespace {

constexpr std::size_t kKeyBytes = 32;

// Printable and without a blank, so that a line stays a line of words.
std::string word_of(std::string_view text, std::size_t most) {
  text = text.substr(0, std::min(text.find(' '), most));
  if (text.empty()) return "-";
  std::string word(text);
  std::replace_if(
      word.begin(), word.end(), [](char c) { return c <= ' ' || c > '~'; }, '?');
  return word;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Journal>> Journal::open(const std::string& path,
                                                       std::string_view id) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) {
    return absl::InvalidArgumentError(path + ": " + std::strerror(errno));
  }
  std::unique_ptr<Journal> journal(new Journal(file));
  journal->write_line("start", std::to_string(::getpid()) + ' ' + word_of(id, id.size()));
  return journal;
}

Journal::~Journal() { ::close(file_); }

void Journal::opened(const Opened& opened) {
  write_line("opened", opened.mark.to_string() + ' ' + std::to_string(opened.epoch));
}

void Journal::frame(const Frame& frame) {
  write_line("frame", frame.mark.to_string() + ' ' + std::to_string(frame.seq) + ' ' +
                          std::to_string(frame.attempt) + ' ' + std::to_string(frame.epoch) + ' ' +
                          word_of(frame.payload, kKeyBytes));
}

void Journal::answered(const FrameName& frame, bool accepted) {
  write_line("answer", frame.mark.to_string() + ' ' + std::to_string(frame.seq) + ' ' +
                           std::to_string(frame.attempt) + (accepted ? " 1" : " 0"));
}

void Journal::half_closed(const Mark& mark) { write_line("half_closed", mark.to_string()); }

void Journal::closed(const Closed& closed) {
  write_line("closed", closed.mark.to_string() + ' ' + std::string(name_of(closed.reason)) + ' ' +
                           std::to_string(closed.last_seq));
}

void Journal::gap(const Gap& gap) {
  write_line("gap", gap.mark.to_string() + ' ' + std::to_string(gap.seq));
}

void Journal::undeliverable(const Undeliverable& undeliverable) {
  write_line("undeliverable",
             undeliverable.mark.to_string() + ' ' + std::string(name_of(undeliverable.reason)));
}

// A journal with a gap would accuse the proxy of what the disk did.
void Journal::write_line(std::string_view kind, const std::string& rest) {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  std::string line(kind);
  line += ' ';
  line += std::to_string(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
  line += ' ';
  line += rest;
  line += '\n';
  if (::write(file_, line.data(), line.size()) == static_cast<ssize_t>(line.size())) return;
  std::fprintf(stderr, "waymark-stub: --journal: %s\n", std::strerror(errno));
  std::abort();
}

}  // namespace waymark::stub
