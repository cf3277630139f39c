#include "ctl/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <optional>
#include <system_error>
#include <utility>

#include "base/status.h"

namespace waymark::ctl {
namespace {

using absl::StatusCode;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// What to do where TLS failed; empty: it was something else.
std::string tls_hint(CURLcode code, std::string_view what, bool https, const ClientTls& tls) {
  constexpr const char* kPerhapsTls = "A server that talks TLS is https:// in the URL.";
  const auto says = [what](std::string_view word) { return what.find(word) != what.npos; };
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
      // A name that does not fit is no matter of CAs.
      if (says("subject name") || says("alternative")) {
        return "The URL has to say a name or address that the server's certificate is made out to.";
      }
      return fmt::format(
          "--cacert FILE or WAYMARK_CACERT names the CA that has signed the "
          "server's certificate; {}.",
          tls.ca.empty() ? "without it the system's CAs count" : "this was " + tls.ca);
    case CURLE_UNSUPPORTED_PROTOCOL:  // an answer that is no HTTP
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_GOT_NOTHING:
      return https ? "" : kPerhapsTls;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      if (!https) return kPerhapsTls;
      // A plain HTTP server answers in plain text, or ends the connection.
      if (says("wrong version number") || says("SSL_ERROR_SYSCALL")) {
        return "A server without TLS is http:// in the URL.";
      }
      if (says("alert certificate required")) {
        return "The server wants a certificate: --cert FILE and --key FILE, or WAYMARK_CERT and "
               "WAYMARK_KEY.";
      }
      // In TLS 1.3 a request may be under way before the server has said no, and why. Where it has
      // before curl asks for the peer's address, that is all that curl tells.
      if (says("Broken pipe") || says("reset by peer") || says("getpeername()")) {
        return tls.certificate.empty()
                   ? "The server has ended the connection, as it does where it wants a "
                     "certificate: "
                     "--cert FILE and --key FILE, or WAYMARK_CERT and WAYMARK_KEY."
                   : fmt::format("The server has ended the connection; perhaps it refuses {}.",
                                 tls.certificate);
      }
      if (says("alert unknown ca") || says("certificate")) {
        return fmt::format("The server refuses the certificate of this side, {}.",
                           tls.certificate.empty() ? "which shows none" : tls.certificate);
      }
      return "";
    default:
      return "";
  }
}

absl::Status status_of(CURLcode code, std::string_view detail, bool https, const ClientTls& tls) {
  const std::string_view what = detail.empty() ? curl_easy_strerror(code) : detail;
  if (const std::string hint = tls_hint(code, what, https, tls); !hint.empty()) {
    // Without TLS it is a guess.
    return error(https ? StatusCode::kFailedPrecondition : StatusCode::kUnavailable, "{}\n  {}",
                 what, hint);
  }
  switch (code) {
    case CURLE_URL_MALFORMAT:
      return error(StatusCode::kInvalidArgument, "{}", what);
    case CURLE_SSL_CACERT_BADFILE:
      return error(StatusCode::kInvalidArgument, "--cacert {}: {}", tls.ca, what);
    case CURLE_SSL_CERTPROBLEM:
      return error(StatusCode::kInvalidArgument, "--cert {} --key {}: {}", tls.certificate, tls.key,
                   what);
    case CURLE_OPERATION_TIMEDOUT:
      return error(StatusCode::kDeadlineExceeded, "{}", what);
    default:
      return error(StatusCode::kUnavailable, "{}", what);
  }
}

struct HeaderList {
  HeaderList() = default;
  HeaderList(const HeaderList&) = delete;
  HeaderList& operator=(const HeaderList&) = delete;
  ~HeaderList() { curl_slist_free_all(list); }
  void add(const std::string& header) { list = curl_slist_append(list, header.c_str()); }

  curl_slist* list = nullptr;
};

}  // namespace

// One request under way; made, run and destroyed within a call of the client.
class HttpClient::Transfer {
 public:
  Transfer(CURL* easy, CURLM* multi, const HttpRequest& request, const ClientTls& tls)
      : easy_(easy), multi_(multi), tls_(tls), https_(request.url.starts_with("https:")) {
    curl_easy_reset(easy_);
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_PROXY, "");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    if (!tls.ca.empty()) set(CURLOPT_CAINFO, tls.ca.c_str());
    if (!tls.certificate.empty()) set(CURLOPT_SSLCERT, tls.certificate.c_str());
    if (!tls.key.empty()) set(CURLOPT_SSLKEY, tls.key.c_str());
    set(CURLOPT_ERRORBUFFER, error_text_.data());
    set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    set(CURLOPT_WRITEDATA, this);
    for (const std::string& header : request.headers) headers_.add(header);
    headers_.add("Expect:");  // curl would wait a second for a 100 it does not need
    set(CURLOPT_HTTPHEADER, headers_.list);
    if (request.method != "GET") {
      set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
      set(CURLOPT_POSTFIELDS, request.body.c_str());
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    }
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer() { curl_multi_remove_handle(multi_, easy_); }

