#include "lab/traffic_plan.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "app/config_machine.h"
#include "app/config_scalar.h"
#include "app/config_schema.h"
#include "base/status.h"

namespace waymark::lab {
namespace {

using Shape = TrafficPlan::Shape;
using Millis = TrafficPlan::Millis;
using Rule = app::schema::Rule;

constexpr std::array kShapes = {Shape::steady, Shape::ramp, Shape::storm, Shape::churn,
                                Shape::slow};
constexpr std::int64_t kSecond = 1'000;
constexpr std::int64_t kDay = 86'400'000;

absl::StatusOr<std::int64_t> parse(Rule::Unit unit, std::string_view text, std::int64_t min,
                                   std::int64_t max) {
  const auto value = app::parse_number(unit, text, app::Machine::current());
  if (!value.ok() || (*value >= min && *value <= max)) return value;
  return error(absl::StatusCode::kInvalidArgument, "{} is out of range, allowed: {} to {}", text,
               app::format_number(unit, min), app::format_number(unit, max));
}

}  // namespace

std::size_t TrafficPlan::clients_at(Millis elapsed) const {
  if (shape == Shape::storm) return elapsed % kRound < kStay ? clients : 0;
  if (shape != Shape::ramp) return clients;
  const Millis whole = duration.value_or(kRampTime);
  const double share = static_cast<double>(elapsed.count()) / static_cast<double>(whole.count());
  return std::clamp<std::size_t>(
      static_cast<std::size_t>(std::ceil(share * static_cast<double>(clients))), 1, clients);
}

double TrafficPlan::rate_at(Millis elapsed) const {
  if (shape == Shape::storm) return 0;
  return rate * static_cast<double>(clients_at(elapsed)) / static_cast<double>(clients);
}

std::size_t TrafficPlan::burst() const {
  if (shape != Shape::storm) return 0;
  const double round = std::chrono::duration<double>(kRound).count();
  return std::max<std::size_t>(
      1, static_cast<std::size_t>(rate * round / static_cast<double>(clients)));
}

std::string_view name_of(Shape shape) {
  switch (shape) {
    case Shape::steady:
      return "steady";
    case Shape::ramp:
      return "ramp";
    case Shape::storm:
      return "storm";
    case Shape::churn:
      return "churn";
    case Shape::slow:
      return "slow";
  }
  return "";
}

absl::StatusOr<Shape> parse_shape(std::string_view text) {
  for (const Shape shape : kShapes) {
    if (text == name_of(shape)) return shape;
  }
  return error(absl::StatusCode::kInvalidArgument,
               "{} is unknown, allowed: steady, ramp, storm, churn, slow", text);
}

absl::StatusOr<Millis> parse_duration(std::string_view text) {
  const auto value = parse(Rule::UNIT_DURATION, text, kSecond, kDay);
  if (!value.ok()) return value.status();
  return Millis(*value);
}

absl::StatusOr<std::size_t> parse_frame_size(std::string_view text) {
  const auto value = parse(Rule::UNIT_SIZE, text, TrafficPlan::kMinSize, TrafficPlan::kMaxSize);
  if (!value.ok()) return value.status();
  return static_cast<std::size_t>(*value);
}

}  // namespace waymark::lab
