// The dashboard: a page and its files, without a token, since they hold no data. What the page
// shows it asks of the other routes.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "admin/admin_routes.h"
#include "admin/web_assets.h"

namespace waymark::admin {
namespace {

// Nothing from elsewhere, nothing inline, no frames, no forms; only the lab may be asked besides.
std::string policy_with(const std::string& lab) {
  return fmt::format(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'{}; "
      "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      lab.empty() ? "" : " http://" + lab);
}

constexpr std::string_view kNoDashboard =
    "This waymark was built without its dashboard. Build it where npm is installed, or use a\n"
    "package that has it (docs/dashboard.md). waymarkctl and the admin API work without it.\n";

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// Calls `visit` with each piece of a header's list until it answers true; whether one did.
template <typename Visit>
bool any_of(const std::string* list, Visit&& visit) {
  if (list == nullptr) return false;
  std::string_view rest = *list;
  while (true) {
    const std::size_t comma = rest.find(',');
    if (visit(trimmed(rest.substr(0, comma)))) return true;
    if (comma == std::string_view::npos) return false;
    rest.remove_prefix(comma + 1);
  }
}

bool takes_gzip(const Request& request) {
  return any_of(request.header("accept-encoding"), [](std::string_view coding) {
    const std::size_t semicolon = coding.find(';');
    if (trimmed(coding.substr(0, semicolon)) != "gzip") return false;
    if (semicolon == std::string_view::npos) return true;
    const std::string_view weight = trimmed(coding.substr(semicolon + 1));
    return weight.find_first_of("123456789") != std::string_view::npos;  // not "q=0", "q=0.0"
  });
}

bool has_it(const Request& request, const WebAsset& asset) {
  return any_of(request.header("if-none-match"), [&](std::string_view tag) {
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    return tag == asset.etag || tag == "*";
  });
}

Response serve(const Request& request, const WebAsset& asset, const std::string& policy) {
  Response response;
  response.content_type = std::string(asset.content_type);
  response.headers = {
      {"Content-Security-Policy", policy},
      {"ETag", std::string(asset.etag)},
      {"Cache-Control", asset.path == "/" ? "no-cache" : "public, max-age=31536000, immutable"},
      {"Vary", "Accept-Encoding"}};
  if (has_it(request, asset)) {
    response.status = 304;
  } else if (takes_gzip(request)) {
    response.headers.push_back({"Content-Encoding", "gzip"});
    response.body = std::string(asset.gzip);
  } else {
    response.body = std::string(asset.plain);
  }
  return response;
}

Response find_and_serve(const Call& call, std::string_view path, const std::string& policy) {
  const auto assets = web_assets();
  const auto at = std::find_if(assets.begin(), assets.end(),
                               [path](const WebAsset& asset) { return asset.path == path; });
  if (at == assets.end()) return error_response(404, fmt::format("there is no {}", path));
  return serve(call.request, *at, policy);
}

Response page(const Call& call, const std::string& policy) {
  if (!web_assets().empty()) return find_and_serve(call, "/", policy);
  Response response;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::string(kNoDashboard);
  return response;
}

}  // namespace

void add_web_routes(RouteTable& table, const std::string& lab) {
  const std::string policy = policy_with(lab);
  table.add({.method = "GET",
             .path = "/",
             .role = Role::kNone,
             .doc = "The dashboard.",
             .content_type = "text/html",
             .handler = [policy](const Call& call) { return page(call, policy); }});
  table.add({.method = "GET",
             .path = "/assets/{name}",
             .role = Role::kNone,
             .doc = "A file of the dashboard.",
             .content_type = "application/octet-stream",
             .handler = [policy](const Call& call) {
               return find_and_serve(call, "/assets/" + call.path.at("name"), policy);
             }});
}

}  // namespace waymark::admin
