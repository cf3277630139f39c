#include "lab/log_book.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace waymark::lab {
namespace {

int open_file(const std::string& path) {
  if (path.empty()) return -1;
  constexpr int kNoTricks = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | kNoTricks, 0600);
  struct stat found {};
  if (fd < 0 || (::fstat(fd, &found) == 0 && S_ISREG(found.st_mode))) return fd;
  ::close(fd);
  return -1;
}

}  // namespace

LogBook::LogBook(std::string file) : path_(std::move(file)), file_(open_file(path_)) {
  if (file_ >= 0)
    written_ = static_cast<std::size_t>(std::max<off_t>(0, ::lseek(file_, 0, SEEK_END)));
}

LogBook::~LogBook() {
  if (file_ >= 0) ::close(file_);
}

void LogBook::add(std::string_view bytes) {
  write(bytes);
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    open_.append(piece.substr(0, kMaxLine - std::min(kMaxLine, open_.size())));
    if (end == std::string_view::npos) return;
    end_line();
    bytes.remove_prefix(end + 1);
  }
}

void LogBook::note(std::string_view line) {
  if (!open_.empty()) add("\n");
  add(std::string(line) + "\n");
}

LogPage LogBook::read(std::uint64_t after, std::size_t limit) const {
  LogPage page;
  const std::uint64_t end = first_ + lines_.size();
  std::uint64_t at = std::min(after, end);
  if (at < first_) page.missed = first_ - std::exchange(at, first_);
  for (; at < end && page.lines.size() < limit; ++at) page.lines.push_back(lines_[at - first_]);
  page.next = at;
  return page;
}

LogPage LogBook::tail(std::size_t count) const {
  return read(first_ + lines_.size() - std::min(count, lines_.size()), count);
}

void LogBook::end_line() {
  bytes_ += open_.size();
  lines_.push_back(std::exchange(open_, {}));
  while (lines_.size() > kMaxLines || bytes_ > kMaxBytes) {
    bytes_ -= lines_.front().size();
    lines_.pop_front();
    ++first_;
  }
}

void LogBook::write(std::string_view bytes) {
  if (file_ < 0) return;
  if (written_ + bytes.size() > kMaxFile) {
    ::close(file_);
    (void)std::rename(path_.c_str(), (path_ + ".1").c_str());
    file_ = open_file(path_);
    written_ = 0;
    if (file_ < 0) return;
  }
  // A full disk costs the file its lines, not the lab its life.
  const ssize_t done = ::write(file_, bytes.data(), bytes.size());
  if (done > 0) written_ += static_cast<std::size_t>(done);
}

}  // namespace waymark::lab
