#include "handshake.h"

#include <poll.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <cerrno>

namespace ekws_load {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using boost::system::error_code;

/// What Beast needs of a stream, on a socket of ours, with a deadline. It reads one byte at a time, so that Beast
/// never takes bytes of the first frame along with the header: the socket goes on without Beast afterwards.
class HeaderStream {
 public:
  using executor_type = asio::io_context::executor_type;

  HeaderStream(const HandshakeOn& on, asio::io_context& context) : on_(on), context_(context) {}

  /// What came in first, for people: Beast keeps no response that it declined.
  const std::string& first_line() const { return first_line_; }

  executor_type get_executor() { return context_.get_executor(); }

  // The two that throw are part of what a stream is; nobody calls them here.
  template <class Buffers>
  size_t read_some(const Buffers& buffers) {
    error_code error;
    size_t n = read_some(buffers, error);
    if (error) throw boost::system::system_error(error);
    return n;
  }

  template <class Buffers>
  size_t write_some(const Buffers& buffers) {
    error_code error;
    size_t n = write_some(buffers, error);
    if (error) throw boost::system::system_error(error);
    return n;
  }

  template <class Buffers>
  size_t read_some(const Buffers& buffers, error_code& error) {
    for (auto it = asio::buffer_sequence_begin(buffers); it != asio::buffer_sequence_end(buffers); ++it) {
      asio::mutable_buffer buffer(*it);
      if (buffer.size() == 0) continue;
      size_t n = attempt(POLLIN, error, [&] { return ::recv(on_.fd, buffer.data(), 1, 0); });
      if (n > 0) note(*static_cast<const char*>(buffer.data()));
      return n;
    }
    error = {};
    return 0;
  }

  template <class Buffers>
  size_t write_some(const Buffers& buffers, error_code& error) {
    for (auto it = asio::buffer_sequence_begin(buffers); it != asio::buffer_sequence_end(buffers); ++it) {
      asio::const_buffer buffer(*it);
      if (buffer.size() == 0) continue;
      return attempt(POLLOUT, error, [&] { return ::send(on_.fd, buffer.data(), buffer.size(), MSG_NOSIGNAL); });
    }
    error = {};
    return 0;
  }

 private:
  template <class Call>
  size_t attempt(short events, error_code& error, Call call) {
    for (;;) {
      ssize_t n = call();
      if (n > 0) {
        error = {};
        return static_cast<size_t>(n);
      }
      if (n == 0) {
        error = asio::error::eof;
        return 0;
      }
      if (errno != EAGAIN && errno != EINTR) {
        error = error_code(errno, boost::system::system_category());
        return 0;
      }
      if (!wait_ready(on_.fd, events, on_.deadline, on_.signal_fd)) {
        error = asio::error::timed_out;
        return 0;
      }
    }
  }

  void note(char byte) {
    if (byte == '\r' || first_line_.size() == kFirstLine) first_line_done_ = true;
    if (!first_line_done_) first_line_.push_back(byte);
  }

  static constexpr size_t kFirstLine = 200;

  const HandshakeOn on_;
  asio::io_context& context_;
  std::string first_line_;
  bool first_line_done_ = false;
};

/// Beast wants to know how such a stream ends; ours is ended by its owner.
[[maybe_unused]] void teardown(beast::role_type, HeaderStream&, error_code& error) { error = {}; }
[[maybe_unused]] void beast_close_socket(HeaderStream&) {}

[[noreturn]] void refuse(const std::string& peer, const std::string& why) {
  throw NetError("handshake with " + peer + ": " + why);
}

template <class Request>
void answer_not_found(HeaderStream& stream, const Request& request) {
  http::response<http::string_body> response(http::status::not_found, request.version(), "no such path\n");
  response.keep_alive(false);
  response.prepare_payload();
  error_code ignored;
  http::write(stream, response, ignored);
}

}  // namespace

void handshake_as_client(const HandshakeOn& on, const std::string& host, const std::string& target) {
  asio::io_context context;
  websocket::stream<HeaderStream, false> stream(on, context);
  error_code error;
  stream.handshake(host, target, error);
  if (error == websocket::error::upgrade_declined)
    refuse(host + target, "answered " + stream.next_layer().first_line());
  if (error) refuse(host + target, error.message());
}

void handshake_as_server(const HandshakeOn& on, const std::string& path) {
  asio::io_context context;
  websocket::stream<HeaderStream, false> stream(on, context);
  const std::string peer = peer_name(on.fd);
  http::request<http::string_body> request;
  beast::flat_buffer buffer;
  error_code error;
  http::read(stream.next_layer(), buffer, request, error);
  if (error) refuse(peer, error.message());
  const std::string target(request.target());
  if (!path.empty() && target.substr(0, target.find('?')) != path) {
    answer_not_found(stream.next_layer(), request);
    refuse(peer, "asked for " + target + ", only " + path + " is served");
  }
  stream.accept(request, error);
  if (error) refuse(peer, error.message());
}

}  // namespace ekws_load
