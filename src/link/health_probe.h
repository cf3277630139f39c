// Asks an upstream's server again and again whether it serves, by grpc.health.v1.
//
//   asks with          server has          then
//   Watch              Watch               each change is news at once; Check confirms each
//   interval Watch, then Check  Check alone         Check each interval Watch, then Check  neither
//   unsupported, and Watch again at the next question
//
// After a failure the next question is a Watch, whatever served before: another server may have
// come. It has a channel of its own. All of it runs on the thread of its owner. Time is given by
// tick().
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "link/metadata.h"
#include "link/upstream_tls.h"

namespace grpc {
class ByteBuffer;
class Channel;
class Status;
}  // namespace grpc

namespace waymark::link {

class Call;
class CompletionThread;
class ConnectFault;
class EndingCalls;
struct Completion;

struct HealthOptions {
  std::string address;
  std::string service;  // empty asks for the server as a whole
  std::chrono::milliseconds interval{5'000};
  std::chrono::milliseconds timeout{1'000};  // for an answer, once connected
  std::chrono::milliseconds connect_timeout{1'000};
  Metadata metadata{};
  UpstreamTlsPtr tls{};
};

struct ProbeNews {
  enum class Kind : std::uint8_t {
    passing,
    not_serving,  // the server says so, or does not know the service
    failed,       // no answer, or none that can be read
    unsupported,  // a server answers, but has no health service
  };
  Kind kind = Kind::failed;
  std::string text;  // for people
};

class HealthProbe {
 public:
  // Called last in whatever leads to it; may call anything of the probe but its destructor.
  using Tell = std::function<void(const ProbeNews&)>;

  HealthProbe(HealthOptions options, CompletionThread& thread, Tell tell);
  HealthProbe(const HealthProbe&) = delete;
  HealthProbe& operator=(const HealthProbe&) = delete;
  // Only when stopped.
  ~HealthProbe();

  // Asks at once. Every question leads to news, after `connect_timeout` and twice `timeout` at the
  // latest.
  void start(std::uint64_t now_ms);
  // No news follows. stopped() does, once gRPC has finished with the calls.
  void stop(std::uint64_t now_ms);
  [[nodiscard]] bool stopped() const;

  // When to ask next, instead of one interval after the latest news. Counts until the next news.
  void ask_at(std::uint64_t at_ms) { ask_at_ms_ = at_ms; }

  // About ten times a second: deadlines and questions. A server that floods its Watch is read one
  // message a tick.
  void tick(std::uint64_t now_ms);

  // From the owner's completions.
  void on_completion(Completion& completion);
  [[nodiscard]] bool owns(const Completion& completion) const;

 private:
  // One call.
  struct Question {
    std::unique_ptr<Call> call;
    std::uint64_t since_ms = 0;  // when it began, then when it reached the server
    bool reached = false;
    bool answered = false;
    bool fault_asked = false;  // it did not reach the server: the channel was asked why
  };

  void open_channel();
  void on_late(Question& question);
  void ask();
  void begin(Question& question, const char* method);
  void on_started(Question& question, bool ok);
  void on_answer(Question& question, const grpc::ByteBuffer& message);
  void on_watch_finished(const grpc::Status& status);
  void on_check_finished(const grpc::Status& status);
  [[nodiscard]] bool watching() const { return watch_.call != nullptr && watch_.answered; }
  [[nodiscard]] std::chrono::milliseconds limit_of(const Question& question) const;
  [[nodiscard]] bool overdue(const Question& question) const;
  void give_up(Question& question);
  // Gives up everything, and goes on with a new connection.
  void fail_anew(std::string why);
  void fail(std::string why);
  void tell(ProbeNews news);

  const HealthOptions options_;
  CompletionThread& thread_;
  const Tell tell_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<ConnectFault> fault_;
  std::unique_ptr<EndingCalls> ending_;

  Question watch_;
  Question check_;
  ProbeNews watched_;      // the latest answer of Watch
  ProbeNews checked_;      // the answer of Check, told when the call has ended well
  int watch_unread_ = 0;   // answers of Watch whose places are not given back
  bool has_watch_ = true;  // as far as is known
  bool running_ = false;
  std::uint64_t now_ms_ = 0;
  std::uint64_t ask_at_ms_ = 0;
};

}  // namespace waymark::link
