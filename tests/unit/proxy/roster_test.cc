#include "proxy/roster.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace waymark::proxy {
namespace {

std::string word_of(wire::UpstreamState state) {
  switch (state) {
    case wire::UpstreamState::ready:
      return "ready";
    case wire::UpstreamState::leaving:
      return "leaving";
    case wire::UpstreamState::lost:
      return "lost";
    case wire::UpstreamState::unspecified:
      break;
  }
  return "?";
}

// Upstreams 0 "red", 1 "green", ... of pool 0; those in `watching` want notices.
class Proxy {
 public:
  explicit Proxy(std::vector<std::uint32_t> watching) : watching_(std::move(watching)) {
    roster.set_post([this](std::size_t worker, const UpstreamNotice& notice) {
      notices_.push_back(std::to_string(notice.upstream) + "/" + std::to_string(worker) + ": " +
                         notice.changed.upstream + " " + word_of(notice.changed.state));
    });
  }

  void ready(std::uint32_t upstream, std::size_t worker, bool leaving = false,
             std::string name = "", std::size_t pool = 0) {
    static const char* const kNames[] = {"red", "green", "blue"};
    if (name.empty()) name = kNames[upstream];
    const bool wants = std::find(watching_.begin(), watching_.end(), upstream) != watching_.end();
    roster.link_ready({upstream, worker}, {pool, name, wants}, leaving);
  }
  [[nodiscard]] std::vector<std::string> told() { return std::exchange(notices_, {}); }

  Roster roster;

 private:
  std::vector<std::uint32_t> watching_;
  std::vector<std::string> notices_;
};

using Told = std::vector<std::string>;

TEST_CASE("an upstream is ready with its first link and lost with its last") {
  Proxy proxy({0});
  proxy.ready(0, 0);
  proxy.ready(0, 1);
  CHECK(proxy.told() == Told{});
  proxy.ready(1, 1);
  CHECK(proxy.told() == Told{"0/0: green ready"});
  proxy.ready(1, 0);
  proxy.roster.link_ended({1, 1});
  CHECK(proxy.told() == Told{});
  proxy.roster.link_ended({1, 0});
  proxy.roster.link_ended({1, 0});
  CHECK(proxy.told() == Told{"0/0: green lost"});
}

TEST_CASE("who asks late is told what is, and who does not ask is told nothing") {
  Proxy proxy({2});
  proxy.ready(0, 0);
  proxy.ready(1, 0);
  proxy.roster.link_ended({1, 0});
  CHECK(proxy.told() == Told{});
  proxy.ready(2, 1);
  CHECK(proxy.told() == Told{"2/1: red ready", "2/1: green lost"});
}

TEST_CASE("an upstream leaves when all links of it do, and is back as soon as one does not") {
  Proxy proxy({0});
  proxy.ready(0, 0);
  proxy.ready(1, 0);
  proxy.ready(1, 1);
  (void)proxy.told();
  proxy.roster.link_leaving({1, 0}, true);
  CHECK(proxy.told() == Told{});
  proxy.roster.link_leaving({1, 1}, true);
  CHECK(proxy.told() == Told{"0/0: green leaving"});
  proxy.roster.link_leaving({1, 0}, false);
  CHECK(proxy.told() == Told{"0/0: green ready"});
  proxy.roster.link_leaving({1, 1}, false);
  CHECK(proxy.told() == Told{});
  proxy.roster.link_leaving({2, 0}, true);  // has no link
  CHECK(proxy.told() == Told{});
}

TEST_CASE("when the link that notices went out on ends, all is told anew on another") {
  Proxy proxy({0});
  proxy.ready(1, 0);
  proxy.ready(0, 1);
  proxy.ready(0, 0);
  CHECK(proxy.told() == Told{"0/1: green ready"});
  proxy.roster.link_ended({0, 1});
  CHECK(proxy.told() == Told{"0/0: green ready"});
  proxy.roster.link_ended({1, 0});
  CHECK(proxy.told() == Told{"0/0: green lost"});
  proxy.roster.link_ended({0, 0});
  proxy.ready(1, 0);
  CHECK(proxy.told() == Told{});
  proxy.ready(0, 2);
  CHECK(proxy.told() == Told{"0/2: green ready"});
}

TEST_CASE("upstreams of other pools are none of anybody's business") {
  Proxy proxy({0, 1});
  proxy.ready(0, 0);
  proxy.ready(1, 0, false, "stranger", 1);
  CHECK(proxy.told() == Told{});
}

TEST_CASE("one that begins anew under another name is lost under the old one") {
  Proxy proxy({0});
  proxy.ready(0, 0);
  proxy.ready(1, 0);
  proxy.ready(1, 1);
  (void)proxy.told();
  proxy.ready(1, 0, false, "lime");
  CHECK(proxy.told() == Told{"0/0: green lost", "0/0: lime ready"});
}

TEST_CASE("one that was removed is forgotten when the last worker has") {
  Proxy proxy({0});
  proxy.ready(1, 0);
  proxy.ready(1, 1);
  proxy.roster.forget({1, 0});
  proxy.roster.forget({1, 1});
  proxy.ready(0, 0);
  CHECK(proxy.told() == Told{});
}

}  // namespace
}  // namespace waymark::proxy
