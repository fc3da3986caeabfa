// Tests made of tables: each row is a test of its own, in both roles, named by its section.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>

#include "net/roles.h"

namespace ekws::net {

/// A test that is not in the source as such: section "5_1" and name "X" become Rfc6455_5_1.X, or Rfc7692_5_1.X.
inline void register_test(bool deflate, const std::string& section, const std::string& name, const char* file, int line,
                          std::function<void()> body) {
  class Row : public ::testing::Test {
   public:
    explicit Row(std::function<void()> run) : run_(std::move(run)) {}
    void TestBody() override { run_(); }

   private:
    std::function<void()> run_;
  };
  ::testing::RegisterTest(((deflate ? "Rfc7692_" : "Rfc6455_") + section).c_str(), name.c_str(), nullptr, nullptr, file,
                          line, [body = std::move(body)]() -> ::testing::Test* { return new Row(body); });
}

/// "ClosesOn%Text" is ServerClosesOnUnmaskedText and ClientClosesOnMaskedText.
inline std::string name_of(Role role, std::string name) {
  const auto at = name.find('%');
  if (at != std::string::npos) name.replace(at, 1, role == Role::server ? "Unmasked" : "Masked");
  return (role == Role::server ? "Server" : "Client") + name;
}

void register_session_tests();  ///< the tables on a session in memory
void register_echo_tests();     ///< the tables on ekws-echo, a process of its own; names start with Echo

}  // namespace ekws::net
