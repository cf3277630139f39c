#include "lab/recipes.h"

#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/status.h"
#include "temporary_folder.h"

using namespace waymark;
using namespace waymark::lab;
using Catch::Matchers::Contains;

namespace {

// A directory with programs of the right names.
std::string make_programs(const TemporaryFolder& folder) {
  std::filesystem::create_directory(folder.in("bin"));
  for (const char* const name : {"/waymark", "/waymark-stub"}) {
    std::ofstream(folder.in("bin") + name) << "";
    ::chmod((folder.in("bin") + name).c_str(), 0700);
  }
  return folder.in("bin");
}

Plan free_plan() {
  Plan plan;
  plan.ports = {0, 0, 0, 0, 0};
  return plan;
}

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string line_of(const Recipe& recipe) {
  std::string line;
  for (const std::string& word : recipe.command) line += word + " ";
  return line;
}

}  // namespace

TEST_CASE("a plan becomes proxies, then upstreams that register at each of them") {
  const TemporaryFolder folder;
  const std::string programs = make_programs(folder);
  const auto dir = RunDir::make(folder.in("run"));
  REQUIRE(dir.ok());
  Plan plan = free_plan();
  plan.proxies = 2;
  plan.upstreams = 2;
  plan.average_delay = std::chrono::milliseconds(20);
  plan.failure_rate = "12%";
  plan.framing = "raw";
  const auto recipes = make_recipes(plan, {}, **dir, programs);
  REQUIRE(recipes.ok());
  REQUIRE(recipes->size() == 4);

  const Recipe& proxy = (*recipes)[1];
  CHECK(proxy.name == "proxy-2");
  CHECK(proxy.kind == Kind::proxy);
  CHECK(line_of(proxy) == programs + "/waymark serve -c " + (*dir)->in("conf/proxy-2.yaml") + " ");
  const std::string configuration = text_of((*dir)->in("conf/proxy-2.yaml"));
  CHECK_THAT(configuration, Contains("proxy_id: proxy-2") && Contains("framing: raw") &&
                                Contains("bind: \"" + proxy.address + "\"") &&
                                Contains("bind: \"" + proxy.telemetry + "\"") &&
                                Contains("upstreams: [] }") && !Contains("progress_timeout"));
  CHECK(text_of((*dir)->in("state/proxy-1/registry.token")) ==
        text_of((*dir)->in("state/proxy-2/registry.token")));

  const Recipe& upstream = (*recipes)[3];
  CHECK(upstream.name == "stub-2");
  CHECK(upstream.kind == Kind::upstream);
  CHECK(upstream.control == (*dir)->in("stub-2.sock"));
  const std::string line = line_of(upstream);
  CHECK_THAT(line, Contains("--listen " + upstream.address + " --id stub-2 ") &&
                       Contains("--delay 10000us --jitter 20000us --failure 12%") &&
                       !Contains("--journal"));
  CHECK(std::count(upstream.command.begin(), upstream.command.end(), "--register") == 2);
}

TEST_CASE("a lab that is judged has journals, and proxies that soon give up who is silent") {
  const TemporaryFolder folder;
  const std::string programs = make_programs(folder);
  const auto dir = RunDir::make(folder.in("run"));
  REQUIRE(dir.ok());
  const auto recipes =
      make_recipes(free_plan(), {.journals = "/j", .watchful = true}, **dir, programs);
  REQUIRE(recipes.ok());
  CHECK_THAT(line_of(recipes->back()), Contains("--journal /j/stub-3.journal "));
  CHECK(journal_of("stub-3", "/j") == "/j/stub-3.journal");
  CHECK_THAT(text_of((*dir)->in("conf/proxy-1.yaml")), Contains("progress_timeout: 2s"));
}

TEST_CASE("a program that is not beside this one is named before anything is made") {
  const TemporaryFolder folder;
  const auto dir = RunDir::make(folder.in("run"));
  REQUIRE(dir.ok());
  const auto recipes = make_recipes(free_plan(), {}, **dir, "/nowhere");
  CHECK_THAT(std::string(message_of(recipes.status())), Contains("/nowhere/waymark is not there"));
  CHECK_FALSE(std::filesystem::exists((*dir)->in("conf")));
}
