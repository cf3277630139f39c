#include "app/connection_query.h"

#include <catch2/catch.hpp>
#include <map>
#include <vector>

#include "admin/admin_routes.h"
#include "admin/fake_admin_api.h"
#include "base/status.h"

namespace waymark::app {
namespace {

using proxy::ListKey;
using Activity = proxy::ConnectionFilter::Activity;

const std::map<std::string, ListKey> kOrders = {{"mark", ListKey::mark},
                                                {"peer", ListKey::peer},
                                                {"listener", ListKey::listener},
                                                {"upstream", ListKey::upstream},
                                                {"state", ListKey::state},
                                                {"opened", ListKey::opened},
                                                {"last_frame", ListKey::last_frame},
                                                {"frames_up", ListKey::frames_up},
                                                {"frames_down", ListKey::frames_down},
                                                {"bytes_up", ListKey::bytes_up},
                                                {"bytes_down", ListKey::bytes_down},
                                                {"queued", ListKey::queued},
                                                {"outstanding", ListKey::outstanding}};

// The words that GET /v1/connections lets through.
std::vector<std::string> order_words() {
  admin::FakeAdminApi calls;
  admin::RouteTable table;
  admin::add_connection_routes(table, calls);
  const admin::Match match = table.find("GET", {"v1", "connections"});
  REQUIRE(match.route != nullptr);
  for (const admin::Parameter& parameter : match.route->query) {
    if (parameter.name == "order") return parameter.words;
  }
  return {};
}

TEST_CASE("each word that a list may be ordered by has its key") {
  for (const auto& [word, key] : kOrders) {
    CAPTURE(word);
    CHECK(list_key_of(word) == key);
  }
  const std::vector<std::string> words = order_words();
  CHECK(words.size() == kOrders.size());
  for (const std::string& word : words) {
    CAPTURE(word);
    CHECK(kOrders.contains(word));
  }
}

TEST_CASE("a peer is an address, one with a port, or a network") {
  struct Row {
    const char* text;
    const char* block;
    std::uint16_t port;
  };
  for (const Row& row :
       {Row{"192.0.2.1", "192.0.2.1", 0}, Row{"192.0.2.1:5000", "192.0.2.1", 5000},
        Row{"192.0.2.1:65535", "192.0.2.1", 65535}, Row{"2001:db8::1", "2001:db8::1", 0},
        Row{"[2001:db8::1]:1", "2001:db8::1", 1}, Row{"192.0.2.0/24", "192.0.2.0/24", 0},
        Row{"::/0", "::/0", 0}, Row{"[::ffff:192.0.2.1]:80", "192.0.2.1", 80}}) {
    CAPTURE(row.text);
    const auto peer = peer_filter_of(row.text);
    REQUIRE(peer);
    CHECK(peer->block == *net::Cidr::parse(row.block));
    CHECK(peer->port == row.port);
  }
}

TEST_CASE("what is no peer is refused") {
  for (const char* text :
       {"", "localhost", "localhost:80", "192.0.2", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536",
        "192.0.2.1:-1", "192.0.2.1/24", "192.0.2.0/24:80", "[2001:db8::1]", "[2001:db8::1]:0",
        "[192.0.2.1]:80", ":80", " 192.0.2.1"}) {
    CAPTURE(text);
    CHECK_FALSE(peer_filter_of(text));
  }
}

// Listeners a and b, pools x and y, the upstream u, and a group that remembers who asked for it.
struct Fixture {
  Fixture() {
    settings.listeners = {{.name = "a", .pool = "x"}, {.name = "b", .pool = "y"}};
    settings.pools = {{.name = "x"}, {.name = "y"}};
    auto made = proxy::next_layout({}, settings, framings);
    REQUIRE(made.ok());
    layout = *std::move(made);
  }

  absl::StatusOr<proxy::ConnectionFilter> read(const api::ConnectionFilter& asked,
                                               const std::string& path = "") {
    return filter_of(asked, path,
                     {.layout = layout,
                      .settings = settings,
                      .upstream = [&](const std::string& id) -> absl::StatusOr<std::uint32_t> {
                        ++upstreams_asked;
                        if (id == "u") return 7;
                        return error(absl::StatusCode::kNotFound, "there is no upstream '{}'", id);
                      },
                      .group =
                          [&](std::string_view group, std::optional<std::uint32_t> pool) {
                            groups_asked.emplace_back(group, pool);
                            return members;
                          }});
  }
  std::string refusal_of(const api::ConnectionFilter& asked, const std::string& path) {
    const auto filter = read(asked, path);
    CHECK(filter.status().code() == absl::StatusCode::kInvalidArgument);
    return std::string(message_of(filter.status()));
  }

