#include "admin/admin_server.h"

#include <catch2/catch.hpp>
#include <mutex>
#include <optional>

#include "base/status.h"
#include "fake_admin_api.h"
#include "http_client.h"

namespace waymark::admin {
namespace {

using Catch::Contains;
using Catch::StartsWith;
using Calls = std::vector<std::string>;

const std::string kRead(32, 'r');
const std::string kOperate(32, 'o');
const std::string kAdmin(32, 'a');
const std::string kRegistry(32, 'g');

class AuditTrail {
 public:
  Audit sink() {
    return [this](const AuditRecord& record) {
      std::lock_guard lock(mutex_);
      records_.push_back(record);
    };
  }
  std::vector<AuditRecord> records() {
    std::lock_guard lock(mutex_);
    return records_;
  }

 private:
  std::mutex mutex_;
  std::vector<AuditRecord> records_;
};

// What the tests ask with; each part can be made wrong.
struct Ask {
  std::string line;  // "GET /v1/info"
  std::string body = {};
  std::string token = kAdmin;  // empty: none
  std::string type = "application/json";
  std::optional<std::string> host = std::nullopt;
  std::string more = {};  // headers
};

class Admin {
 public:
  explicit Admin(AdminOptions options = {}) {
    options.host = "127.0.0.1";
    options.allowed_hosts.push_back("admin.example");
    if (!options.auth_off) {
      options.tokens = {*Token::make("reader", Role::kRead, kRead),
                        *Token::make("ops", Role::kOperate, kOperate),
                        *Token::make("chief", Role::kAdmin, kAdmin),
                        *Token::make("registrar", Role::kRegistry, kRegistry)};
    }
    auto started = AdminServer::start(options, api, events, audit.sink());
    REQUIRE(started.ok());
    server = *std::move(started);
  }

  [[nodiscard]] HttpAnswer ask(const Ask& ask) const {
    return HttpClient(server->bound_port()).ask(text_of(ask));
  }
  [[nodiscard]] std::string text_of(const Ask& ask) const {
    std::string text = ask.line + " HTTP/1.1\r\nHost: " +
                       ask.host.value_or("localhost:" + std::to_string(server->bound_port())) +
                       "\r\n" + ask.more;
    if (!ask.token.empty()) text += "Authorization: Bearer " + ask.token + "\r\n";
    if (!ask.body.empty()) {
      if (!ask.type.empty()) text += "Content-Type: " + ask.type + "\r\n";
      text += "Content-Length: " + std::to_string(ask.body.size()) + "\r\n";
    }
    return text + "\r\n" + ask.body;
  }

