#include "ctl/terminal.h"

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>

namespace waymark::ctl {
namespace {

constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l";  // the other screen, no cursor
constexpr std::string_view kLeave = "\x1b[?25h\x1b[?1049l";
constexpr std::string_view kHome = "\x1b[H";
constexpr std::string_view kClearToEndOfLine = "\x1b[K";
constexpr std::string_view kClearBelow = "\x1b[J";

}  // namespace

Style style_of(int fd) {
  const char* const no_colour = std::getenv("NO_COLOR");
  const char* const term = std::getenv("TERM");
  const bool wanted = no_colour == nullptr || no_colour[0] == '\0';
  const bool capable = term != nullptr && std::string_view(term) != "dumb";
  return {.colours = wanted && capable && ::isatty(fd) == 1, .width = 0};
}

bool can_ask() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1; }

bool ask(Output& out, std::string_view question) {
  out.print(std::string(question) + " [y/N] ");
  std::string answer;
  char c = 0;
  while (answer.size() < 16) {
    const ssize_t got = ::read(STDIN_FILENO, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || c == '\n') break;
    answer += c;
  }
  return answer == "y" || answer == "Y" || answer == "yes";
}

TerminalSize size_of_terminal(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {size.ws_col, size.ws_row};
}

struct FullScreen::Saved {
  termios settings{};
  bool valid = false;
};

FullScreen::FullScreen(Output& out) : out_(out), saved_(std::make_unique<Saved>()) {
  saved_->valid = ::tcgetattr(STDIN_FILENO, &saved_->settings) == 0;
  if (saved_->valid) {
    termios raw = saved_->settings;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  }
  out_.print(kEnter);
}

FullScreen::~FullScreen() {
  out_.print(kLeave);
  if (saved_->valid) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &saved_->settings);
}

void FullScreen::show(std::string_view text) {
  std::string frame(kHome);
  while (text.ends_with('\n')) text.remove_suffix(1);  // one after the last row would scroll
  for (const char c : text) {
    if (c == '\n') frame += kClearToEndOfLine;
    frame += c;
  }
  frame += kClearToEndOfLine;
  frame += kClearBelow;
  out_.print(frame);
}

}  // namespace waymark::ctl
