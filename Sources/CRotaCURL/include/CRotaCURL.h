// The part of libcurl's interface that Rota uses, declared here and found at run time: no header of libcurl is needed to
// build, and a process without libcurl gets an error instead of failing to start.
//
// The callbacks that libcurl runs are C and touch the memory of one transfer only. Everything that judges what a server
// said is Swift, and runs after them.
#ifndef CROTACURL_H
#define CROTACURL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Numbers of options and codes, from libcurl's public interface. They never change.
enum {
    ROTA_OPT_PROXY = 10004,
    ROTA_OPT_USERAGENT = 10018,
    ROTA_OPT_SSLCERT = 10025,
    ROTA_OPT_KEYPASSWD = 10026,
    ROTA_OPT_HTTPPROXYTUNNEL = 61,
    ROTA_OPT_INTERFACE = 10062,
    ROTA_OPT_CAINFO = 10065,
    ROTA_OPT_SSLKEY = 10087,
    ROTA_OPT_PROXYUSERNAME = 10175,
    ROTA_OPT_PROXYPASSWORD = 10176,
    ROTA_OPT_PINNEDPUBLICKEY = 10230,
    ROTA_OPT_UNIX_SOCKET_PATH = 10231,
    ROTA_OPT_PROXY_CAINFO = 10246,
    ROTA_OPT_MAXAGE_CONN = 288,
    ROTA_OPT_DNS_CACHE_TIMEOUT = 92,
};

/// A growing piece of memory.
typedef struct {
    uint8_t *bytes;
    size_t count;
    size_t capacity;
} rota_buffer;

/// An IPv6 address, or an IPv4 one in its mapped form.
typedef struct {
    uint8_t octets[16];
} rota_address;

/// What is sent, and where to. The memory is the caller's; it is copied.
typedef struct {
    const char *url;
    const char *method;
    /// Whether the message has a body, even an empty one.
    bool has_body;
    const uint8_t *body;
    size_t body_count;
    /// Header lines, each ended by a zero.
    const char *headers;
    size_t headers_count;
    /// Entries for CURLOPT_CONNECT_TO and CURLOPT_RESOLVE, or NULL.
    const char *connect_to;
    const char *resolve;
    /// The addresses that may be connected to. Ignored for a transport that uses a local socket.
    const rota_address *addresses;
    size_t addresses_count;
    long connect_timeout_ms;
    /// How often libcurl may begin to send it: once, or again after a kept connection turned out to be dead.
    int starts_allowed;
    size_t body_limit;
    /// The limit while the body is compressed.
    size_t coded_limit;
} rota_request;

/// One request under way with what came back. Only the thread of its loop touches it.
typedef struct rota_transfer {
    uint64_t id;
    /// Of no meaning but for the order of threads.
    int handed_over;
    void *easy;
    void *block;
    rota_address *addresses;
    size_t addresses_count;
    size_t body_limit;
    size_t coded_limit;
    int starts_allowed;
    /// How often libcurl began to send it.
    int starts;
    /// Whether a socket was opened since it began last, and whether it then began without one.
    bool has_opened;
    bool was_kept;
    /// The lines of the last block of header fields, with its status line.
    rota_buffer head;
    rota_buffer trailers;
    rota_buffer body;
    size_t header_bytes;
    size_t header_lines;
    bool is_local;
    bool in_block;
    bool head_ended;
    bool is_coded;
    bool head_overflowed;
    bool body_overflowed;
    bool out_of_memory;
    /// An address that was not checked was about to be used.
    bool address_refused;
    /// A request that must not be sent twice was about to be.
    bool repeat_refused;
    /// A kept connection was about to be used while something unasked arrived on one, or for what was sent on one before.
    bool kept_refused;
    bool is_noted;
    /// The address of the last socket that was opened.
    bool has_tried;
    rota_address tried;
    /// The address of the connection that the request went out on.
    bool has_peer;
    rota_address peer;
    /// The TLS session of its connection, only to compare it, and the number of its library.
    const void *tls_session;
    int tls_backend;
    /// Whether the server has said that nothing more will come in that session.
    bool tls_ended;
    struct rota_transfer *next_noted;
    struct rota_transfer *next_running, *last_running;
    struct rota_multi *multi;
    int code;
    char error[256];
} rota_transfer;

