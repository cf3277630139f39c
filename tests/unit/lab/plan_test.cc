#include "lab/plan.h"

#include <catch2/catch.hpp>

using namespace waymark;
using namespace std::chrono_literals;

namespace {

std::string errors_of(const std::string& text) {
  const lab::PlanResult result = lab::parse_plan(text, "lab.yaml");
  const auto* errors = std::get_if<std::vector<app::ConfigError>>(&result);
  return errors == nullptr ? "" : app::to_string(*errors);
}

}  // namespace

TEST_CASE("takes every field, and defaults for the rest") {
  const auto plan = std::get<lab::Plan>(lab::parse_plan(
      "proxies: 2\nworkers: 5\naverage_delay: 20ms\nfailure_rate: 0.5%\nframing: raw\n"
      "reply: 'template:{id}: {payload}'\n"
      "ports: { clients: 0, registry: 9000, api: 8300 }\nlogs: /var/tmp/lab\n",
      "lab.yaml"));
  CHECK(plan.proxies == 2);
  CHECK(plan.upstreams == 5);
  CHECK(plan.average_delay == 20ms);
  CHECK(plan.failure_rate == "0.5%");
  CHECK(plan.framing == "raw");
  CHECK(plan.reply == "template:{id}: {payload}");
  CHECK(plan.ports.clients == 0);
  CHECK(plan.ports.registry == 9000);
  CHECK(plan.ports.admin == 8100);
  CHECK(plan.ports.api == 8300);
  CHECK(plan.logs == "/var/tmp/lab");
}

TEST_CASE("an empty file is the defaults") {
  const auto plan = std::get<lab::Plan>(lab::parse_plan("", "lab.yaml"));
  CHECK(plan.proxies == 1);
  CHECK(plan.upstreams == 3);
  CHECK(plan.reply == "echo");
}

TEST_CASE("tells every fault with its place") {
  CHECK(errors_of("proxies: 17\nupstream: 1\n") ==
        "lab.yaml:1:10: proxies: 17 is out of range, allowed: 1 to 16\n"
        "lab.yaml:2:1: \"upstream\": unknown field, allowed: proxies, upstreams, workers, "
        "average_delay, failure_rate, framing, reply, logs, ports; did you mean upstreams?\n");
  CHECK(errors_of("failure_rate: nan%") != "");
  CHECK(
      errors_of("reply: eco") ==
      "lab.yaml:1:8: reply: \"eco\" is unknown, allowed: echo, none, upper, template:TEXT; did you "
      "mean echo?\n");
  CHECK(errors_of("ports: 7") == "lab.yaml:1:8: ports: a mapping is due\n");
}
