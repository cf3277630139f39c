#include "lab/traffic_plan.h"

#include <catch2/catch.hpp>

#include "base/status.h"

using namespace waymark;
using namespace std::chrono_literals;
using lab::TrafficPlan;
using Shape = TrafficPlan::Shape;

TEST_CASE("a ramp adds clients, and frames with them, until its time is over") {
  const TrafficPlan plan{.shape = Shape::ramp, .clients = 10, .rate = 50, .duration = 20s};
  CHECK(plan.clients_at(0ms) == 1);
  CHECK(plan.clients_at(10s) == 5);
  CHECK(plan.rate_at(10s) == 25);
  CHECK(plan.clients_at(20s) == 10);
  CHECK(plan.clients_at(25s) == 10);
}

TEST_CASE("a ramp without an end stays where it has come to") {
  const TrafficPlan plan{.shape = Shape::ramp, .clients = 10};
  CHECK(plan.clients_at(30s) == 5);
  CHECK(plan.clients_at(1h) == 10);
}

TEST_CASE("a storm comes and goes, and speaks in bursts alone") {
  const TrafficPlan plan{.shape = Shape::storm, .clients = 10, .rate = 100};
  CHECK(plan.clients_at(0ms) == 10);
  CHECK(plan.clients_at(1999ms) == 10);
  CHECK(plan.clients_at(2s) == 0);
  CHECK(plan.clients_at(4999ms) == 0);
  CHECK(plan.clients_at(5s) == 10);
  CHECK(plan.rate_at(1s) == 0);
  CHECK(plan.burst() == 50);
}

TEST_CASE("a burst has one frame at least") {
  CHECK(TrafficPlan{.shape = Shape::storm, .clients = 1'000, .rate = 1}.burst() == 1);
  CHECK(TrafficPlan{.shape = Shape::steady}.burst() == 0);
}

TEST_CASE("every fourth client of the slow shape reads slowly, and no other") {
  const TrafficPlan slow{.shape = Shape::slow};
  CHECK(slow.reads_slowly(0));
  CHECK_FALSE(slow.reads_slowly(1));
  CHECK(slow.reads_slowly(4));
  CHECK_FALSE(TrafficPlan{.shape = Shape::churn}.reads_slowly(0));
}

TEST_CASE("a value of the command line that cannot be is told what could") {
  CHECK(message_of(lab::parse_shape("calm").status()) ==
        "calm is unknown, allowed: steady, ramp, storm, churn, slow");
  CHECK(message_of(lab::parse_frame_size("39").status()) ==
        "39 is out of range, allowed: 40 to 64KiB");
  CHECK(message_of(lab::parse_duration("25h").status()) ==
        "25h is out of range, allowed: 1s to 24h");
  CHECK_FALSE(lab::parse_duration("soon").ok());
  CHECK(*lab::parse_shape("storm") == Shape::storm);
  CHECK(*lab::parse_frame_size("4KiB") == 4096);
  CHECK(*lab::parse_duration("90s") == 90s);
}
