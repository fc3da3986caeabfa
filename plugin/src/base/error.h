// Errors as the core passes them around: a code, its class, a text for people.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include "ekws/ekws.h"

namespace ekws {

/// Value; empty (code 0) means "no error". The class decides, the text is shown.
struct Error {
  int code = EKWS_OK;
  std::string text;

  Error() = default;
  Error(int c, std::string t) : code(c), text(std::move(t)) {}

  explicit operator bool() const { return code != EKWS_OK; }
  int error_class() const { return code / 100; }
};

/// Thrown inside the core where an Error cannot be returned; caught at the ABI and around io handlers.
class Failure : public std::runtime_error {
 public:
  explicit Failure(Error e) : std::runtime_error(e.text), error_(std::move(e)) {}
  const Error& error() const { return error_; }

 private:
  Error error_;
};

}  // namespace ekws