  FakeAdminApi api;
  EventRing events;
  AuditTrail audit;
  std::unique_ptr<AdminServer> server;
};

struct Row {
  Ask ask;
  int status;
  std::string call;
};

TEST_CASE("each route reaches its call with its arguments") {
  const std::vector<Row> rows = {
      {{"GET /v1/info"}, 200, "info()"},
      {{"GET /v1/overview"}, 200, "overview()"},
      {{"GET /v1/stats"}, 200, "stats()"},
      {{"GET /v1/stats/history"}, 200, "stats_history(, 1s, 0)"},
      {{"GET /v1/stats/history?upstream=u1&resolution=1m&since=17"},
       200,
       "stats_history(u1, 1m, 17)"},
      {{"GET /worker/stats"}, 200, "stats()"},
      {{"GET /v1/listeners"}, 200, "listeners()"},
      {{"GET /v1/pools"}, 200, "pools()"},
      {{"GET /v1/pools/a%20b"}, 200, "pool(a b)"},
      {{"GET /v1/upstreams"}, 200, "upstreams()"},
      {{"GET /v1/upstreams?pool=p"}, 200, "upstreams(p)"},
      {{"POST /v1/upstreams", R"({"address":"a:1","weight":3})"},
       201,
       "add_upstream(address=a:1 weight=3, chief)"},
      {{"GET /v1/upstreams/u1"}, 200, "upstream(u1)"},
      {{"PATCH /v1/upstreams/u1", R"({"weight":5})"}, 200, "change_upstream(u1, weight=5, chief)"},
      {{"DELETE /v1/upstreams/u1"}, 200, "remove_upstream(u1, chief)"},
      {{"GET /v1/connections"}, 200, "connections(state=all, 1000, )"},
      {{"GET /v1/connections?state=active&upstream=u&listener=l&pool=p&limit=5&page_token=t"},
       200,
       "connections(state=active upstream=u listener=l pool=p, 5, t)"},
      {{"GET /v1/connections?order=bytes_up&descending=true&limit=50"},
       200,
       "connections(state=all, bytes_up descending, 50, )"},
      {{"GET /v1/connections?order=opened"}, 200, "connections(state=all, opened, 1000, )"},
      {{"GET /v1/connections?order=peer&peer=10.0.0.0/8"},
       200,
       "connections(state=all peer=10.0.0.0/8, peer, 1000, )"},
      {{"GET /v1/connections/m1"}, 200, "connection(m1)"},
      {{"POST /v1/connections/m1:close"}, 200, "close_connection(m1, , , chief)"},
      {{"POST /v1/connections/m1:close", R"({"reason":"r","goodbye":"Ynll"})"},
       200,
       "close_connection(m1, r, bye, chief)"},
      {{"POST /v1/connections/m1:close", R"({"goodbye_text":"ciao"})"},
       200,
       "close_connection(m1, , ciao, chief)"},
      {{"POST /v1/connections/m1:send", R"({"payload":"Zm9v"})"},
       200,
       "send_to_connection(m1, foo, chief)"},
      {{"POST /v1/connections/m1:send", R"({"text":"bar"})"},
       200,
       "send_to_connection(m1, bar, chief)"},
      {{"POST /v1/connections:close", R"({"filter":{"state":"all"},"dry_run":true})"},
       200,
       "close_connections(filter={state=all} dry_run=true, chief)"},
      {{"POST /v1/connections:rebalance", R"({"filter":{"pool":"p"}})"},
       200,
       "rebalance_connections(filter={pool=p}, chief)"},
      {{"POST /v1/connections:rotate", R"({"filter":{"listener":"l"},"spread_seconds":9})"},
       200,
       "rotate_connections(filter={listener=l} spread_seconds=9, chief)"},
      {{"POST /v1/broadcast", R"({"to":"active","pool":"p","text":"hi"})"},
       200,
       "broadcast(active, p, hi, chief)"},
      {{"POST /v1/broadcast", R"({"to":"active","text":"hi","dry_run":true})"},
       200,
       "broadcast(active, , hi, dry run, chief)"},
      {{"POST /v1/broadcast", R"({"to":"all","group":"lobby","text":"hi"})"},
       200,
       "broadcast(all, , lobby, hi, chief)"},
      {{"GET /v1/connections?group=lobby%2F1"},
       200,
       "connections(state=all group=lobby/1, 1000, )"},
      {{"GET /v1/names"}, 200, "names(, 1000, )"},
      {{"GET /v1/names?pool=p&limit=7&page_token=t"}, 200, "names(p, 7, t)"},
      {{"GET /v1/groups?limit=7"}, 200, "groups(, 7, )"},
      {{"GET /v1/groups/lobby?pool=p"}, 200, "group(lobby, p, 1000, )"},
      {{"GET /v1/deadletters"}, 200, "dead_letters(reason=all, 1000, )"},
      {{"GET /v1/deadletters?pool=p&mark=m&reason=given_up&limit=5&page_token=17"},
       200,
       "dead_letters(pool=p mark=m reason=given_up, 5, 17)"},
      {{"GET /v1/deadletters/17"}, 200, "dead_letter(17)"},
      {{"POST /v1/deadletters/17:replay"}, 200, "replay_dead_letter(17, chief)"},
      {{"DELETE /v1/deadletters/17"}, 200, "drop_dead_letter(17, chief)"},
      {{"POST /v1/deadletters:replay", R"({"filter":{"pool":"p"}})"},
       200,
       "replay_dead_letters(filter={pool=p}, chief)"},
      {{"POST /v1/deadletters:drop", R"({"filter":{"reason":"all"},"dry_run":true})"},
       200,
       "drop_dead_letters(filter={reason=all} dry_run=true, chief)"},
      {{"GET /v1/config"}, 200, "config()"},
      {{"GET /v1/config:diff"}, 200, "config_diff()"},
      {{"PATCH /v1/config", R"({"set":{"log.level":"debug"},"persist":true})"},
       200,
       "change_config(debug, persist, chief)"},
      {{"POST /v1/config:reload"}, 200, "reload_config(chief)"},
      {{"POST /v1/config:reload", "{}"}, 200, "reload_config(chief)"},
      {{"GET /upstream/"}, 200, "upstreams()"},
      {{"POST /upstream/add", R"({"address":"a:1"})"}, 201, "add_upstream(address=a:1, chief)"},
      {{"POST /upstream/add", R"({"host":"10.0.0.5","port":9000,"weight":2})"},
       201,
       "add_upstream(address=10.0.0.5:9000 weight=2, chief)"},
      {{"POST /upstream/add", R"({"host":"::1","port":9000})"},
       201,
       "add_upstream(address=[::1]:9000, chief)"},
      {{"POST /upstream/delete/u1"}, 200, "remove_upstream(u1, chief)"},
  };
  Admin admin;
  for (const Row& row : rows) {
    INFO(row.ask.line << " " << row.ask.body);
    const std::size_t before = admin.api.calls().size();
    const HttpAnswer answer = admin.ask(row.ask);
    CHECK(answer.status == row.status);
    CHECK_THAT(answer.header, Contains("Content-Type: application/json\r\n"));
    CHECK_THAT(answer.body, StartsWith("{"));
    const Calls calls = admin.api.calls();
    REQUIRE(calls.size() == before + 1);
    CHECK(calls.back() == row.call);
  }
}

TEST_CASE("refuses bad input, says where it is wrong, and does nothing") {
  const std::string deep = R"({"filter":)" + std::string(100'000, '[');
  const std::vector<Row> rows = {
      // the body
      {{"POST /v1/upstreams", "{"}, 400, "not JSON"},
      {{"POST /v1/upstreams", R"({"addres":"a:1"})"},
       400,
       R"("field":"addres","problem":"unknown)"},
      {{"POST /v1/upstreams", R"({"address":5})"}, 400, "address: expected a string, found 5"},
      {{"POST /v1/upstreams"}, 400, "address: required"},
      {{"POST /v1/connections:close", deep}, 400, "nested deeper than 32 levels"},
      {{"POST /v1/upstreams", std::string(2 * 1024 * 1024, ' ')}, 413, "PAYLOAD_TOO_LARGE"},
      {{"PATCH /v1/upstreams/u1", "{}"}, 400, "nothing to change"},
      {{"POST /v1/config:reload", R"({"x":1})"}, 400, "takes no body"},
      {{"POST /v1/connections:close", R"({"filter":{}})"}, 400, "filter: may not be empty"},
      {{"POST /v1/connections:rebalance", R"({"dry_run":true})"}, 400, "filter: required"},
      {{"POST /v1/connections:rotate", R"({"filter":{}})"}, 400, "filter: may not be empty"},
      {{"POST /v1/connections:rotate", R"({"filter":{"state":"all"},"spread_seconds":86401})"},
       400,
       "spread_seconds: "},
      {{"POST /v1/deadletters:drop", R"({"filter":{}})"}, 400, "filter: may not be empty"},
      {{"POST /v1/deadletters:drop", "{}"}, 400, "filter: required"},
      {{"POST /v1/deadletters:replay", R"({"filter":{"reason":""}})"}, 400, "filter"},
      {{"POST /v1/deadletters:replay", R"({"filter":{"reason":"bad"}})"},
       400,
       "all, max_attempts, given_up"},
      {{"GET /v1/deadletters?limit=0"}, 400, "a number from 1 to 10000"},
      {{"POST /v1/connections/m:send", "{}"}, 400, "give payload or text"},
      {{"POST /v1/connections/m:send", R"({"payload":"Zg==","text":"f"})"}, 400, "not both"},
      {{"POST /v1/connections/m:send", R"({"payload":"Zg"})"}, 400, "payload: expected base64"},
      {{"POST /v1/connections/m:close", R"({"goodbye":"Zg"})"}, 400, "goodbye: expected base64"},
      {{"POST /v1/broadcast", R"({"to":"all"})"}, 400, "give payload or text"},
      {{"POST /v1/broadcast", R"({"to":"some","text":"x"})"}, 400, "all, active, inactive"},
      {{"POST /upstream/add", R"({"host":"a"})"}, 400, "port: expected a whole number"},
      {{"POST /upstream/add", R"({"host":5,"port":70000})"}, 400, R"("field":"host")"},
      {{"POST /upstream/add", R"({"host":"a","port":1,"address":"a:1"})"}, 400, "give address, or"},
      // the request line
      {{"GET /nowhere"}, 404, "there is no /nowhere"},
      {{"GET /v1/upstreams/"}, 404, "NOT_FOUND"},
      {{"GET /v1/info/"}, 404, "NOT_FOUND"},
      {{"GET /upstream"}, 404, "NOT_FOUND"},
      {{"PUT /v1/registrations/u1", R"({"address":"a:1"})"}, 404, "NOT_FOUND"},
      {{"GET /v1/pools/../info"}, 400, "percent encoding"},
      {{"GET /v1/pools/%2e%2e"}, 400, "percent encoding"},
      {{"GET /v1/pools/a%2fb"}, 400, "percent encoding"},
      {{"DELETE /v1/info"}, 405, "allowed here: GET, HEAD"},
      {{"GET /v1/connections/m:close"}, 405, "allowed here: POST"},
      {{"OPTIONS /v1/upstreams"}, 405, "allowed here: GET, HEAD, POST"},
      {{"GET /v1/connections?order=colour"}, 400, "order: expected one of mark, peer"},
      {{"GET /v1/connections?descending=true"},
       400,
       "descending: is for other orders than by mark"},
      {{"GET /v1/connections?order=opened&limit=1001"}, 400, "limit: is at most 1000"},
      {{"GET /v1/events?last=0"}, 400, "last: expected a number from 1 to 1024"},
      {{"GET /v1/info?verbose=1"}, 400, "verbose: unknown parameter; none is allowed"},
      {{"GET /v1/upstreams?pol=x"}, 400, "pol: unknown parameter; allowed: pool"},
      {{"GET /v1/upstreams?pool=x&pool=y"}, 400, "pool: given twice"},
      {{"GET /v1/connections?limit=0"}, 400, "limit: expected a number from 1 to 10000"},
      {{"GET /v1/connections?limit=10001"}, 400, "limit: expected"},
      {{"GET /v1/connections?limit=5x"}, 400, "limit: expected"},
      {{"GET /v1/connections/m:tap?max_bytes=0"},
       400,
       "max_bytes: expected a number from 1 to 65536"},
      {{"GET /v1/connections/m:tap?max_bytes=65537"}, 400, "max_bytes: expected"},
      {{"GET /v1/connections/m:tap?max_rate=1023"}, 400, "max_rate: expected"},
      {{"POST /v1/connections/m:tap"}, 405, "allowed here: GET, HEAD"},
      {{"GET /v1/connections?state=gone"}, 400, "expected one of all, active, inactive"},
      // who asks, and from where
      {{.line = "GET /v1/info", .token = ""}, 401, "UNAUTHENTICATED"},
      {{.line = "GET /v1/info", .token = std::string(32, 'x')}, 401, "UNAUTHENTICATED"},
      {{.line = "POST /v1/config:reload", .token = kOperate}, 403, "needs the role admin"},
      {{.line = "GET /v1/connections/m:tap", .token = kOperate}, 403, "needs the role admin"},
      {{.line = "DELETE /v1/upstreams/u", .token = kRead}, 403, "needs the role operate"},
      {{.line = "GET /v1/deadletters/1", .token = kOperate}, 403, "needs the role admin"},
      {{.line = "DELETE /v1/deadletters/1", .token = kRead}, 403, "needs the role operate"},
      {{.line = "POST /v1/deadletters/1:replay", .token = kRead}, 403, "needs the role operate"},
      {{.line = "POST /v1/deadletters:drop", .token = kRead}, 403, "needs the role operate"},
      {{.line = "GET /v1/info", .token = kRegistry}, 403, "needs the role read"},
      {{.line = "GET /v1/info", .host = "evil.example"}, 403, R"("field":"Host")"},
      {{.line = "GET /v1/info", .more = "Origin: http://evil.example\r\n"}, 403, "Origin"},
      {{.line = "GET /v1/info", .more = "Origin: null\r\n"}, 403, "Origin"},
      // forms
      {{.line = "POST /v1/upstreams", .body = "a=1", .type = "application/x-www-form-urlencoded"},
       415,
       "UNSUPPORTED_MEDIA_TYPE"},
      {{.line = "POST /v1/upstreams", .body = "{}", .type = "text/plain"}, 415, "Content-Type"},
      {{.line = "POST /v1/upstreams", .body = "{}", .type = ""}, 415, "Content-Type"},
      {{.line = "DELETE /v1/upstreams/u", .body = "{}", .type = "text/plain"}, 415, "Content-Type"},
      {{.line = "POST /v1/config:reload", .more = "Content-Type: multipart/form-data\r\n"},
       415,
       "Content-Type"},
      // a body of two lengths
      {{.line = "POST /v1/upstreams",
        .body = "0\r\n\r\n",
        .more = "Transfer-Encoding: chunked\r\n"},
       400,
       "more than one of Content-Length and Transfer-Encoding"},
  };
  Admin admin;
  for (const Row& row : rows) {
    INFO(row.ask.line << " " << row.ask.body.substr(0, 100));
    const HttpAnswer answer = admin.ask(row.ask);
    CHECK(answer.status == row.status);
    CHECK_THAT(answer.body, StartsWith(R"({"code":")"));
    CHECK_THAT(answer.body, Contains(row.call));
  }
  CHECK(admin.api.calls().empty());
}

TEST_CASE("tells the methods of a path, and how to say who one is") {
  Admin admin;
  CHECK_THAT(admin.ask({"DELETE /v1/upstreams"}).header, Contains("Allow: GET, HEAD, POST\r\n"));
  CHECK_THAT(admin.ask({.line = "GET /v1/info", .token = ""}).header,
             Contains("WWW-Authenticate: Bearer realm=\"waymark\"\r\n"));
}

TEST_CASE("takes configured names and their pages, and JSON with a charset") {
  Admin admin;
  CHECK(admin.ask({.line = "GET /v1/info", .host = "admin.example"}).status == 200);
  CHECK(admin.ask({.line = "GET /v1/info", .more = "Origin: https://admin.example\r\n"}).status ==
        200);
  CHECK(admin
            .ask({.line = "POST /v1/upstreams",
                  .body = R"({"address":"a:1"})",
                  .type = "Application/JSON; charset=utf-8"})
            .status == 201);
}

TEST_CASE("gives each error of a call its status and code") {
  struct ErrorRow {
    absl::StatusCode code;
    int status;
    std::string word;
  };
  const std::vector<ErrorRow> rows = {
      {absl::StatusCode::kInvalidArgument, 400, "INVALID_ARGUMENT"},
      {absl::StatusCode::kNotFound, 404, "NOT_FOUND"},
      {absl::StatusCode::kAlreadyExists, 409, "ALREADY_EXISTS"},
      {absl::StatusCode::kFailedPrecondition, 409, "FAILED_PRECONDITION"},
      {absl::StatusCode::kResourceExhausted, 507, "RESOURCE_EXHAUSTED"},
      {absl::StatusCode::kUnavailable, 503, "UNAVAILABLE"},
      {absl::StatusCode::kInternal, 500, "INTERNAL"}};
  Admin admin;
  for (const ErrorRow& row : rows) {
    admin.api.fail_with(error(row.code, "no \"{}\" here", "u1"));
    const HttpAnswer answer = admin.ask({"GET /v1/upstreams/u1"});
    CHECK(answer.status == row.status);
    CHECK(answer.body ==
          R"({"code":")" + row.word + R"(","message":"no \"u1\" here","details":[]})" + "\n");
  }
}

TEST_CASE("writes an audit record for each change, and none for reading") {
  Admin admin;
  (void)admin.ask({"GET /v1/info"});
  (void)admin.ask({.line = "PATCH /v1/upstreams/u1", .body = R"({"weight":5})", .token = kOperate});
  (void)admin.ask({"POST /v1/connections/m:send", R"({"text":"secret"})"});
  (void)admin.ask({"POST /v1/upstreams", R"({"address":"a:1","metadata":{"key":"secret"}})"});
  admin.api.fail_with(error(absl::StatusCode::kNotFound, "no upstream u1"));
  (void)admin.ask({"DELETE /v1/upstreams/u1"});

  const auto records = admin.audit.records();
  REQUIRE(records.size() == 4);
  CHECK(records[0].actor == "ops");
  CHECK_THAT(records[0].peer, StartsWith("127.0.0.1:"));
  CHECK(records[0].method == "PATCH");
  CHECK(records[0].path == "/v1/upstreams/u1");
  CHECK(records[0].status == 200);
  CHECK(records[0].summary == "weight=5");
  CHECK(records[1].summary == "text=(6 bytes)");
  CHECK(records[2].summary == "address=a:1 metadata=key");
  CHECK(records[3].status == 404);
  CHECK(records[3].summary == "no upstream u1");
}

TEST_CASE("taps a connection, with an audit record for the beginning and the end") {
  Admin admin;
  for (const std::string query : {"", "?max_bytes=9&max_rate=4096"}) {
    HttpClient client(admin.server->bound_port());
    client.send(admin.text_of({"GET /v1/connections/m1:tap" + query}));
    const std::string text = client.receive_until("\r\n0\r\n\r\n");
    CHECK_THAT(text, Contains("Content-Type: text/event-stream\r\n"));
    CHECK_THAT(text, Contains("event: frame\ndata: {}\n\n"));
  }
  CHECK(admin.api.calls() == Calls{"tap_connection(m1, 4096, 0)", "tap_connection(m1, 9, 4096)"});
  admin.api.fail_with(error(absl::StatusCode::kNotFound, "no such"));
  CHECK(admin.ask({"GET /v1/connections/m1:tap"}).status == 404);
  admin.server.reset();

  const auto records = admin.audit.records();
  REQUIRE(records.size() == 5);
  CHECK(records[0].actor == "chief");
  CHECK(records[0].method == "GET");
  CHECK(records[0].path == "/v1/connections/m1:tap");
  CHECK(records[0].status == 200);
  CHECK(records[0].summary == "begins");
  CHECK(records[1].actor == "chief");
  CHECK(records[1].path == "/v1/connections/m1:tap");
  CHECK(records[1].summary == "ends: 1 frame");
  CHECK(records[2].path == "/v1/connections/m1:tap?max_bytes=9&max_rate=4096");
  CHECK(records[4].status == 404);
  CHECK(records[4].summary == "no such");
}

TEST_CASE("a dead letter that is shown leaves an audit record, a list does not") {
  Admin admin;
  CHECK(admin.ask({.line = "GET /v1/deadletters", .token = kRead}).status == 200);
  CHECK(admin.ask({"GET /v1/deadletters/17"}).status == 200);
  CHECK(admin.ask({.line = "DELETE /v1/deadletters/17", .token = kOperate}).status == 200);
  const auto records = admin.audit.records();
  REQUIRE(records.size() == 2);
  CHECK(records[0].actor == "chief");
  CHECK(records[0].path == "/v1/deadletters/17");
  CHECK(records[1].actor == "ops");
  CHECK(records[1].method == "DELETE");
}

TEST_CASE("asks nobody for a token where that is switched off") {
  Admin admin({.auth_off = true});
  CHECK(admin.ask({.line = "DELETE /v1/upstreams/u1", .token = ""}).status == 200);
  CHECK(admin.api.calls() == Calls{"remove_upstream(u1, anonymous)"});
  CHECK(admin.ask({.line = "GET /v1/info", .token = "", .host = "evil.example"}).status == 403);
}

TEST_CASE("does not start without a token") {
  FakeAdminApi api;
  EventRing events;
  CHECK_FALSE(AdminServer::start({.host = "127.0.0.1"}, api, events, nullptr).ok());
  CHECK_FALSE(RegistryServer::start({.host = "127.0.0.1"}, api, nullptr).ok());
}

TEST_CASE("streams events from the last one a client knows") {
  Admin admin({.http = {.name = "admin", .heartbeat = std::chrono::milliseconds(20)}});
  admin.events.push("a", "1");
  admin.events.push("b", "2");
  HttpClient client(admin.server->bound_port());
  client.send(admin.text_of({.line = "GET /v1/events", .more = "Last-Event-ID: 1\r\n"}));
  CHECK_THAT(client.receive_until("data: 2\n\n"), !Contains("data: 1\n\n"));
  client.receive_until(":\n\n");
  admin.events.push("c", "3");
  client.receive_until("id: 3\nevent: c\ndata: 3\n\n");
  CHECK(admin.ask({.line = "GET /v1/events", .more = "Last-Event-ID: x\r\n"}).status == 400);
  CHECK(admin.ask({.line = "GET /v1/events", .token = ""}).status == 401);
}

TEST_CASE("two hundred clients that do not read cost the others nothing") {
  Admin admin({.http = {.name = "admin",
                        .max_connections = 512,
                        .max_streams = 200,
                        .heartbeat = std::chrono::milliseconds(50)}});
  std::vector<HttpClient> slow;
  for (int i = 0; i < 200; ++i) {
    slow.emplace_back(admin.server->bound_port());
    const int small = 4096;
    ::setsockopt(slow.back().fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    slow.back().send(admin.text_of({"GET /v1/events"}));
    slow.back().receive_until("\r\n\r\n");
  }
  const std::string kilobyte(1024, 'x');
  for (int i = 0; i < 500; ++i) admin.events.push("e", kilobyte);
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 50; ++i) CHECK(admin.ask({"GET /v1/info"}).status == 200);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
  CHECK(admin.ask({"GET /v1/events"}).status == 503);
  admin.server.reset();
}

TEST_CASE("serves its own description to everybody") {
  Admin admin;
  const HttpAnswer answer = admin.ask({.line = "GET /openapi.json", .token = ""});
  CHECK(answer.status == 200);
  CHECK_THAT(answer.body, StartsWith(R"({"openapi":"3.0.3")"));
}

TEST_CASE("many clients ask at once") {
  Admin admin;
  std::vector<HttpClient> clients;
  for (int i = 0; i < 40; ++i) clients.emplace_back(admin.server->bound_port());
  for (int round = 0; round < 10; ++round) {
    for (HttpClient& client : clients) client.send(admin.text_of({"GET /v1/info"}));
    for (HttpClient& client : clients) CHECK(client.receive_answer().status == 200);
  }
}

class Registry {
 public:
  Registry() {
    auto started = RegistryServer::start(
        {.host = "127.0.0.1", .tokens = {*Token::make("registrar", Role::kRegistry, kRegistry)}},
        api, audit.sink());
    REQUIRE(started.ok());
    server = *std::move(started);
  }
  [[nodiscard]] HttpAnswer ask(const std::string& line, const std::string& body,
                               const std::string& more = "") const {
    return HttpClient(server->bound_port())
        .ask(line + " HTTP/1.1\r\nHost: registry.example\r\nAuthorization: Bearer " + kRegistry +
             "\r\n" + more + "Content-Type: application/json\r\nContent-Length: " +
             std::to_string(body.size()) + "\r\n\r\n" + body);
  }

  FakeAdminApi api;
  AuditTrail audit;
  std::unique_ptr<RegistryServer> server;
};

TEST_CASE("the registry takes registrations under any name, and nothing else") {
  Registry registry;
  const std::string body = R"({"address":"a:1","ttl_seconds":5})";
  CHECK(registry.ask("PUT /v1/registrations/u1", body).status == 201);
  CHECK(registry.ask("PUT /v1/registrations/u1", body).status == 200);
  CHECK(registry.ask("DELETE /v1/registrations/u1", "").status == 200);
  CHECK(registry.api.calls() == Calls{"put_registration(u1, address=a:1 ttl_seconds=5, registrar)",
                                      "put_registration(u1, address=a:1 ttl_seconds=5, registrar)",
                                      "delete_registration(u1, registrar)"});
  CHECK(registry.audit.records().size() == 3);

  CHECK(registry.ask("GET /v1/registrations/u1", "").status == 405);
  CHECK(registry.ask("GET /v1/info", "").status == 404);
  CHECK(registry.ask("PUT /v1/registrations/u1", R"({"address":"a:1","ttl_seconds":1})").status ==
        400);
  CHECK(registry.ask("PUT /v1/registrations/u1", body, "Origin: http://registry.example\r\n")
            .status == 403);
  CHECK(HttpClient(registry.server->bound_port())
            .ask("DELETE /v1/registrations/u1 HTTP/1.1\r\nHost: a\r\n\r\n")
            .status == 401);
  CHECK(registry.api.calls().size() == 3);
}

TEST_CASE("answers are counted by call, and what is no call under one name") {
  RequestCounts counts;
  Admin admin({.counts = &counts});
  (void)admin.ask({"GET /v1/upstreams/u1"});
  (void)admin.ask({"GET /v1/upstreams/u2?x=1"});
  (void)admin.ask({"PATCH /v1/upstreams/u1", R"({"weight":5})", ""});
  (void)admin.ask({"GET /v1/secret-of-a-stranger"});
  (void)admin.ask({"BREW /v1/upstreams/u1"});
  const std::string one = "/v1/upstreams/{id}";
  CHECK(counts.all().answered == std::map<RequestKind, std::uint64_t>{
                                     {{"admin", "GET", one, 200}, 1},
                                     {{"admin", "GET", one, 400}, 1},
                                     {{"admin", "PATCH", one, 401}, 1},
                                     {{"admin", "other", "other", 404}, 1},
                                     {{"admin", "other", "other", 405}, 1},
                                 });
}

}  // namespace
}  // namespace waymark::admin
