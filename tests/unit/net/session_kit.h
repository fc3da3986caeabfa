// Drives a Session in memory, in both roles and however the bytes are cut.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "net/frames.h"
#include "net/handshake.h"
#include "net/roles.h"
#include "net/session.h"

namespace ekws::net {

enum class Cut { whole, bytes, random };

inline const char* name(Cut cut) { return cut == Cut::whole ? "whole" : cut == Cut::bytes ? "bytes" : "random"; }

class Recorder : public SessionHandler {
 public:
  Response on_request(const Request& request) override {
    requests.push_back(request);
    return answer;
  }
  void on_open() override { ++opened; }
  void on_message(bool text, std::string_view payload, ekws::Bytes*) override {
    messages.push_back({text, std::string(payload)});
  }

  Response answer;
  std::vector<Request> requests;
  int opened = 0;
  std::vector<Message> messages;
};

/// Gives the bytes to the session, cut as asked, each piece in memory of exactly its size.
inline void feed(Session& session, std::string_view bytes, Cut cut = Cut::whole) {
  std::mt19937 random(static_cast<unsigned>(bytes.size()));
  while (!bytes.empty()) {
    std::size_t size = bytes.size();
    if (cut == Cut::bytes) size = 1;
    if (cut == Cut::random) size = std::min<std::size_t>(size, 1 + random() % 40);
    std::vector<char> piece(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    session.receive(piece.data(), piece.size());
    bytes.remove_prefix(size);
  }
}

/// A session in one role, with what its handler was told.
class Driven {
 public:
  explicit Driven(Role role, const SessionLimits& limits = 1U << 20U) : role_(role) {
    session_ = role == Role::server ? Session::server(limits, handler_)
                                    : Session::client(limits, {"server.example.com", "/chat", {}}, handler_);
  }

  /// What lets this session in: a request for a server, the fitting answer for a client.
  std::string peers_handshake() { return role_ == Role::server ? request() : response(session_->take_output()); }
  Driven& open() {
    feed(*session_, peers_handshake());
    session_->take_output();
    EXPECT_EQ(session_->phase(), Session::Phase::open);
    return *this;
  }

  /// As the peer of this role has to send it: masked to a server.
  std::string from_peer(const Frame& frame) const { return encode(frame, role_ == Role::server); }
  void receive(const Frame& frame) { feed(*session_, from_peer(frame)); }
  /// Frames that the session wants sent, their mask bits checked (section 5.1).
  std::vector<Frame> output() { return decode(session_->take_output(), role_ == Role::client); }

  Session& session() { return *session_; }
  Recorder& handler() { return handler_; }
  bool masks() const { return role_ == Role::client; }

 private:
  Role role_;
  Recorder handler_;
  std::unique_ptr<Session> session_;
};

/// Runs a test in every role and cut.
inline void in_every_way(const std::function<void(Role, Cut)>& test) {
  for (const Role role : {Role::server, Role::client}) {
    for (const Cut cut : {Cut::whole, Cut::bytes, Cut::random}) {
      SCOPED_TRACE(std::string(name(role)) + ", " + name(cut));
      test(role, cut);
    }
  }
}

}  // namespace ekws::net
