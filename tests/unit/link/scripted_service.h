// A gRPC server whose methods answer what a test says.
#pragma once

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/support/status.h>

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace waymark::link {

// What a call is answered with: messages, then an end, or none.
struct Script {
  std::deque<std::string> messages;
  std::optional<grpc::Status> end;
  bool endless = false;  // the messages again and again
};

// Answers each method as its script says; UNIMPLEMENTED without one.
class ScriptedService : public grpc::CallbackGenericService {
 public:
  struct Seen {
    std::string method;
    std::string peer;
    std::multimap<std::string, std::string> metadata;
    std::string request;
  };

  ScriptedService();
  ScriptedService(const ScriptedService&) = delete;
  ScriptedService& operator=(const ScriptedService&) = delete;
  ~ScriptedService() override;

  void script(const std::string& method, std::optional<Script> script);
  [[nodiscard]] std::vector<Seen> seen(const std::string& method) const;

 private:
  class Reactor;

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override;

  mutable std::mutex mutex_;
  std::map<std::string, Script> scripts_;  // guarded by mutex_
  std::vector<Seen> seen_;                 // guarded by mutex_
};

}  // namespace waymark::link