  proxy::Framings framings;
  proxy::Settings settings;
  proxy::Layout layout;
  const proxy::Members members = std::make_shared<const std::vector<session::Member>>();
  int upstreams_asked = 0;
  std::vector<std::pair<std::string, std::optional<std::uint32_t>>> groups_asked;
};

TEST_CASE_METHOD(Fixture, "an empty filter finds everyone, and asks nobody") {
  CHECK(is_empty({}));
  const auto filter = read({});
  REQUIRE(filter.ok());
  CHECK(filter->activity == Activity::all);
  CHECK_FALSE(filter->upstream);
  CHECK_FALSE(filter->listener);
  CHECK_FALSE(filter->pool);
  CHECK_FALSE(filter->peer);
  CHECK(filter->group == nullptr);
  CHECK(upstreams_asked == 0);
  CHECK(groups_asked.empty());
}

TEST_CASE_METHOD(Fixture, "a filter with any field is not empty, even if it finds everyone") {
  const std::vector<void (*)(api::ConnectionFilter&)> fields = {
      [](api::ConnectionFilter& filter) { filter.set_state("all"); },
      [](api::ConnectionFilter& filter) { filter.set_upstream("u"); },
      [](api::ConnectionFilter& filter) { filter.set_listener("a"); },
      [](api::ConnectionFilter& filter) { filter.set_pool("x"); },
      [](api::ConnectionFilter& filter) { filter.set_group("g"); },
      [](api::ConnectionFilter& filter) { filter.set_peer("::1"); }};
  CHECK(static_cast<int>(fields.size()) == api::ConnectionFilter::descriptor()->field_count());
  for (const auto& set : fields) {
    api::ConnectionFilter filter;
    set(filter);
    CHECK_FALSE(is_empty(filter));
  }
}

TEST_CASE_METHOD(Fixture, "states are told apart") {
  const std::map<std::string, Activity> states = {
      {"all", Activity::all}, {"active", Activity::active}, {"inactive", Activity::inactive}};
  for (const auto& [word, activity] : states) {
    api::ConnectionFilter asked;
    asked.set_state(word);
    CHECK(read(asked)->activity == activity);
  }
}

TEST_CASE_METHOD(Fixture, "names of a filter become what they stand for") {
  api::ConnectionFilter asked;
  asked.set_upstream("u");
  asked.set_listener("b");
  asked.set_pool("y");
  asked.set_peer("192.0.2.1:5000");
  asked.set_group("g");
  const auto filter = read(asked);
  REQUIRE(filter.ok());
  CHECK(filter->upstream == 7);
  CHECK(filter->listener == 1);
  CHECK(filter->pool == 1);
  REQUIRE(filter->peer);
  CHECK(filter->peer->port == 5000);
  CHECK(filter->group == members);
}

TEST_CASE_METHOD(Fixture, "a group is looked for in the pool of the filter, or in all") {
  api::ConnectionFilter asked;
  asked.set_group("g");
  CHECK(read(asked).ok());
  asked.set_pool("y");
  CHECK(read(asked).ok());
  REQUIRE(groups_asked.size() == 2);
  CHECK(groups_asked[0] == std::pair(std::string("g"), std::optional<std::uint32_t>()));
  CHECK(groups_asked[1] == std::pair(std::string("g"), std::optional<std::uint32_t>(1)));
}

TEST_CASE_METHOD(Fixture, "a name that stands for nothing is refused with its field") {
  api::ConnectionFilter upstream;
  upstream.set_upstream("v");
  CHECK(refusal_of(upstream, "") == "upstream: there is no upstream 'v'");
  CHECK(refusal_of(upstream, "filter.") == "filter.upstream: there is no upstream 'v'");
  api::ConnectionFilter listener;
  listener.set_listener("x");
  CHECK(refusal_of(listener, "filter.") ==
        "filter.listener: there is no listener 'x', known: a, b");
  api::ConnectionFilter pool;
  pool.set_pool("a");
  CHECK(refusal_of(pool, "filter.") == "filter.pool: there is no pool 'a', known: x, y");
  api::ConnectionFilter peer;
  peer.set_peer("localhost");
  CHECK_THAT(refusal_of(peer, "filter."),
             Catch::StartsWith("filter.peer: 'localhost' is no address, such as 192.0.2.1"));
}

}  // namespace
}  // namespace waymark::app
