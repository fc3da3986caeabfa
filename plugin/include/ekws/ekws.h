/*
 * ekws: the C ABI between the WebSocket core (C++) and whoever drives it (the eKuiper shim, in Go).
 *
 * Conventions, valid for every function below:
 *  1. Handles are values, never pointers. A closed or invented handle is answered with EKWS_E_CLOSED;
 *     it cannot crash. A handle is never used again for another subscription.
 *  2. Text and payloads are pointer + length, UTF-8, not NUL-terminated, unless said otherwise.
 *     A pointer that is passed in is read or written until the call returns and not after.
 *  3. Every function that can fail returns 0 or an EKWS_E_* code and, where `err` is not NULL, fills `*err`
 *     in both cases (code 0, empty text on success). The class of a code is code / 100 (EKWS_CLASS_*); decide by
 *     class, show the text.
 *  4. Any thread may call any function. ekws_run on one loop, and ekws_drain on one channel of one subscription, are
 *     for one thread at a time; a second one is answered EKWS_E_BUSY.
 *  5. The core has no thread of its own for sockets: it does what the caller runs (ekws_run). From the first
 *     ekws_start or ekws_probe on, every loop whose descriptor was asked for (ekws_loop_fd), one at least, must be run
 *     whenever it has something to do, until the process ends.
 *  6. Nothing blocks but those that wait for a loop: ekws_start and ekws_close (milliseconds), ekws_probe (its
 * timeout). They must not be called by the thread that they wait for.
 *  7. The core never calls back, prints nothing, installs no signal handler. No C++ exception leaves a function.
 * Writing to a peer that has left may raise SIGPIPE in the thread that runs the loop: it is to be blocked, ignored or
 *     handled there, as Go's runtime does.
 *  8. Times are milliseconds, or nanoseconds where the name says `_ns`; sizes are bytes. Integers in structs are
 *     host order. Structs only grow at the end, numbers are never used again.
 */
#ifndef EKWS_EKWS_H
#define EKWS_EKWS_H

#include <stddef.h>
#include <stdint.h>

#if defined(EKWS_BUILD)
#define EKWS_API __attribute__((visibility("default")))
#else
#define EKWS_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Bumped when a caller built against an older header would misread this one. Compare it with ekws_abi_version()
 * once, before anything else. */
#define EKWS_ABI_VERSION 2u

/* Classes: what a caller decides by. */
enum {
  EKWS_CLASS_CONFIG = 1,    /* can never work as configured: fail the rule */
  EKWS_CLASS_HANDSHAKE = 2, /* the peer answered, but not with a WebSocket */
  EKWS_CLASS_TLS = 3,
  EKWS_CLASS_TRANSPORT = 4, /* name, address, port, TCP */
  EKWS_CLASS_PROTOCOL = 5,  /* RFC 6455 broken by the peer */
  EKWS_CLASS_LIMIT = 6,     /* one of our limits was reached */
  EKWS_CLASS_CLOSED = 7,    /* closed in order, or the handle is closed */
  EKWS_CLASS_INTERNAL = 8   /* misuse of this interface, or a fault of ours */
};

/* Codes. */
enum {
  EKWS_OK = 0,
  EKWS_E_CONFIG_SYNTAX = 101,    /* the configuration is not a JSON object */
  EKWS_E_CONFIG_VALUE = 102,     /* a property has a value that is not allowed */
  EKWS_E_CONFIG_CONFLICT = 103,  /* disagrees with another subscription on the same listener */
  EKWS_E_HANDSHAKE_STATUS = 201, /* HTTP status other than 101 */
  EKWS_E_HANDSHAKE_INVALID = 202,
  EKWS_E_HANDSHAKE_TIMEOUT = 203,
  EKWS_E_TLS = 301,
  EKWS_E_TLS_CERTIFICATE = 302,
  EKWS_E_RESOLVE = 401,
  EKWS_E_CONNECT = 402,
  EKWS_E_CONNECT_TIMEOUT = 403,
  EKWS_E_RESET = 404,
  EKWS_E_EOF = 405,
  EKWS_E_ADDRESS_IN_USE = 406,
  EKWS_E_ADDRESS_NOT_AVAILABLE = 407,
  EKWS_E_DESCRIPTORS = 408,
  EKWS_E_IO = 409,
  EKWS_E_PONG_TIMEOUT = 410,
  EKWS_E_IDLE_TIMEOUT = 411,
  EKWS_E_PROTOCOL = 501,
  EKWS_E_UTF8 = 502,
  EKWS_E_MESSAGE_TOO_BIG = 601,
  EKWS_E_LIMIT = 602,
  EKWS_E_FRAGMENTS = 603,        /* too many frames in a message */
  EKWS_E_FRAGMENT_TIMEOUT = 604, /* a fragmented message took too long */
  EKWS_E_BUFFERED = 605,         /* too much of unfinished messages, over all connections */
  EKWS_E_CONNECTIONS = 606,      /* too many connections, in all or from one address */
  EKWS_E_CLOSED = 701,           /* the handle is closed, or never was one */
  EKWS_E_PEER_CLOSED = 702,      /* the peer sent a close frame */
  EKWS_E_STOPPED = 703,          /* we ended it */
  EKWS_E_ARGUMENT = 801,
  EKWS_E_BUSY = 802,
  EKWS_E_MEMORY = 803,
  EKWS_E_INTERNAL = 804
};

