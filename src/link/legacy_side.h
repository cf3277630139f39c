// The ancestor's two calls beside its stream: `ready` before it, `live` while it lasts.
//
//   ask_ready() -> ready | not_ready          the stream may be opened, or not
//   ask_live()  -> alive* , dead | no_live    one `alive` for each ask_again()
#pragma once

#include <memory>
#include <string>

#include "link/call.h"

namespace waymark::link {

class LegacySide {
 public:
  // All of them outlive it.
  LegacySide(const std::shared_ptr<grpc::Channel>& channel, CompletionThread& thread,
             const Metadata& metadata)
      : channel_(channel), thread_(thread), metadata_(metadata) {}

  void ask_ready();
  void ask_live();
  // Asks `live` once more; false if the last question is not written yet, or there is no `live`.
  [[nodiscard]] bool ask_again();

  // `ready` has not reached the upstream: the channel is still connecting.
  [[nodiscard]] bool connecting() const { return question_ == Question::ready && !reached_; }
  [[nodiscard]] const Call* call() const { return call_.get(); }
  // Gives up the call, for the owner to cancel and keep until it has finished.
  [[nodiscard]] std::unique_ptr<Call> take();

  struct News {
    enum class Kind : std::uint8_t {
      nothing,
      ready,      // the upstream takes a stream
      not_ready,  // `why`
      alive,      // a sign of life
      dead,       // `why`
      no_live,    // it has no `live`, and is judged by its stream alone
    };
    Kind kind = Kind::nothing;
    std::string why;
  };
  // Of call().
  [[nodiscard]] News on_completion(Completion& completion);

 private:
  enum class Question : std::uint8_t { none, ready, live };

  void begin(Question question, const char* method);
  [[nodiscard]] bool write_question();
  [[nodiscard]] News on_answer(Completion& completion);
  [[nodiscard]] News on_finished(const grpc::Status& status);

  const std::shared_ptr<grpc::Channel>& channel_;
  CompletionThread& thread_;
  const Metadata& metadata_;
  std::unique_ptr<Call> call_;
  Question question_ = Question::none;
  bool reached_ = false;   // a question was written
  bool busy_ = false;      // a write is under way, or the call has not started
  bool said_yes_ = false;  // `ready` answered true
};

}  // namespace waymark::link
