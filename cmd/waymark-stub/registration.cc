#include "registration.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netdb.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <optional>
#include <utility>

namespace waymark::stub {
namespace {

constexpr long kTimeoutMs = 2'000;
constexpr std::chrono::milliseconds kRetry(1'000);

struct Url {
  std::string host;  // without brackets
  std::string port;
};

std::optional<Url> parse(const std::string& text) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url(curl_url(), curl_url_cleanup);
  const auto part = [&](CURLUPart which, unsigned flags) -> std::string {
    char* value = nullptr;
    if (curl_url_get(url.get(), which, &value, flags) != CURLUE_OK) return {};
    std::string copy(value);
    curl_free(value);
    return copy;
  };
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return std::nullopt;
  const std::string scheme = part(CURLUPART_SCHEME, 0);
  if (scheme != "http" && scheme != "https") return std::nullopt;
  std::string host = part(CURLUPART_HOST, 0);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  return Url{host, part(CURLUPART_PORT, CURLU_DEFAULT_PORT)};
}

// Every address the host has, IPv6 in brackets.
std::vector<std::string> addresses_of(const Url& url) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  std::vector<std::string> addresses;
  if (getaddrinfo(url.host.c_str(), url.port.c_str(), &hints, &found) != 0) return addresses;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    char text[NI_MAXHOST];
    if (getnameinfo(each->ai_addr, each->ai_addrlen, text, sizeof(text), nullptr, 0,
                    NI_NUMERICHOST) != 0) {
      continue;
    }
    addresses.push_back(each->ai_family == AF_INET6 ? "[" + std::string(text) + "]" : text);
  }
  freeaddrinfo(found);
  return addresses;
}

std::string token_of(const std::string& file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  return line;
}

// The addresses and names here hold nothing that JSON would have to escape.
std::string body_of(const RegistrationOptions& options) {
  std::string body = "{\"address\":\"" + options.address + "\"";
  if (!options.pool.empty()) body += ",\"pool\":\"" + options.pool + "\"";
  body += ",\"ttl_seconds\":" + std::to_string(options.ttl.count());
  if (options.insecure) body += ",\"insecure\":true";
  return body + "}";
}

std::size_t append(char* data, std::size_t, std::size_t size, void* out) {
  auto* text = static_cast<std::string*>(out);
  constexpr std::size_t kMost = 4096;
  if (text->size() < kMost) text->append(data, size);
  return size;
}

// Then the details say more; those of other faults are never the same twice.
bool is_of_tls(CURLcode code) {
  return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CONNECT_ERROR ||
         code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CACERT_BADFILE;
}

// What went wrong; empty if nothing did.
std::string request(const RegistrationOptions& options, const Url& url, const std::string& address,
                    bool leaving) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                 curl_easy_cleanup);
  const std::string target = options.url + "/v1/registrations/" + options.id;
  const std::string body = body_of(options);
  const std::string resolve = url.host + ":" + url.port + ":" + address;
  const std::string bearer = "Authorization: Bearer " + token_of(options.token_file);
  std::string answer;
  curl_slist* pinned = curl_slist_append(nullptr, resolve.c_str());
  curl_slist* headers = curl_slist_append(nullptr, "Content-Type: application/json");
  if (!options.token_file.empty()) headers = curl_slist_append(headers, bearer.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_URL, target.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_CUSTOMREQUEST, leaving ? "DELETE" : "PUT");
  if (!leaving) curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl.get(), CURLOPT_RESOLVE, pinned);
  curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  const auto set_file = [&curl](CURLoption option, const std::string& file) {
    if (!file.empty()) curl_easy_setopt(curl.get(), option, file.c_str());
  };
  set_file(CURLOPT_CAINFO, options.ca);
  set_file(CURLOPT_SSLCERT, options.certificate);
  set_file(CURLOPT_SSLKEY, options.key);
  std::array<char, CURL_ERROR_SIZE> detail{};
  curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, detail.data());
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, kTimeoutMs);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer);
  const CURLcode code = curl_easy_perform(curl.get());
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  curl_slist_free_all(headers);
  curl_slist_free_all(pinned);
  if (code != CURLE_OK) return is_of_tls(code) ? detail.data() : curl_easy_strerror(code);
  if (status >= 300) return "HTTP " + std::to_string(status) + " " + answer;
  return {};
}

}  // namespace

absl::Status Registration::check(const RegistrationOptions& options) {
  if (!parse(options.url)) {
    return absl::InvalidArgumentError(
        "\"" + options.url + "\", expected http://HOST:PORT or https://HOST:PORT without a path");
  }
  if (!options.token_file.empty() && token_of(options.token_file).empty()) {
    return absl::InvalidArgumentError("no token can be read from " + options.token_file);
  }
  if (options.ttl < std::chrono::seconds(2) || options.ttl > std::chrono::hours(1)) {
    return absl::InvalidArgumentError("a TTL of " + std::to_string(options.ttl.count()) +
                                      " s, allowed: 2 to 3600");
  }
  return absl::OkStatus();
}

Registration::Registration(RegistrationOptions options)
    : options_(std::move(options)), thread_([this] { run(); }) {}

Registration::~Registration() { end(); }

void Registration::end() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
    ending_changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Registration::run() {
  while (true) {
    const std::chrono::milliseconds pause = tell_all(false);
    std::unique_lock lock(mutex_);
    if (ending_changed_.wait_for(lock, pause, [this] { return ending_; })) break;
  }
  (void)tell_all(true);
}

std::chrono::milliseconds Registration::tell_all(bool leaving) {
  const std::optional<Url> url = parse(options_.url);
  const std::vector<std::string> addresses = addresses_of(*url);
  std::string fault = addresses.empty() ? "the name has no address" : "";
  std::string where = url->host;
  for (const std::string& address : addresses) {
    std::string wrong = request(options_, *url, address, leaving);
    if (wrong.empty()) continue;
    fault = std::move(wrong);
    where = address + ":" + url->port;
  }
  if (fault != last_fault_ && !leaving) tell_fault(where, fault);
  last_fault_ = fault;
  return fault.empty() ? std::chrono::milliseconds(options_.ttl) / 3 : kRetry;
}

void Registration::tell_fault(const std::string& where, const std::string& fault) {
  if (fault.empty()) {
    std::fprintf(stderr, "waymark-stub: registered as %s\n", options_.id.c_str());
  } else {
    std::fprintf(stderr, "waymark-stub: not registered at %s: %s\n", where.c_str(), fault.c_str());
  }
}

}  // namespace waymark::stub