#define EKWS_ERROR_TEXT_MAX 1024

/* Owned by the caller; nothing in it needs freeing. A text that is too long is cut at a character. */
typedef struct ekws_error {
  int32_t code;
  uint32_t text_len;
  char text[EKWS_ERROR_TEXT_MAX];
} ekws_error;

/* A subscription: what one source instance reads. Made by ekws_create, ended by ekws_close. */
typedef struct ekws_subscription {
  uint64_t id;
} ekws_subscription;

/* The two channels of a subscription. Each has a queue of its own, so that a reader of data that is held up by its
 * consumer does not hold up news about the connection. */
enum { EKWS_CHANNEL_DATA = 0, EKWS_CHANNEL_EVENTS = 1 };

/* Kinds of records on the data channel. An OPENED comes before the first message of a connection, a CLOSED after its
 * last; both only for connections that delivered something. */
enum {
  EKWS_OPENED = 1, /* payload: JSON object with the connection's metadata (docs/develop.md) */
  EKWS_TEXT = 2,   /* payload: a whole message, valid UTF-8 (RFC 6455 section 8.1); arg: 1, or with the property
                      `batch` how many messages the payload, a JSON array, was joined of */
  EKWS_BINARY = 3, /* payload: a whole message; arg as with text */
  EKWS_CLOSED = 4  /* no payload: forget this connection */
};

/* Kinds of records on the event channel. */
enum {
  EKWS_STATE = 16, /* arg: EKWS_STATE_*; payload: reason, empty unless disconnected */
  EKWS_LOG = 17    /* arg: EKWS_LOG_*; payload: a line */
};
enum { EKWS_STATE_CONNECTING = 1, EKWS_STATE_CONNECTED = 2, EKWS_STATE_DISCONNECTED = 3 };
enum { EKWS_LOG_ERROR = 1, EKWS_LOG_WARN = 2, EKWS_LOG_INFO = 3, EKWS_LOG_DEBUG = 4 };

typedef struct ekws_record {
  uint64_t offset;     /* of the payload in the caller's buffer */
  uint64_t length;     /* of the payload */
  int64_t received_ns; /* wall clock, ns since 1970: when the last byte of the message was read */
  uint64_t connection; /* id of the connection, unique in the process; 0 on the event channel */
  int32_t kind;
  int32_t arg;
} ekws_record;

typedef struct ekws_drained {
  uint64_t records; /* how many records were written */
  uint64_t bytes;   /* how many bytes of the buffer were written */
  uint64_t needed;  /* not 0: the first record needs a buffer of this size; nothing was taken */
  uint64_t more;    /* 1: the queue was not empty afterwards, call again without waiting */
} ekws_drained;

/* A channel that has something to drain. */
typedef struct ekws_woken {
  ekws_subscription subscription;
  int32_t channel;
  int32_t reserved; /* 0 */
} ekws_woken;

typedef struct ekws_turn {
  uint64_t woken;     /* how many ekws_woken were written */
  uint64_t more;      /* 1: there is more to do, call again without waiting */
  uint64_t within_ms; /* not 0: call again within this time, whatever the descriptor says */
} ekws_turn;