  template <typename Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(easy_, option, value);
  }

  void give_bytes_to(const std::function<bool(std::string_view)>& taker) { taker_ = &taker; }

  void start() {
    started_ = last_byte_ = Clock::now();
    curl_multi_add_handle(multi_, easy_);
  }

  // Moves on what can move. True once the transfer has ended; code() says how.
  bool advance() {
    int running = 0;
    curl_multi_perform(multi_, &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg == CURLMSG_DONE) code_ = message->data.result;
    }
    return running == 0;
  }

  // Waits for the socket or `wake_fd`, at most `at_most`. True if it was `wake_fd`.
  bool wait(int wake_fd, milliseconds at_most) {
    curl_waitfd extra{wake_fd, CURL_WAIT_POLLIN, 0};
    const bool has_extra = wake_fd >= 0;
    curl_multi_poll(multi_, has_extra ? &extra : nullptr, has_extra ? 1 : 0,
                    static_cast<int>(at_most.count()), nullptr);
    return has_extra && extra.revents != 0;
  }

  int http_status() const {
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    return static_cast<int>(status);
  }
  CURLcode code() const { return code_; }
  bool taker_left() const { return taker_left_; }
  Clock::time_point started() const { return started_; }
  Clock::time_point last_byte() const { return last_byte_; }
  std::string take_body() { return std::move(body_); }
  absl::Status fault() const {
    long reason = 0;  // of the system, where curl only says that it failed
    curl_easy_getinfo(easy_, CURLINFO_OS_ERRNO, &reason);
    if (code_ == CURLE_COULDNT_CONNECT && reason != 0) {
      return error(StatusCode::kUnavailable, "{}",
                   std::generic_category().message(static_cast<int>(reason)));
    }
    if (too_large_) {
      return error(StatusCode::kResourceExhausted, "the answer exceeds {} bytes", kMaxAnswer);
    }
    return status_of(code_, error_text_.data(), https_, tls_);
  }

 private:
  static std::size_t on_body(const char* bytes, std::size_t, std::size_t size, void* self) {
    return static_cast<Transfer*>(self)->take({bytes, size}) ? size : 0;
  }

  bool take(std::string_view bytes) {
    last_byte_ = Clock::now();
    if (taker_ != nullptr && http_status() == 200) {
      taker_left_ = !(*taker_)(bytes);
      return !taker_left_;
    }
    too_large_ = body_.size() + bytes.size() > kMaxAnswer;
    if (!too_large_) body_.append(bytes);
    return !too_large_;
  }

  CURL* const easy_;
  CURLM* const multi_;
  const ClientTls& tls_;
  const bool https_;
  HeaderList headers_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  const std::function<bool(std::string_view)>* taker_ = nullptr;
  std::string body_;
  CURLcode code_ = CURLE_OK;
  bool taker_left_ = false;
  bool too_large_ = false;
  Clock::time_point started_;
  Clock::time_point last_byte_;
};

HttpClient::HttpClient(milliseconds timeout, ClientTls tls)
    : timeout_(timeout), tls_(std::move(tls)), easy_(curl_easy_init()), multi_(curl_multi_init()) {}

HttpClient::~HttpClient() {
  curl_easy_cleanup(easy_);
  curl_multi_cleanup(multi_);
}

absl::StatusOr<HttpAnswer> HttpClient::send(const HttpRequest& request) {
  Transfer transfer(easy_, multi_, request, tls_);
  transfer.set(CURLOPT_TIMEOUT_MS, static_cast<long>(timeout_.count()));
  transfer.start();
  while (!transfer.advance()) transfer.wait(-1, milliseconds(1000));
  if (transfer.code() != CURLE_OK) return transfer.fault();
  return HttpAnswer{transfer.http_status(), transfer.take_body()};
}

absl::StatusOr<HttpClient::StreamEnd> HttpClient::stream(
    const HttpRequest& request, const StreamLimits& limits,
    const std::function<bool(std::string_view)>& on_bytes) {
  Transfer transfer(easy_, multi_, request, tls_);
  transfer.set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(timeout_.count()));
  transfer.give_bytes_to(on_bytes);
  transfer.start();
  std::optional<Clock::time_point> head_at;
  while (!transfer.advance()) {
    const auto now = Clock::now();
    const bool has_head = transfer.http_status() != 0;
    if (has_head && !head_at) head_at = now;
    if (!has_head && now - transfer.started() >= timeout_) {
      return error(StatusCode::kDeadlineExceeded, "no answer within {} ms", timeout_.count());
    }
    if (limits.total.count() > 0 && now - transfer.started() >= limits.total) {
      return StreamEnd{End::total, {}};
    }
    if (limits.silence.count() > 0 && head_at &&
        now - std::max(*head_at, transfer.last_byte()) >= limits.silence) {
      return StreamEnd{End::silence, {}};
    }
    // A short wait where a limit may strike; nothing else needs the wake-ups.
    const bool has_limit = !has_head || limits.total.count() > 0 || limits.silence.count() > 0;
    if (transfer.wait(limits.wake_fd, milliseconds(has_limit ? 50 : 1000))) {
      return StreamEnd{End::interrupted, {}};
    }
  }
  if (transfer.taker_left()) return StreamEnd{End::taker, {}};
  if (transfer.code() != CURLE_OK) return transfer.fault();
  if (transfer.http_status() != 200) {
    return StreamEnd{End::refused, {transfer.http_status(), transfer.take_body()}};
  }
  return StreamEnd{End::server, {}};
}

}  // namespace waymark::ctl