typedef struct rota_multi rota_multi;

/// The durations of a transfer in microseconds since its start; zero if it did not come so far.
typedef struct {
    int64_t resolved, connected, secured, started, first_byte, total;
    long os_errno;
    long http_version;
    /// The status of the proxy's last answer to CONNECT, or 0.
    long proxy_status;
    char peer[64];
    long peer_port;
} rota_facts;

/// Names the calling thread, and keeps the host's signals away from it: SIGPIPE, which a write to a closed TLS connection raises, and
/// those that the host handles on threads of its own.
void rota_thread_prepare(void);

/// Finds libcurl. Returns NULL, or what is wrong.
const char *rota_curl_load(void);
/// Returns what would be wrong if libcurl were the library of this name, or NULL.
const char *rota_curl_problem(const char *name);
/// The version of libcurl, such as 0x075801, or 0.
unsigned rota_curl_version(void);
/// The text of a code of libcurl.
const char *rota_curl_text(int code);
/// The name of an option whose number here is not the one in libcurl's own table, or NULL.
const char *rota_curl_wrong_option(void);

rota_multi *rota_multi_create(long host_connections, long kept_connections);
void rota_multi_destroy(rota_multi *multi);
/// Moves on the transfers that can go on. Returns a code of the multi interface, 0 for none.
int rota_multi_perform(rota_multi *multi);
/// Waits until a socket is ready, a wake-up comes or the time is over. Moves nothing on.
void rota_multi_wait(rota_multi *multi, int milliseconds);
/// Ends a wait. Any thread may call it.
void rota_multi_wake(rota_multi *multi);
/// Takes a transfer whose header has become complete, or returns NULL.
rota_transfer *rota_multi_next_head(rota_multi *multi);
/// Takes a transfer that has ended, with its code, or returns NULL. It must still be removed.
rota_transfer *rota_multi_next_done(rota_multi *multi);
/// Begins a transfer that has ended once more, on a new connection, if it was not sent on a kept one, or if that one broke
/// before anything was answered and it may be sent again. Returns whether it does.
bool rota_multi_begin_again(rota_multi *multi, rota_transfer *transfer);
int rota_multi_add(rota_multi *multi, rota_transfer *transfer);
void rota_multi_remove(rota_multi *multi, rota_transfer *transfer);

rota_transfer *rota_transfer_create(bool is_local);
void rota_transfer_destroy(rota_transfer *transfer);
int rota_transfer_set_text(rota_transfer *transfer, int option, const char *text);
int rota_transfer_set_number(rota_transfer *transfer, int option, long number);
/// Prepares a transfer for a request. Returns a code of libcurl.
int rota_transfer_prepare(rota_transfer *transfer, const rota_request *request);
/// Orders what this thread did to a transfer before what the next one does after rota_transfer_take_over. Swift's locks
/// do so too, but nobody who looks at the machine's code alone can see that.
void rota_transfer_hand_over(rota_transfer *transfer);
void rota_transfer_take_over(rota_transfer *transfer);
/// Frees what belonged to the last request.
void rota_transfer_clear(rota_transfer *transfer);
void rota_transfer_facts(rota_transfer *transfer, rota_facts *facts);
/// Whether a body over TLS that ended with its connection is known to be whole.
bool rota_transfer_end_is_sure(const rota_transfer *transfer);

typedef struct rota_inflater rota_inflater;
/// Whether zlib was found.
bool rota_zlib_load(void);
/// Creates a decompressor: 31 for gzip, 15 for zlib, -15 for bare deflate.
rota_inflater *rota_inflater_create(int window_bits);
void rota_inflater_destroy(rota_inflater *inflater);
/// Unpacks as much as fits. Returns 0 to go on, 1 at the end of the stream, -1 for bad data.
int rota_inflater_next(
    rota_inflater *inflater, const uint8_t *in, size_t in_count, size_t *in_used, uint8_t *out, size_t out_count,
    size_t *out_used);

#endif
