#include <gtest/gtest.h>

#include "conformance/registry.h"

int main(int count, char** arguments) {
  ::testing::InitGoogleTest(&count, arguments);
  ekws::net::register_session_tests();
  ekws::net::register_echo_tests();
  return RUN_ALL_TESTS();
}
