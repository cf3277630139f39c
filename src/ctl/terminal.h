// What the program runs in.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "ctl/output.h"
#include "ctl/table.h"

namespace waymark::ctl {

struct TerminalSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

// How text may look on `fd`: colours only on a terminal, and not with NO_COLOR (no-color.org) or
// TERM=dumb. Lines of lists are not cut, so that what is copied from them is whole.
[[nodiscard]] Style style_of(int fd);

// Whether a question can be put: standard input and error are a terminal.
[[nodiscard]] bool can_ask();

// Puts a yes-or-no question; anything but y or yes is a no.
[[nodiscard]] bool ask(Output& out, std::string_view question);

[[nodiscard]] TerminalSize size_of_terminal(int fd);

// The other screen of the terminal, without a cursor; keys come at once and are not shown. What was
// there before comes back when it is destroyed.
class FullScreen {
 public:
  // `out` writes to a terminal, and standard input is one.
  explicit FullScreen(Output& out);
  FullScreen(const FullScreen&) = delete;
  FullScreen& operator=(const FullScreen&) = delete;
  ~FullScreen();

  // Replaces all that is shown, without flicker. `text` has at most as many lines as there are
  // rows.
  void show(std::string_view text);

 private:
  struct Saved;

  Output& out_;
  std::unique_ptr<Saved> saved_;
};

}  // namespace waymark::ctl
