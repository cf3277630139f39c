#include "link/health_probe.h"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "grpc/health/v1/health.pb.h"
#include "link/call.h"
#include "link/channel.h"
#include "link/completion.h"
#include "link/connect_fault.h"
#include "link/ending_calls.h"
#include "link/message.h"
#include "link/protocol.h"

namespace waymark::link {
namespace {

namespace health = ::grpc::health::v1;

constexpr char kWatchMethod[] = "/grpc.health.v1.Health/Watch";
constexpr char kCheckMethod[] = "/grpc.health.v1.Health/Check";
constexpr std::size_t kMaxMessage = 4096;  // an answer has two bytes

std::string unknown_service(const std::string& service) {
  return fmt::format("the server's health service does not know '{}'", service);
}

// False: the bytes are no answer.
bool read_answer(const grpc::ByteBuffer& buffer, const std::string& service, ProbeNews& news) {
  const Message message(buffer);
  std::string bytes;
  for (const std::string_view piece : message.pieces()) bytes.append(piece);
  health::HealthCheckResponse response;
  if (!response.ParseFromString(bytes)) return false;
  switch (response.status()) {
    case health::HealthCheckResponse::SERVING:
      news = {ProbeNews::Kind::passing, "SERVING"};
      return true;
    case health::HealthCheckResponse::NOT_SERVING:
      news = {ProbeNews::Kind::not_serving, "the server says NOT_SERVING"};
      return true;
    case health::HealthCheckResponse::SERVICE_UNKNOWN:
      news = {ProbeNews::Kind::not_serving, unknown_service(service)};
      return true;
    default:
      news = {ProbeNews::Kind::not_serving,
              fmt::format("the server says status {}", static_cast<int>(response.status()))};
      return true;
  }
}

}  // namespace

HealthProbe::HealthProbe(HealthOptions options, CompletionThread& thread, Tell tell)
    : options_(std::move(options)),
      thread_(thread),
      tell_(std::move(tell)),
      fault_(std::make_unique<ConnectFault>(channel_, thread)),
      ending_(std::make_unique<EndingCalls>()) {
  open_channel();
}

void HealthProbe::open_channel() {
  channel_ = make_channel({.address = options_.address,
                           .connect_timeout = options_.connect_timeout,
                           .max_message = kMaxMessage,
                           .tls = options_.tls});
}

HealthProbe::~HealthProbe() {
  if (!stopped()) std::abort();
}

void HealthProbe::start(std::uint64_t now_ms) {
  now_ms_ = now_ms;
  if (running_) return;
  running_ = true;
  ask();
}

void HealthProbe::stop(std::uint64_t now_ms) {
  now_ms_ = now_ms;
  running_ = false;
  give_up(watch_);
  give_up(check_);
  ending_->add(fault_->take());
}

bool HealthProbe::stopped() const { return !running_ && ending_->empty(); }

void HealthProbe::tick(std::uint64_t now_ms) {
  now_ms_ = now_ms;
  if (!running_) return;
  if (watch_.call && watch_unread_ > 0) {
    --watch_unread_;
    watch_.call->consumed();
  }
  if (overdue(check_)) return on_late(check_);
  if (!watch_.answered && overdue(watch_)) return on_late(watch_);
  if (now_ms_ >= ask_at_ms_ && !check_.call && (!watch_.call || watch_.answered)) ask();
}

// Why there is no connection is asked once, for as long as an answer may take.
void HealthProbe::on_late(Question& question) {
  if (!question.reached && !question.fault_asked) {
    question.fault_asked = true;
    question.since_ms = now_ms_;
    return fault_->ask();
  }
  fail_anew(fmt::format("no {} within {} ms", question.reached ? "answer" : "connection",
                        (question.reached ? options_.timeout : options_.connect_timeout).count()));
}

void HealthProbe::fail_anew(std::string why) {
  give_up(check_);
  give_up(watch_);
  ending_->add(fault_->take());
  open_channel();  // the next question on a new connection: this one may be dead without a word
  fail(std::move(why));
}

std::chrono::milliseconds HealthProbe::limit_of(const Question& question) const {
  const bool connecting = !question.reached && !question.fault_asked;
  return connecting ? options_.connect_timeout : options_.timeout;
}

bool HealthProbe::overdue(const Question& question) const {
  if (!question.call) return false;
  return now_ms_ - question.since_ms >= static_cast<std::uint64_t>(limit_of(question).count());
}

void HealthProbe::ask() {
  if (has_watch_ && !watch_.call) return begin(watch_, kWatchMethod);
  begin(check_, kCheckMethod);
}

void HealthProbe::begin(Question& question, const char* method) {
  question.call = std::make_unique<Call>(channel_, method, thread_, options_.metadata);
  question.since_ms = now_ms_;
  question.reached = question.answered = question.fault_asked = false;
  if (&question == &watch_) watch_unread_ = 0;
  question.call->start();
}

void HealthProbe::give_up(Question& question) {
  ending_->add(std::move(question.call));
  question.answered = false;
}

bool HealthProbe::owns(const Completion& completion) const {
  const Call* call = completion.call;
  return call == watch_.call.get() || call == check_.call.get() || call == fault_->call() ||
         ending_->hold(call);
}

void HealthProbe::on_completion(Completion& completion) {
  if (completion.call == fault_->call()) {
    const std::string why = fault_->on_completion(completion);
    if (!why.empty()) fail_anew("no connection: " + why);
    return;
  }
  const bool of_watch = completion.call == watch_.call.get();
  if (!of_watch && completion.call != check_.call.get()) {
    return ending_->on_completion(completion);
  }
  Question& question = of_watch ? watch_ : check_;
  switch (completion.kind) {
    case Completion::Kind::started:
      return on_started(question, completion.ok);
    case Completion::Kind::written:
      if (completion.ok) question.call->writes_done();
      return;
    case Completion::Kind::received:
      return on_answer(question, completion.message);
    case Completion::Kind::finished:
      question.call.reset();
      return of_watch ? on_watch_finished(completion.status) : on_check_finished(completion.status);
  }
}

void HealthProbe::on_started(Question& question, bool ok) {
  if (!ok) return;  // `finished` follows
  question.reached = true;
  question.since_ms = now_ms_;
  health::HealthCheckRequest request;
  request.set_service(options_.service);
  if (question.call->write(to_buffer(request.SerializeAsString()))) question.call->hurry();
}

void HealthProbe::on_answer(Question& question, const grpc::ByteBuffer& message) {
  const bool of_watch = &question == &watch_;
  ProbeNews news;
  if (!read_answer(message, options_.service, news)) {
    give_up(question);
    return fail("the server's health service sent what cannot be read");
  }
  question.answered = true;
  if (!of_watch) {
    checked_ = std::move(news);  // not consumed(): no more of them are read than the call holds
    return;
  }
  ++watch_unread_;
  watched_ = news;
  tell(std::move(news));
}

void HealthProbe::on_watch_finished(const grpc::Status& status) {
  const bool answered = std::exchange(watch_.answered, false);
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
    has_watch_ = false;
    if (!check_.call) begin(check_, kCheckMethod);
    return;
  }
  // A stream that ends after it has answered says nothing; the next question does.
  if (answered) return;
  fail(status.ok() ? "Watch ended without an answer" : "Watch: " + describe(status));
}

void HealthProbe::on_check_finished(const grpc::Status& status) {
  const bool answered = std::exchange(check_.answered, false);
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
      if (answered) return tell(checked_);
      return fail("Check ended without an answer");
    case grpc::StatusCode::NOT_FOUND:
      return tell({ProbeNews::Kind::not_serving, unknown_service(options_.service)});
    case grpc::StatusCode::UNIMPLEMENTED:
      if (watching()) return tell(watched_);
      has_watch_ = true;
      return tell({ProbeNews::Kind::unsupported, "the server has no grpc.health.v1.Health"});
    default:
      return fail("Check: " + describe(status));
  }
}

void HealthProbe::fail(std::string why) {
  has_watch_ = true;
  tell({ProbeNews::Kind::failed, std::move(why)});
}

void HealthProbe::tell(ProbeNews news) {
  ask_at_ms_ = now_ms_ + static_cast<std::uint64_t>(options_.interval.count());
  tell_(news);
}

}  // namespace waymark::link
