// What the files of this target share: the numbers of libcurl's interface and the callbacks that it runs.
#ifndef ROTA_INTERNAL_H
#define ROTA_INTERNAL_H

#include "library.h"

enum {
    OPT_WRITEDATA = 10001,
    OPT_URL = 10002,
    OPT_ERRORBUFFER = 10010,
    OPT_WRITEFUNCTION = 20011,
    OPT_POSTFIELDS = 10015,
    OPT_HTTPHEADER = 10023,
    OPT_HEADERDATA = 10029,
    OPT_CUSTOMREQUEST = 10036,
    OPT_NOBODY = 44,
    OPT_FRESH_CONNECT = 74,
    OPT_HEADERFUNCTION = 20079,
    OPT_HTTPGET = 80,
    OPT_HTTP_VERSION = 84,
    OPT_NOSIGNAL = 99,
    OPT_PRIVATE = 10103,
    OPT_CONNECTTIMEOUT_MS = 156,
    OPT_HTTP_CONTENT_DECODING = 158,
    OPT_OPENSOCKETFUNCTION = 20163,
    OPT_OPENSOCKETDATA = 10164,
    OPT_NOPROXY = 10177,
    OPT_PROTOCOLS = 181,
    OPT_RESOLVE = 10203,
    OPT_POSTFIELDSIZE_LARGE = 30120,
    OPT_PATH_AS_IS = 234,
    OPT_CONNECT_TO = 10243,
    OPT_SUPPRESS_CONNECT_HEADERS = 265,
    OPT_HTTP09_ALLOWED = 285,
    OPT_PREREQFUNCTION = 20312,
    OPT_PREREQDATA = 10313,
    OPT_CLOSESOCKETFUNCTION = 20208,
    OPT_CLOSESOCKETDATA = 10209,
    OPT_SSL_CTX_FUNCTION = 20108,
    OPT_SSL_CTX_DATA = 10109,

    INFO_PRIVATE = 0x100000 + 21,
    INFO_HTTP_CONNECTCODE = 0x200000 + 22,
    INFO_OS_ERRNO = 0x200000 + 25,
    INFO_PRIMARY_IP = 0x100000 + 32,
    INFO_PRIMARY_PORT = 0x200000 + 40,
    INFO_HTTP_VERSION = 0x200000 + 46,
    INFO_TLS_SSL_PTR = 0x400000 + 45,
    INFO_TOTAL = 0x600000 + 50,
    INFO_NAMELOOKUP = 0x600000 + 51,
    INFO_CONNECT = 0x600000 + 52,
    INFO_PRETRANSFER = 0x600000 + 53,
    INFO_STARTTRANSFER = 0x600000 + 54,
    INFO_APPCONNECT = 0x600000 + 56,

    MOPT_SOCKETFUNCTION = 20001,
    MOPT_SOCKETDATA = 10002,
    MOPT_TIMERFUNCTION = 20004,
    MOPT_TIMERDATA = 10005,
    MOPT_MAXCONNECTS = 6,
    MOPT_MAX_HOST_CONNECTIONS = 7,

    CODE_OUT_OF_MEMORY = 27,
    // Since this version libcurl asks before it sends a request, on a new connection or a kept one.
    VERSION_ASKS = 0x075000,
    HEADER_BYTES = 262144,
    HEADER_LINES = 1000,
};

// Receiving: what libcurl hands over, into the memory of its transfer.
size_t rota_on_header(char *bytes, size_t size, size_t items, void *transfer);
size_t rota_on_body(char *bytes, size_t size, size_t items, void *transfer);

// Connecting: which addresses, when a request may go, and what TLS says about the end.
int rota_on_socket(void *transfer, int purpose, rota_curl_sockaddr *target);
int rota_on_start(void *transfer, char *peer, char *local, int peer_port, int local_port);
int rota_on_tls_context(void *easy, void *context, void *transfer);
void rota_note_tls(rota_transfer *transfer);

// The loop: a socket that was opened, one to close, and the header of a transfer that is complete.
void rota_multi_opened(rota_multi *multi, int socket);
int rota_multi_close_socket(void *multi, int socket);
void rota_multi_note_head(rota_multi *multi, rota_transfer *transfer);
/// Whether anything has arrived on a socket that is kept without a request.
bool rota_multi_has_stray(const rota_multi *multi);
/// The transfer whose request went out on a connection with this TLS session, on the loop of this thread, or NULL.
rota_transfer *rota_multi_secured_by(const void *session);

#endif
