#include "control/control.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <map>
#include <set>

#include "base/status.h"

namespace waymark::control {
namespace {

using Catch::Contains;

constexpr std::uint64_t kStart = 1'000'000;

// Remembers what it was told; writes are done when the test says so.
class FakeActions final : public ControlActions {
 public:
  struct Order {
    Role role = Role::serve;
    std::uint32_t weight_parts = 0;
    bool remove = false;
  };
  struct Write {
    store::Change change;
    std::function<void(absl::Status)> done;
  };

  void order(const Upstream& upstream, Role role, std::uint32_t weight_parts,
             bool remove) override {
    orders[upstream.spec.address] = {role, weight_parts, remove};
    ++order_count;
  }
  void probe(const Upstream& upstream, bool wanted) override {
    probed[upstream.spec.address] = wanted;
  }
  void probe_at(const Upstream&, std::uint64_t) override {}
  void write(store::Change change, std::function<void(absl::Status)> done) override {
    writes.push_back({std::move(change), std::move(done)});
  }
  void warn(std::string_view what) override { warnings.emplace_back(what); }
  [[nodiscard]] absl::Status may_connect(const UpstreamSpec& spec) const override {
    if (!forbidden.contains(spec.address)) return absl::OkStatus();
    return absl::InvalidArgumentError("address: " + spec.address + " may not be connected to");
  }
  [[nodiscard]] bool pool_empty(std::string_view pool) const override {
    return empty_pools.contains(std::string(pool));
  }
  void changed(const Upstream& upstream, std::string_view what) override {
    changes.push_back(std::string(what) + " " + upstream.spec.address);
  }

  void finish_write(const absl::Status& status = absl::OkStatus()) {
    REQUIRE(!writes.empty());
    Write write = std::move(writes.front());
    writes.pop_front();
    write.done(status);
  }

  std::map<std::string, Order> orders;
  std::map<std::string, bool> probed;
  std::set<std::string> empty_pools;
  std::set<std::string> forbidden;  // addresses
  std::deque<Write> writes;
  std::vector<std::string> warnings;
  std::vector<std::string> changes;
  int order_count = 0;
};

struct Rig {
  explicit Rig(std::size_t workers = 1, std::size_t max_upstreams = 8)
      : control({.pools = {{"blue", {}}, {"red", {}}},
                 .workers = workers,
                 .max_upstreams = max_upstreams,
                 .random = [] { return 7U; }},
                actions) {}

  static UpstreamSpec spec(const std::string& address, const std::string& pool = "blue") {
    return {.pool = pool, .address = address};
  }
  void begin(const std::vector<UpstreamSpec>& of_file = {}, const store::StoredState& state = {}) {
    passed_over = control.begin(of_file, state, kStart);
  }
  // The answer to a wish, once its write is done.
  absl::StatusOr<const Upstream*> add(const std::string& id, const UpstreamSpec& wanted,
                                      const absl::Status& written = absl::OkStatus()) {
    absl::StatusOr<const Upstream*> answer = absl::UnknownError("none");
    control.add(id, wanted, [&](absl::StatusOr<const Upstream*> given) { answer = given; });
    if (!actions.writes.empty()) actions.finish_write(written);
    return answer;
  }
  // Ticks as they come, every 100 ms, up to and including `ms` after the start.
  void run_until(std::uint64_t ms) {
    for (; now <= kStart + ms; now += 100) control.tick(now);
  }
  void all_ready(std::uint32_t index) { control.link_ready(index, 0, "name"); }

