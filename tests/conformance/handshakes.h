// Opening handshakes (RFC 6455 section 4), good and bad, for every way to run them.
#pragma once

#include <string>
#include <vector>

namespace ekws::net {

struct ServerHandshake {
  std::string section;
  std::string name;  ///< what it does, behind "Server"
  std::string request;
  int status = 101;
};
std::vector<ServerHandshake> server_handshakes();
/// What a server has sent, all of it.
void expect_answer(const ServerHandshake& handshake, const std::string& output);

/// The client has offered the subprotocols mqtt and chat, and no extension.
struct ClientHandshakeAnswer {
  std::string section;
  std::string name;    ///< what it does, behind "Client"
  std::string answer;  ///< ACCEPT stands for the right value
  std::string error;   ///< in its error text; empty: it takes the answer
};
std::vector<ClientHandshakeAnswer> client_handshakes();
std::string answer_to(const std::string& request, const ClientHandshakeAnswer& handshake);

}  // namespace ekws::net
