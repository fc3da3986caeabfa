// Opening handshakes (RFC 6455 section 4, RFC 7692 sections 5 and 7), good and bad, for every way to run them.
#pragma once

#include <string>
#include <vector>

namespace ekws::net {

struct ServerHandshake {
  std::string section;
  std::string name;  ///< what it does, behind "Server"
  std::string request;
  int status = 101;
  bool deflate = false;         ///< of RFC 7692: the server has compression on
  std::string extensions = {};  ///< in its answer
};
std::vector<ServerHandshake> server_handshakes();
std::vector<ServerHandshake> deflate_offers();
/// What a server has sent, all of it.
void expect_answer(const ServerHandshake& handshake, const std::string& output);

/// The client has offered the subprotocols mqtt and chat; permessage-deflate in rows of RFC 7692, else no extension.
struct ClientHandshakeAnswer {
  std::string section;
  std::string name;    ///< what it does, behind "Client"
  std::string answer;  ///< ACCEPT stands for the right value
  std::string error;   ///< in its error text; empty: it takes the answer
  bool deflate = false;
};
std::vector<ClientHandshakeAnswer> client_handshakes();
std::vector<ClientHandshakeAnswer> deflate_answers();
std::string answer_to(const std::string& request, const ClientHandshakeAnswer& handshake);

}  // namespace ekws::net
