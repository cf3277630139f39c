// Aligned columns for people. Texts are made printable here, so that no string of a server reaches
// a terminal unescaped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace waymark::ctl {

enum class Colour : std::uint8_t { none, bold, dim, red, green, yellow };

struct Style {
  bool colours = false;   // escape codes are allowed
  std::size_t width = 0;  // columns of the terminal: longer lines are cut; 0: never
};

// `text` as it is, with the escape codes of `colour` around it if the style allows them.
[[nodiscard]] std::string painted(std::string_view text, Colour colour, const Style& style);

struct Cell {
  // NOLINTNEXTLINE(google-explicit-constructor): rows read as lists of texts
  Cell(std::string_view content, Colour paint = Colour::none) : text(content), colour(paint) {}
  Cell(const std::string& content) : Cell(std::string_view(content)) {}  // NOLINT
  Cell(const char* content) : Cell(std::string_view(content)) {}         // NOLINT

  std::string text;
  Colour colour;
};

enum class Align : std::uint8_t { left, right };

struct Column {
  std::string_view title;  // static
  Align align = Align::left;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // As many cells as there are columns. An empty one is shown as "-".
  void add(std::vector<Cell> cells);
  [[nodiscard]] std::size_t rows() const { return rows_.size(); }

  // One line a row after a line of titles, no spaces at the ends of lines. At most `max_rows` rows.
  [[nodiscard]] std::string to_string(const Style& style, std::size_t max_rows = SIZE_MAX) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

// "name: value" lines, the values in one column.
class Fields {
 public:
  // `name` is static. An empty value is shown as "-".
  void add(std::string_view name, Cell value);
  [[nodiscard]] std::string to_string(const Style& style) const;

 private:
  std::vector<std::pair<std::string_view, Cell>> fields_;
};

}  // namespace waymark::ctl
