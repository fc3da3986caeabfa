/* Compiled as C: the header must not drift into C++. Uses every function, type and constant of it. */
#include "ekws/ekws.h"

int ekws_header_test(void);

/* The line of the first expectation that does not hold. */
#define EXPECT(condition)              \
  do {                                 \
    if (!(condition)) return __LINE__; \
  } while (0)

static int check_numbers(void) {
  const int codes[] = {EKWS_E_CONFIG_SYNTAX,
                       EKWS_E_CONFIG_VALUE,
                       EKWS_E_CONFIG_CONFLICT,
                       EKWS_E_HANDSHAKE_STATUS,
                       EKWS_E_HANDSHAKE_INVALID,
                       EKWS_E_HANDSHAKE_TIMEOUT,
                       EKWS_E_TLS,
                       EKWS_E_TLS_CERTIFICATE,
                       EKWS_E_RESOLVE,
                       EKWS_E_CONNECT,
                       EKWS_E_CONNECT_TIMEOUT,
                       EKWS_E_RESET,
                       EKWS_E_EOF,
                       EKWS_E_ADDRESS_IN_USE,
                       EKWS_E_ADDRESS_NOT_AVAILABLE,
                       EKWS_E_DESCRIPTORS,
                       EKWS_E_IO,
                       EKWS_E_PONG_TIMEOUT,
                       EKWS_E_IDLE_TIMEOUT,
                       EKWS_E_PROTOCOL,
                       EKWS_E_UTF8,
                       EKWS_E_MESSAGE_TOO_BIG,
                       EKWS_E_LIMIT,
                       EKWS_E_FRAGMENTS,
                       EKWS_E_FRAGMENT_TIMEOUT,
                       EKWS_E_BUFFERED,
                       EKWS_E_CONNECTIONS,
                       EKWS_E_CLOSED,
                       EKWS_E_PEER_CLOSED,
                       EKWS_E_STOPPED,
                       EKWS_E_ARGUMENT,
                       EKWS_E_BUSY,
                       EKWS_E_MEMORY,
                       EKWS_E_INTERNAL};
  const int classes[] = {EKWS_CLASS_CONFIG,   EKWS_CLASS_HANDSHAKE, EKWS_CLASS_TLS,    EKWS_CLASS_TRANSPORT,
                         EKWS_CLASS_PROTOCOL, EKWS_CLASS_LIMIT,     EKWS_CLASS_CLOSED, EKWS_CLASS_INTERNAL};
  const int kinds[] = {EKWS_OPENED, EKWS_TEXT, EKWS_BINARY, EKWS_CLOSED, EKWS_STATE, EKWS_LOG};
  size_t i;
  EXPECT(EKWS_OK == 0);
  for (i = 0; i < sizeof codes / sizeof *codes; ++i) {
    EXPECT(codes[i] / 100 >= classes[0]);
    EXPECT(codes[i] / 100 <= classes[sizeof classes / sizeof *classes - 1]);
    EXPECT(i == 0 || codes[i] > codes[i - 1]);
  }
  for (i = 0; i < sizeof classes / sizeof *classes; ++i) EXPECT(classes[i] == (int)i + 1);
  EXPECT(EKWS_CHANNEL_DATA == 0 && EKWS_CHANNEL_EVENTS == 1); /* indexes, for some */
  for (i = 1; i < sizeof kinds / sizeof *kinds; ++i) EXPECT(kinds[i] > kinds[i - 1]);
  EXPECT(EKWS_STATE_CONNECTING < EKWS_STATE_CONNECTED && EKWS_STATE_CONNECTED < EKWS_STATE_DISCONNECTED);
  EXPECT(EKWS_LOG_ERROR < EKWS_LOG_WARN && EKWS_LOG_WARN < EKWS_LOG_INFO && EKWS_LOG_INFO < EKWS_LOG_DEBUG);
  return 0;
}

/* What is built into callers (Go, through cgo) does not move: structs only grow at the end. */
static int check_layout(void) {
  EXPECT(sizeof(ekws_subscription) == 8);
  EXPECT(sizeof(ekws_error) == 8 + EKWS_ERROR_TEXT_MAX);
  EXPECT(offsetof(ekws_error, text_len) == 4 && offsetof(ekws_error, text) == 8);
  EXPECT(sizeof(ekws_record) == 40);
  EXPECT(offsetof(ekws_record, length) == 8 && offsetof(ekws_record, received_ns) == 16);
  EXPECT(offsetof(ekws_record, connection) == 24 && offsetof(ekws_record, kind) == 32);
  EXPECT(offsetof(ekws_record, arg) == 36);
  EXPECT(sizeof(ekws_drained) == 32);
  EXPECT(offsetof(ekws_drained, needed) == 16 && offsetof(ekws_drained, more) == 24);
  EXPECT(sizeof(ekws_stats) >= 72);
  EXPECT(offsetof(ekws_stats, messages) == 8 && offsetof(ekws_stats, pauses) == 64);
  EXPECT(offsetof(ekws_stats, refused_connections) == 72 && offsetof(ekws_stats, buffer_limits) == 152);
  return 0;
}

static int check_functions(void) {
  static const char config[] = "{\"props\":{\"datasource\":\"/x\"}}";
  ekws_subscription sub = {0};
  ekws_error err = {0, 0, {0}};
  ekws_drained drained = {0, 0, 0, 0};
  ekws_record record = {0, 0, 0, 0, 0, 0};
  ekws_stats stats = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  ekws_woken woken = {{0}, 0, 0};
  ekws_turn turn = {0, 0, 0};
  int32_t fd = -1;
  char bytes[64];

  EXPECT(ekws_abi_version() == EKWS_ABI_VERSION);
  EXPECT(ekws_build_info() != NULL && ekws_build_info()[0] != '\0');
  EXPECT(ekws_start(sub, &err) == EKWS_E_CLOSED);
  EXPECT(err.code == EKWS_E_CLOSED && err.text_len > 0 && err.text[err.text_len] == '\0');

  EXPECT(ekws_create(config, sizeof config - 1, &sub, &err) == EKWS_OK);
  EXPECT(err.code == EKWS_OK && err.text_len == 0);
  EXPECT(sub.id != 0);
  EXPECT(ekws_loops() >= 1 && ekws_loop_fd(0, &fd, &err) == EKWS_OK && fd >= 0);
  EXPECT(ekws_run(ekws_loops(), &woken, 1, &turn, &err) == EKWS_E_ARGUMENT && turn.woken == 0);
  EXPECT(ekws_drain(sub, EKWS_CHANNEL_EVENTS, bytes, sizeof bytes, &record, 1, &drained, &err) == EKWS_OK);
  EXPECT(drained.records == 0 && drained.more == 0);
  stats.struct_size = sizeof stats;
  EXPECT(ekws_stats_get(sub, &stats, &err) == EKWS_OK && stats.messages == 0);
  EXPECT(ekws_close(sub, &err) == EKWS_OK);
  EXPECT(ekws_close(sub, NULL) == EKWS_E_CLOSED);
  EXPECT(ekws_probe("", 0, 10, &err) == EKWS_E_CONFIG_SYNTAX);
  return fd >= 0 ? -fd : 0; /* ours to close; the caller has the means */
}

int ekws_header_test(void) {
  const int numbers = check_numbers();
  const int layout = check_layout();
  if (numbers != 0) return numbers;
  if (layout != 0) return layout;
  return check_functions();
}
