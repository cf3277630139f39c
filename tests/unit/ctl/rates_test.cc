#include "ctl/rates.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

#include "ctl/top_view.h"

namespace waymark::ctl {
namespace {

using std::chrono::seconds;

const Rates::Clock::time_point kStart{};

Json link(std::uint64_t frames, std::uint64_t messages) {
  return {{"state", "ready"}, {"frames_sent", frames}, {"messages_received", messages}};
}

Json list(const std::vector<Json>& upstreams) { return {{"upstreams", Json(upstreams)}}; }

Json upstream(const std::string& id, const std::vector<Json>& links,
              std::uint64_t connections = 0) {
  return {{"id", id},
          {"address", id + ":1"},
          {"state", "ready"},
          {"connections", connections},
          {"links", Json(links)}};
}

TEST_CASE("a rate needs two readings") {
  Rates rates;
  rates.add(list({upstream("a", {link(10, 5)})}), "boot", kStart);
  CHECK(!rates.of("a"));
  rates.add(list({upstream("a", {link(30, 6)})}), "boot", kStart + seconds(2));
  REQUIRE(rates.of("a"));
  CHECK(rates.of("a")->frames_up == Approx(10));
  CHECK(rates.of("a")->messages_down == Approx(0.5));
  CHECK(!rates.of("b"));
}

TEST_CASE("adds the links of an upstream, and the upstreams") {
  Rates rates;
  rates.add(list({upstream("a", {link(0, 0), link(5, 0)}), upstream("b", {link(0, 0)})}), "boot",
            kStart);
  rates.add(list({upstream("a", {link(10, 1), link(15, 1)}), upstream("b", {link(1, 2)})}), "boot",
            kStart + seconds(1));
  CHECK(rates.of("a")->frames_up == Approx(20));
  CHECK(rates.total().frames_up == Approx(21));
  CHECK(rates.total().messages_down == Approx(4));
}

TEST_CASE("tells nothing across a restart, of a newcomer, or when a counter fell") {
  Rates rates;
  rates.add(list({upstream("a", {link(10, 10)}), upstream("b", {link(10, 10)})}), "1", kStart);
  rates.add(list({upstream("a", {link(9, 11)}), upstream("b", {link(20, 20)}),
                  upstream("c", {link(1, 1)})}),
            "1", kStart + seconds(1));
  CHECK(!rates.of("a"));
  CHECK(rates.of("b"));
  CHECK(!rates.of("c"));
  rates.add(list({upstream("b", {link(30, 30)})}), "2", kStart + seconds(2));
  CHECK(!rates.of("b"));
}

TEST_CASE("top shows the busiest where not all fit") {
  const Json all = list({upstream("idle", {link(0, 0)}, 1), upstream("busy", {link(0, 0)}, 500)});
  const Json info = {{"version", "1"}, {"proxy_id", "p"}, {"ready", true}, {"connections", 501U}};
  const Rates rates;
  const auto whole = top_view(info, all, rates, {}, 6, Instant{});
  CHECK_THAT(whole, Catch::Contains("idle:1") && Catch::Contains("busy:1"));
  CHECK(std::count(whole.begin(), whole.end(), '\n') == 6);
  const auto small = top_view(info, all, rates, {.width = 20}, 5, Instant{});
  CHECK_THAT(small, !Catch::Contains("idle:1") && Catch::Contains("busy:1"));
  CHECK(std::count(small.begin(), small.end(), '\n') == 5);
  const auto tiny = top_view(info, all, rates, {}, 2, Instant{});
  CHECK_THAT(tiny, Catch::Contains("501 connections"));
  CHECK(std::count(tiny.begin(), tiny.end(), '\n') == 2);
  CHECK(top_view(info, all, rates, {}, 0, Instant{}).empty());
}

}  // namespace
}  // namespace waymark::ctl