/* Counters only grow; gauges are what is there now. `struct_size` is set by the caller. */
typedef struct ekws_stats {
  uint64_t struct_size;
  uint64_t messages;           /* counter: queued for this subscription */
  uint64_t bytes;              /* counter: payload bytes of those */
  uint64_t queued_messages;    /* gauge: not drained yet */
  uint64_t queued_bytes;       /* gauge */
  uint64_t connections;        /* gauge: open connections that feed this subscription */
  uint64_t connections_opened; /* counter: those that were opened since it started */
  uint64_t paused;             /* gauge: 1 while reading rests because this queue is full */
  uint64_t pauses;             /* counter: how often it came to that */
  /* Counters of connections that we ended or kept out, by the cause (the property in brackets is the limit). One that
   * did not get as far as a path counts for every subscription of its listener. */
  uint64_t refused_connections; /* (maxConnections, maxConnectionsPerIp) */
  uint64_t handshake_timeouts;  /* (handshakeTimeout) */
  uint64_t failed_handshakes;   /* not a WebSocket, or refused; those that took too long are not in it */
  uint64_t failed_tls;
  uint64_t pong_timeouts;      /* (pongTimeout) */
  uint64_t idle_timeouts;      /* closed with 1001 (idleTimeout) */
  uint64_t protocol_errors;    /* closed with 1002 or 1007 */
  uint64_t too_big_messages;   /* closed with 1009 (maxMessageBytes) */
  uint64_t too_many_fragments; /* closed with 1008 (maxFragments) */
  uint64_t fragment_timeouts;  /* closed with 1008 (fragmentTimeout) */
  uint64_t buffer_limits;      /* closed with 1013 (maxBufferedBytes) */
} ekws_stats;

/* The version this library was built with: compare with EKWS_ABI_VERSION. */
EKWS_API uint32_t ekws_abi_version(void);

/* NUL-terminated text for people: version of the plugin and of what is linked in. Lives as long as the library. */
EKWS_API const char* ekws_build_info(void);

/* How many loops there can be, numbered from 0: up to one a processor. Each endpoint is on one of them. */
EKWS_API uint32_t ekws_loops(void);

/* Makes the loop, if it is not there yet, and gives a new descriptor (close-on-exec, non-blocking; the caller owns and
 * closes it) that is readable when the loop has something to do. It is for poll, select and epoll alone, edge-triggered
 * too. Fails with EKWS_E_DESCRIPTORS or EKWS_E_MEMORY, and may be called again. */
EKWS_API int32_t ekws_loop_fd(uint32_t loop, int32_t* fd, ekws_error* err);

/* Does what a loop has to do whose descriptor was asked for, for a bounded time, and tells which readers to wake, of
 * any loop. Does not wait for anything. Once `more` is 0, wait for the descriptor (or `within_ms`). A channel is told
 * when it goes from empty to not empty, and again only after it was drained: a reader looks once when it begins, then
 * whenever it is told, and drains until `more` is 0. */
EKWS_API int32_t ekws_run(uint32_t loop, ekws_woken* woken, size_t woken_cap, ekws_turn* out, ekws_error* err);

/* Parses and checks `config` (JSON, see docs/develop.md) and makes a subscription that is not started: no socket.
 * Warnings (unknown properties and the like) wait on the event channel. `*out` is written on success only; the
 * caller ends it with ekws_close. Fails with class config, naming property, value and what is allowed. */
EKWS_API int32_t ekws_create(const char* config, size_t config_len, ekws_subscription* out, ekws_error* err);

/* Joins or opens the endpoint (listener or client connection) in the background; how that goes is told on the event
 * channel, and a failure that time may heal is a state there. Waits for the endpoint's loop to have taken it on, which
 * has no I/O to wait for. Fails at once only with class config (EKWS_E_CONFIG_CONFLICT) or internal: after
 * EKWS_E_MEMORY nothing was started, and it may be called again. A second start is EKWS_E_ARGUMENT. */
EKWS_API int32_t ekws_start(ekws_subscription sub, ekws_error* err);

/* Moves as many records as fit into the caller's memory, oldest first. Does not block. Payloads lie in `bytes` in the
 * order of the records, with gaps. Draining below the low mark lets sockets be read again. */
EKWS_API int32_t ekws_drain(ekws_subscription sub, int32_t channel, void* bytes, size_t bytes_cap, ekws_record* records,
                            size_t records_cap, ekws_drained* out, ekws_error* err);

EKWS_API int32_t ekws_stats_get(ekws_subscription sub, ekws_stats* out, ekws_error* err);

/* Ends the subscription: leaves its endpoint, and where it was the last one the listening socket is closed on return
 * and peers are sent a close frame 1001 (RFC 6455 section 7.4.1) in the background, for closeTimeout at most. What was
 * queued is dropped. Closing twice is EKWS_E_CLOSED. */
EKWS_API int32_t ekws_close(ekws_subscription sub, ekws_error* err);

/* Connectivity check: dials, does TLS and the opening handshake, and closes again; or, for a server, binds the address
 * (fine if a listener of ours has it already). Blocks up to `timeout_ms`. On success `err->text` may hold a remark. */
EKWS_API int32_t ekws_probe(const char* config, size_t config_len, uint32_t timeout_ms, ekws_error* err);

#ifdef __cplusplus
}
#endif
#endif
