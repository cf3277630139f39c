#include "ctl/table.h"

#include <algorithm>

#include "ctl/columns.h"
#include "ctl/printable.h"

namespace waymark::ctl {
namespace {

constexpr std::size_t kGap = 2;  // columns of space between two columns of a table

std::string_view code_of(Colour colour) {
  switch (colour) {
    case Colour::none:
      break;
    case Colour::bold:
      return "\x1b[1m";
    case Colour::dim:
      return "\x1b[2m";
    case Colour::red:
      return "\x1b[31m";
    case Colour::green:
      return "\x1b[32m";
    case Colour::yellow:
      return "\x1b[33m";
  }
  return "";
}

Cell made_printable(const Cell& cell) {
  std::string text = printable(cell.text);
  return {text.empty() ? std::string_view("-") : std::string_view(text), cell.colour};
}

// A line that grows to the right and stops at the edge of the terminal.
class Line {
 public:
  explicit Line(const Style& style)
      : style_(style), room_(style.width == 0 ? SIZE_MAX : style.width) {}

  // Spaces are kept back until text follows.
  void skip(std::size_t columns) { gap_ += columns; }

  void write(std::string_view text, Colour colour) {
    if (text.empty() || gap_ >= room_) return;
    room_ -= gap_;
    out_.append(gap_, ' ');
    gap_ = 0;
    const std::string_view part = fit(text, room_);
    room_ = part.size() < text.size() ? 0 : room_ - width_of(part);
    out_ += painted(part, colour, style_);
  }

  std::string take() && {
    out_ += '\n';
    return std::move(out_);
  }

 private:
  const Style& style_;
  std::size_t room_;
  std::size_t gap_ = 0;
  std::string out_;
};

std::string line_of(const std::vector<Cell>& cells, const std::vector<Column>& columns,
                    const std::vector<std::size_t>& widths, const Style& style) {
  Line line(style);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) line.skip(kGap);
    const std::size_t padding = widths[i] - width_of(cells[i].text);
    if (columns[i].align == Align::right) line.skip(padding);
    line.write(cells[i].text, cells[i].colour);
    if (columns[i].align == Align::left) line.skip(padding);
  }
  return std::move(line).take();
}

}  // namespace

std::string painted(std::string_view text, Colour colour, const Style& style) {
  if (!style.colours || colour == Colour::none || text.empty()) return std::string(text);
  return std::string(code_of(colour)).append(text).append("\x1b[0m");
}

void Table::add(std::vector<Cell> cells) {
  for (Cell& cell : cells) cell = made_printable(cell);
  cells.resize(columns_.size(), Cell("-"));
  rows_.push_back(std::move(cells));
}

std::string Table::to_string(const Style& style, std::size_t max_rows) const {
  const std::size_t shown = std::min(rows_.size(), max_rows);
  std::vector<Cell> titles;
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    titles.emplace_back(columns_[i].title, Colour::bold);
    std::size_t width = width_of(columns_[i].title);
    for (std::size_t row = 0; row < shown; ++row) {
      width = std::max(width, width_of(rows_[row][i].text));
    }
    widths.push_back(width);
  }
  std::string out = line_of(titles, columns_, widths, style);
  for (std::size_t row = 0; row < shown; ++row) {
    out += line_of(rows_[row], columns_, widths, style);
  }
  return out;
}

void Fields::add(std::string_view name, Cell value) {
  fields_.emplace_back(name, made_printable(value));
}

std::string Fields::to_string(const Style& style) const {
  std::size_t width = 0;
  for (const auto& [name, value] : fields_) width = std::max(width, width_of(name));
  std::string out;
  for (const auto& [name, value] : fields_) {
    Line line(style);
    line.write(name, Colour::dim);
    line.skip(width - width_of(name) + kGap);
    line.write(value.text, value.colour);
    out += std::move(line).take();
  }
  return out;
}

}  // namespace waymark::ctl
