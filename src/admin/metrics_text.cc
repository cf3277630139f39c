#include "admin/metrics_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace waymark::admin {
namespace {

enum class Quote : bool { no, yes };

// HELP text escapes backslash and line feed, a label value the double quote too.
void append_escaped(std::string& out, std::string_view text, Quote quote) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\\' || (c == '"' && quote == Quote::yes)) {
      out += '\\';
      out += c;
    } else {
      out += c;
    }
  }
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

void append_label(std::string& out, const Label& label) {
  out += out.back() == '{' ? "" : ",";
  out += label.name;
  out += "=\"";
  append_escaped(out, label.value, Quote::yes);
  out += '"';
}

// `upper_bound` is the label "le" of a histogram's bucket, empty for any other sample.
void append_sample(std::string& out, std::string_view name, std::string_view suffix,
                   MetricsText::Labels labels, std::string_view upper_bound,
                   std::string_view value) {
  out += name;
  out += suffix;
  if (labels.size() != 0 || !upper_bound.empty()) {
    out += '{';
    for (const Label& label : labels) append_label(out, label);
    if (!upper_bound.empty()) append_label(out, {"le", upper_bound});
    out += '}';
  }
  out += ' ';
  out += value;
  out += '\n';
}

}  // namespace

void MetricsText::counter(std::string_view name, std::string_view help, std::uint64_t value,
                          Labels labels) {
  append_sample(family(name, "counter", help), name, "", labels, "", fmt::format("{}", value));
}

void MetricsText::fractional_counter(std::string_view name, std::string_view help, double value,
                                     Labels labels) {
  append_sample(family(name, "counter", help), name, "", labels, "", number(value));
}

void MetricsText::gauge(std::string_view name, std::string_view help, double value, Labels labels) {
  append_sample(family(name, "gauge", help), name, "", labels, "", number(value));
}

void MetricsText::histogram(std::string_view name, std::string_view help,
                            std::span<const HistogramBucket> buckets, std::uint64_t count,
                            double sum, Labels labels) {
  std::string& out = family(name, "histogram", help);
  for (const HistogramBucket& bucket : buckets) {
    append_sample(out, name, "_bucket", labels, number(bucket.upper_bound),
                  fmt::format("{}", bucket.cumulative_count));
  }
  append_sample(out, name, "_bucket", labels, "+Inf", fmt::format("{}", count));
  append_sample(out, name, "_sum", labels, "", number(sum));
  append_sample(out, name, "_count", labels, "", fmt::format("{}", count));
}

std::string MetricsText::finish() && {
  std::string all;
  for (Family& family : families_) all += std::exchange(family.text, {});
  return all;
}

std::string& MetricsText::family(std::string_view name, std::string_view type,
                                 std::string_view help) {
  const auto known = std::find_if(families_.begin(), families_.end(),
                                  [&](const Family& family) { return family.name == name; });
  if (known != families_.end()) return known->text;
  Family& begun = families_.emplace_back(Family{std::string(name), {}});
  begun.text += fmt::format("# HELP {} ", name);
  append_escaped(begun.text, help, Quote::no);
  begun.text += fmt::format("\n# TYPE {} {}\n", name, type);
  return begun.text;
}

}  // namespace waymark::admin
