// Tests that are run in both roles.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <ostream>

#include "net/session.h"

namespace ekws::net {

enum class Role { server, client };

inline const char* name(Role role) { return role == Role::server ? "server" : "client"; }

inline void in_both_roles(const std::function<void(Role)>& test) {
  for (const Role role : {Role::server, Role::client}) {
    SCOPED_TRACE(name(role));
    test(role);
  }
}

inline bool operator==(const Message& a, const Message& b) { return a.text == b.text && a.payload == b.payload; }
inline std::ostream& operator<<(std::ostream& out, const Message& message) {
  return out << (message.text ? "text, " : "binary, ") << message.payload.size()
             << " bytes: " << message.payload.substr(0, 60);
}

}  // namespace ekws::net
