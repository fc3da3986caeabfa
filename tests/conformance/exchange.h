// What a peer says after the handshake, and what it has to get back from an echo. One table for every way to run it.
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "net/frames.h"
#include "net/roles.h"

namespace ekws::net {

/// Bytes of a peer, masked or not as its role has it.
using Bytes = std::function<std::string(bool masked)>;

constexpr int kNoCode = -1;

struct Exchange {
  std::string section;          ///< of RFC 6455, or of RFC 7692: "5_2"
  std::string name;             ///< what it does, behind "Server" or "Client"
  Bytes sent;                   ///< after it, unless it is incomplete, come frames that change nothing
  std::vector<Frame> answered;  ///< without the close frame
  int close = 1000;             ///< code of the close frame that is the last one; kNoCode: it has none
  bool incomplete = false;      ///< stops inside a frame: the answer may not wait for the rest
  /// Of RFC 7692 then: what the peer offers or answers in Sec-WebSocket-Extensions; "%" is its role, client or server.
  std::string deflate = {};

  /// The line of the peer's handshake; empty where there is none.
  std::string extensions(Role our_role) const;
};

/// The peer closes in order, with 1000, behind these frames: nothing was wrong with them.
Exchange fine(std::string section, std::string name, const std::vector<Frame>& sent, std::vector<Frame> answered);
/// Frames of which the last is answered with a close frame.
Exchange closes(std::string section, std::string name, const std::vector<Frame>& sent, int code,
                std::vector<Frame> answered = {});

Bytes frames(std::vector<Frame> sent);

using Table = std::vector<Exchange>;
Table framing();        ///< sections 5.1 to 5.3
Table fragmentation();  ///< section 5.4
Table control();        ///< sections 5.5.2 and 5.5.3
Table closing();        ///< sections 5.5.1 and 7
Table data();           ///< sections 5.6, 6 and 8.1
Table compressed();     ///< RFC 7692 sections 6 and 7

Table every_exchange();

/// What `exchange` gets its peer to send: what it is about, and frames behind it.
std::string bytes_of(const Exchange& exchange, bool masked);
/// Compares everything an endpoint has sent since its handshake; `masked`: it has to mask.
void expect_answer(const Exchange& exchange, const std::string& output, bool masked);

}  // namespace ekws::net