  FakeActions actions;
  Control control;
  std::vector<std::string> passed_over;
  std::uint64_t now = kStart;
};

TEST_CASE("upstreams of the file are ordered at the start, with the same ids every time") {
  Rig first;
  first.begin({Rig::spec("a:1"), Rig::spec("b:1")});
  CHECK(first.actions.orders.size() == 2);
  CHECK(first.actions.orders.at("a:1").role == Role::serve);
  CHECK(first.actions.orders.at("a:1").weight_parts == 10);
  Rig second;
  second.begin({Rig::spec("b:1"), Rig::spec("a:1")});
  CHECK(first.control.find("a:1").value()->id == second.control.find("a:1").value()->id);
  CHECK(first.control.find("a:1").value()->id != first.control.find("b:1").value()->id);
}

TEST_CASE("a wish is written first and applied when that is durable") {
  Rig rig;
  rig.begin();
  bool answered = false;
  rig.control.add("x", Rig::spec("a:1"),
                  [&](absl::StatusOr<const Upstream*> upstream) { answered = upstream.ok(); });
  CHECK_FALSE(answered);
  CHECK(rig.actions.orders.empty());
  CHECK(std::holds_alternative<store::PutUpstream>(rig.actions.writes.front().change));
  rig.actions.finish_write();
  CHECK(answered);
  CHECK(rig.actions.orders.contains("a:1"));
}

TEST_CASE("what cannot be written changes nothing") {
  Rig rig;
  rig.begin();
  const auto full = rig.add("x", Rig::spec("a:1"), absl::ResourceExhaustedError("disk full"));
  CHECK(full.status().code() == absl::StatusCode::kResourceExhausted);
  CHECK(rig.control.all().empty());
  REQUIRE(rig.add("x", Rig::spec("a:1")).ok());

  absl::Status answer;
  rig.control.change("x", {.weight = 50}, [&](const auto& given) { answer = given.status(); });
  rig.actions.finish_write(absl::ResourceExhaustedError("disk full"));
  CHECK(answer.code() == absl::StatusCode::kResourceExhausted);
  CHECK(rig.control.find("x").value()->weight() == 1);

  rig.control.remove("x", [&](const auto& given) { answer = given.status(); });
  rig.actions.finish_write(absl::ResourceExhaustedError("disk full"));
  CHECK(answer.code() == absl::StatusCode::kResourceExhausted);
  CHECK(rig.control.find("x").ok());
}

TEST_CASE("the same server twice is refused, also while the first is being written") {
  Rig rig;
  rig.begin({Rig::spec("a:1")});
  CHECK(rig.add("x", Rig::spec("a:1")).status().code() == absl::StatusCode::kAlreadyExists);
  CHECK(rig.add("y", Rig::spec("a:1", "red")).ok());

  std::vector<absl::StatusCode> answers;
  const auto note = [&](const auto& given) { answers.push_back(given.status().code()); };
  rig.control.add("one", Rig::spec("b:1"), note);
  rig.control.add("two", Rig::spec("b:1"), note);
  while (!rig.actions.writes.empty()) rig.actions.finish_write();
  CHECK(answers == std::vector{absl::StatusCode::kOk, absl::StatusCode::kAlreadyExists});
  CHECK(rig.control.find("one").ok());
  CHECK_FALSE(rig.control.find("two").ok());
}

TEST_CASE("a pool that is not there is named with those that are") {
  Rig rig;
  rig.begin();
  const auto answer = rig.add("x", Rig::spec("a:1", "green"));
  CHECK(answer.status().code() == absl::StatusCode::kInvalidArgument);
  CHECK_THAT(std::string(message_of(answer.status())), Contains("known: blue, red"));
}

TEST_CASE("there are no more upstreams than max_upstreams, and an index is used again") {
  Rig rig(1, 2);
  rig.begin();
  REQUIRE(rig.add("x", Rig::spec("a:1")).ok());
  REQUIRE(rig.add("y", Rig::spec("b:1")).ok());
  CHECK(rig.add("z", Rig::spec("c:1")).status().code() == absl::StatusCode::kResourceExhausted);
  const std::uint32_t index = rig.control.find("x").value()->index;
  rig.control.remove("x", [](const auto&) {});
  rig.actions.finish_write();
  CHECK(rig.actions.orders.at("a:1").remove);
  CHECK(rig.add("z", Rig::spec("c:1")).status().code() == absl::StatusCode::kResourceExhausted);
  rig.control.gone(index);
  CHECK(rig.control.all().size() == 1);
  CHECK(rig.add("z", Rig::spec("c:1")).value()->index == index);
}

TEST_CASE("an upstream is forgotten once every worker has said so") {
  Rig rig(3);
  rig.begin();
  REQUIRE(rig.add("x", Rig::spec("a:1")).ok());
  const std::uint32_t index = rig.control.find("x").value()->index;
  rig.control.remove("x", [](const auto&) {});
  rig.actions.finish_write();
  rig.control.gone(index);
  rig.control.gone(index);
  CHECK(rig.control.all().size() == 1);
  rig.control.gone(index);
  CHECK(rig.control.all().empty());
}

TEST_CASE("what the file says is overridden, not deleted") {
  Rig rig;
  rig.begin({Rig::spec("a:1")});
  const std::string id = rig.control.find("a:1").value()->id;
  absl::Status answer;
  rig.control.remove(id, [&](const auto& given) { answer = given.status(); });
  CHECK(answer.code() == absl::StatusCode::kFailedPrecondition);

  rig.control.change(id, {.weight = 9, .admin_state = AdminState::drain}, [](const auto&) {});
  const auto* put = std::get_if<store::PutOverride>(&rig.actions.writes.front().change);
  REQUIRE(put != nullptr);
  CHECK(put->entry == store::StoredOverride{id, 9, "drain"});
  rig.actions.finish_write();
  CHECK(rig.actions.orders.at("a:1").role == Role::leave_politely);
  CHECK(rig.actions.orders.at("a:1").weight_parts == 90);

  rig.control.change(id, {.weight = 1, .admin_state = AdminState::ready}, [](const auto&) {});
  CHECK(std::holds_alternative<store::EraseOverride>(rig.actions.writes.front().change));
}

TEST_CASE("what was remembered is found again, and what is of no pool is told") {
  Rig rig;
  store::StoredState state;
  state.upstreams.push_back(
      {.id = "x", .pool = "red", .address = "c:1", .weight = 4, .admin_state = "maintenance"});
  state.upstreams.push_back({.id = "lost", .pool = "green", .address = "d:1"});
  state.overrides.push_back({.upstream_id = derived_id(Rig::spec("a:1")), .weight = 6});
  rig.begin({Rig::spec("a:1")}, state);
  CHECK(rig.actions.orders.at("c:1").role == Role::rest);
  CHECK(rig.actions.orders.at("a:1").weight_parts == 60);
  REQUIRE(rig.passed_over.size() == 1);
  CHECK_THAT(rig.passed_over[0], Contains("'green', which is gone"));
}

TEST_CASE("what may not be connected to is taken in by nobody") {
  Rig rig;
  rig.actions.forbidden = {"a:1", "b:1"};
  store::StoredState state;
  state.upstreams.push_back({.id = "old", .pool = "blue", .address = "b:1"});
  rig.begin({}, state);
  REQUIRE(rig.passed_over.size() == 1);
  CHECK_THAT(rig.passed_over[0], Contains("b:1 may not be connected to"));

  CHECK_THAT(std::string(message_of(rig.add("x", Rig::spec("a:1")).status())),
             Contains("a:1 may not be connected to"));
  absl::Status leased;
  rig.control.put_lease("y", Rig::spec("a:1"), 2,
                        [&](const auto& given, bool) { leased = given.status(); });
  CHECK_THAT(std::string(message_of(leased)), Contains("a:1 may not be connected to"));
  CHECK(rig.actions.writes.empty());
  CHECK(rig.control.all().empty());
}

TEST_CASE("what may not be connected to any more when it is written is erased again") {
  Rig rig;
  rig.begin();
  absl::Status answer;
  rig.control.add("x", Rig::spec("a:1"), [&](const auto& given) { answer = given.status(); });
  rig.actions.forbidden = {"a:1"};
  rig.actions.finish_write();
  CHECK_FALSE(answer.ok());
  CHECK(rig.control.all().empty());
  CHECK(std::holds_alternative<store::EraseUpstream>(rig.actions.writes.front().change));
}

TEST_CASE("a lease lives as long as it is renewed") {
  Rig rig;
  rig.begin();
  bool is_new = false;
  const auto put = [&] {
    absl::StatusOr<const Upstream*> answer = absl::UnknownError("none");
    rig.control.put_lease("x", Rig::spec("a:1"), 2, [&](auto given, bool fresh) {
      answer = given;
      is_new = fresh;
    });
    if (!rig.actions.writes.empty()) rig.actions.finish_write();
    return answer;
  };
  REQUIRE(put().ok());
  CHECK(is_new);
  rig.run_until(1'900);
  REQUIRE(put().ok());
  CHECK_FALSE(is_new);
  CHECK(rig.actions.writes.empty());  // a renewal leaves nothing to write
  rig.run_until(3'800);
  CHECK_FALSE(rig.actions.orders.at("a:1").remove);
  rig.run_until(3'900);
  CHECK(rig.actions.orders.at("a:1").remove);
  CHECK(std::holds_alternative<store::EraseUpstream>(rig.actions.writes.front().change));
  CHECK_FALSE(rig.control.find("x").ok());
}

TEST_CASE("what an operator wants of a lease stays when it says otherwise of itself") {
  Rig rig;
  rig.begin();
  const auto put = [&](std::uint32_t ttl) {
    rig.control.put_lease("x", Rig::spec("a:1"), ttl, [](const auto&, bool) {});
    rig.actions.finish_write();
  };
  put(5);
  rig.control.change("x", {.weight = 7}, [](const auto&) {});
  rig.actions.finish_write();
  put(9);
  CHECK(rig.control.find("x").value()->weight() == 7);
}

TEST_CASE("a lease that was remembered gets one full time to live") {
  Rig rig;
  store::StoredState state;
  state.upstreams.push_back({.id = "x",
                             .pool = "blue",
                             .address = "a:1",
                             .source = store::StoredUpstream::Source::lease,
                             .ttl_seconds = 10});
  rig.begin({}, state);
  rig.run_until(9'900);
  CHECK_FALSE(rig.actions.orders.at("a:1").remove);
  rig.run_until(10'000);
  CHECK(rig.actions.orders.at("a:1").remove);
}

TEST_CASE("while nothing ran nobody could renew, so no lease ends") {
  Rig rig;
  rig.begin();
  rig.control.put_lease("x", Rig::spec("a:1"), 2, [](const auto&, bool) {});
  rig.actions.finish_write();
  rig.run_until(1'000);
  rig.now += 60'000;  // the machine was suspended
  rig.run_until(60'000 + 1'500);
  CHECK(rig.control.find("x").ok());
  rig.run_until(60'000 + 4'000);
  CHECK_FALSE(rig.control.find("x").ok());
}

TEST_CASE("wishes for one upstream have their turns") {
  Rig rig;
  rig.begin({Rig::spec("a:1")});
  const std::string id = rig.control.find("a:1").value()->id;
  rig.control.change(id, {.weight = 9}, [](const auto&) {});
  rig.control.change(id, {.admin_state = AdminState::drain}, [](const auto&) {});
  CHECK(rig.actions.writes.size() == 1);  // the second knows what the first has changed
  rig.actions.finish_write();
  const auto* put = std::get_if<store::PutOverride>(&rig.actions.writes.front().change);
  REQUIRE(put != nullptr);
  CHECK(put->entry == store::StoredOverride{id, 9, "drain"});
  rig.actions.finish_write();
  CHECK(rig.actions.writes.empty());
}

TEST_CASE("a change after a removal finds nothing, and writes nothing") {
  Rig rig;
  rig.begin();
  REQUIRE(rig.add("x", Rig::spec("a:1")).ok());
  absl::Status answer;
  rig.control.remove("x", [](const auto&) {});
  rig.control.change("x", {.weight = 9}, [&](const auto& given) { answer = given.status(); });
  rig.actions.finish_write();
  CHECK(answer.code() == absl::StatusCode::kNotFound);
  CHECK(rig.actions.writes.empty());
}

TEST_CASE("another protocol is an order of its own") {
  Rig rig;
  rig.begin({Rig::spec("a:1")});
  UpstreamSpec other = Rig::spec("a:1");
  other.protocol = "link";
  const int before = rig.actions.order_count;
  rig.control.set_file({other});
  CHECK(rig.actions.order_count == before + 1);
}

TEST_CASE("a lease under the name of another upstream is refused; at another address it moves") {
  Rig rig;
  rig.begin();
  REQUIRE(rig.add("api", Rig::spec("a:1")).ok());
  absl::Status answer;
  const auto note = [&](const auto& given, bool) { answer = given.status(); };
  rig.control.put_lease("api", Rig::spec("b:1"), 5, note);
  CHECK(answer.code() == absl::StatusCode::kAlreadyExists);
  rig.control.put_lease("x", Rig::spec("b:1"), 5, note);
  rig.actions.finish_write();
  rig.control.put_lease("x", Rig::spec("c:1"), 5, note);
  rig.actions.finish_write();
  CHECK(answer.ok());
  CHECK(rig.actions.orders.at("b:1").remove);
  CHECK(rig.control.find("x").value()->spec.address == "c:1");
}

TEST_CASE("addresses of a name come and go") {
  Rig rig;
  rig.begin();
  const UpstreamSpec name = Rig::spec("fleet.internal:7001");
  rig.control.set_resolved(name, {"10.0.0.1:7001", "10.0.0.2:7001"});
  CHECK(rig.control.all().size() == 2);
  CHECK(rig.control.find("10.0.0.1:7001").value()->source == Source::dns);
  rig.control.set_resolved(name, {"10.0.0.2:7001", "10.0.0.3:7001"});
  CHECK(rig.actions.orders.at("10.0.0.1:7001").remove);
  CHECK_FALSE(rig.actions.orders.at("10.0.0.2:7001").remove);
  CHECK(rig.actions.orders.contains("10.0.0.3:7001"));
}

TEST_CASE("the file may say otherwise later") {
  Rig rig;
  rig.begin({Rig::spec("a:1"), Rig::spec("b:1")});
  UpstreamSpec heavier = Rig::spec("b:1");
  heavier.weight = 5;
  rig.control.set_file({heavier, Rig::spec("c:1")});
  CHECK(rig.actions.orders.at("a:1").remove);
  CHECK(rig.actions.orders.at("b:1").weight_parts == 50);
  CHECK(rig.actions.orders.contains("c:1"));
}

TEST_CASE("an order is given when something changed, and only then") {
  Rig rig;
  rig.begin({Rig::spec("a:1")});
  rig.all_ready(0);
  const int before = rig.actions.order_count;
  for (std::uint64_t ms = 100; ms < 5'000; ms += 100) rig.control.tick(kStart + ms);
  CHECK(rig.actions.order_count == before);
}

TEST_CASE("an upstream is probed unless it rests or leaves") {
  Rig rig;
  rig.begin({Rig::spec("a:1")});
  CHECK(rig.actions.probed.at("a:1"));
  const std::string id = rig.control.find("a:1").value()->id;
  rig.control.change(id, {.admin_state = AdminState::maintenance}, [](const auto&) {});
  rig.actions.finish_write();
  CHECK_FALSE(rig.actions.probed.at("a:1"));
  rig.control.change(id, {.admin_state = AdminState::ready}, [](const auto&) {});
  rig.actions.finish_write();
  CHECK(rig.actions.probed.at("a:1"));
}

TEST_CASE("upstreams of a pool that is gone serve on until nobody is there") {
  Rig rig;
  rig.begin({Rig::spec("a:1", "red")});
  REQUIRE(rig.add("x", Rig::spec("b:1", "red")).ok());
  rig.control.set_pools({{.name = "blue"}});
  rig.control.set_file({});
  rig.run_until(300);
  CHECK(rig.actions.orders.at("a:1").role == Role::serve);
  CHECK(rig.actions.orders.at("b:1").role == Role::serve);
  CHECK(rig.add("y", Rig::spec("c:1", "red")).status().code() ==
        absl::StatusCode::kInvalidArgument);
  rig.actions.empty_pools.insert("red");
  rig.run_until(500);
  CHECK(rig.actions.orders.at("a:1").remove);
  CHECK(rig.actions.orders.at("b:1").remove);
}

TEST_CASE("an upstream whose pool goes while it is being written is not taken in") {
  Rig rig;
  rig.begin();
  absl::Status answer;
  const auto note = [&](const auto& given) { answer = given.status(); };
  rig.control.add("x", Rig::spec("a:1", "red"), note);
  rig.control.set_pools({{.name = "blue"}});
  rig.actions.finish_write();
  CHECK(answer.code() == absl::StatusCode::kFailedPrecondition);
  CHECK(rig.control.all().empty());
  // What was written for it goes.
  REQUIRE(rig.actions.writes.size() == 1);
  CHECK(std::holds_alternative<store::EraseUpstream>(rig.actions.writes.front().change));
}

TEST_CASE("a lease of a pool that is gone lasts until nobody is there") {
  Rig rig;
  rig.begin();
  rig.control.put_lease("x", Rig::spec("a:1", "red"), 1, [](const auto&, bool) {});
  rig.actions.finish_write();
  rig.control.set_pools({{.name = "blue"}});
  rig.run_until(5'000);
  CHECK_FALSE(rig.actions.orders.at("a:1").remove);
  rig.actions.empty_pools.insert("red");
  rig.run_until(5'200);
  CHECK(rig.actions.orders.at("a:1").remove);
}

TEST_CASE("a pool that comes back before nobody is there has never been away") {
  Rig rig;
  rig.begin({Rig::spec("a:1", "red")});
  rig.control.set_pools({{.name = "blue"}});
  rig.control.set_file({});
  rig.control.set_pools({{.name = "blue"}, {.name = "red"}});
  rig.control.set_file({Rig::spec("a:1", "red")});
  rig.actions.empty_pools.insert("red");
  rig.run_until(500);
  CHECK_FALSE(rig.actions.orders.at("a:1").remove);
  CHECK(rig.control.all().size() == 1);
}

TEST_CASE("other rules of health hold for the upstreams that are there") {
  Rig rig;
  rig.begin({Rig::spec("a:1")});
  const std::uint32_t index = rig.control.find("a:1").value()->index;
  rig.all_ready(index);
  HealthSettings strict;
  strict.fall = 1;
  rig.actions.probed.clear();
  rig.control.set_pools({{.name = "blue", .health = strict}, {.name = "red"}});
  CHECK(rig.actions.probed.at("a:1"));           // asked anew
  REQUIRE(rig.add("x", Rig::spec("b:1")).ok());  // so that the first is no last resort
  rig.all_ready(rig.control.find("x").value()->index);
  rig.control.probed(index, {ProbeResult::Kind::passing, ""});
  CHECK(rig.control.find("a:1").value()->life.standing().state == State::ready);
  rig.control.probed(index, {ProbeResult::Kind::failed, "once"});
  CHECK(rig.control.find("a:1").value()->life.standing().state == State::unhealthy);
  rig.actions.probed.clear();
  rig.control.set_pools({{.name = "blue", .health = strict}, {.name = "red"}});
  CHECK(rig.actions.probed.empty());
}

TEST_CASE("fewer upstreams may be allowed than there are") {
  Rig rig;
  rig.begin({Rig::spec("a:1"), Rig::spec("b:1")});
  rig.control.set_max_upstreams(1);
  CHECK(rig.add("x", Rig::spec("c:1")).status().code() == absl::StatusCode::kResourceExhausted);
  CHECK(rig.control.all().size() == 2);
  rig.control.set_max_upstreams(3);
  CHECK(rig.add("x", Rig::spec("c:1")).ok());
}

TEST_CASE("failed probes are counted, refusals to serve are not") {
  Rig rig;
  rig.begin({Rig::spec("a:1")});
  using Kind = ProbeResult::Kind;
  for (const Kind kind :
       {Kind::failed, Kind::passing, Kind::not_serving, Kind::unsupported, Kind::failed}) {
    rig.control.probed(0, {.kind = kind, .text = ""});
  }
  CHECK(rig.control.find("a:1").value()->probe_failures == 2);
}

TEST_CASE("news of an index that is free are nobody's") {
  Rig rig;
  rig.begin();
  rig.control.link_ready(3, 0, "x");
  rig.control.link_lost(3, 0, "x");
  rig.control.link_failed(3, 0, "x");
  rig.control.link_ended(3, 0);
  rig.control.gone(3);
  rig.control.probed(3, {});
  CHECK(rig.control.all().empty());
}

}  // namespace
}  // namespace waymark::control
