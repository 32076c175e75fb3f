#define _GNU_SOURCE
#include "library.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

#ifndef SOCK_CLOEXEC
#define SOCK_CLOEXEC 0
#endif

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

    INFO_OS_ERRNO = 0x200000 + 25,
    INFO_PRIMARY_IP = 0x100000 + 32,
    INFO_PRIMARY_PORT = 0x200000 + 40,
    INFO_HTTP_VERSION = 0x200000 + 46,
    INFO_TOTAL = 0x600000 + 50,
    INFO_NAMELOOKUP = 0x600000 + 51,
    INFO_CONNECT = 0x600000 + 52,
    INFO_PRETRANSFER = 0x600000 + 53,
    INFO_STARTTRANSFER = 0x600000 + 54,
    INFO_APPCONNECT = 0x600000 + 56,

    MOPT_MAXCONNECTS = 6,
    MOPT_MAX_HOST_CONNECTIONS = 7,

    CODE_OUT_OF_MEMORY = 27,
    // Since this version libcurl asks before it sends a request, on a new connection or a kept one.
    VERSION_ASKS = 0x075000,
    HEADER_BYTES = 262144,
    HEADER_LINES = 1000,
};

struct rota_multi {
    void *multi;
    /// The transfers whose header has become complete.
    rota_transfer *noted;
};

static bool append(rota_transfer *transfer, rota_buffer *buffer, const char *bytes, size_t count) {
    if (buffer->capacity - buffer->count < count) {
        size_t capacity = buffer->capacity ? buffer->capacity : 512;
        while (capacity - buffer->count < count) {
            if (capacity > SIZE_MAX / 2) return false;
            capacity *= 2;
        }
        uint8_t *grown = realloc(buffer->bytes, capacity);
        if (!grown) {
            transfer->out_of_memory = true;
            return false;
        }
        buffer->bytes = grown;
        buffer->capacity = capacity;
    }
    if (count) memcpy(buffer->bytes + buffer->count, bytes, count);
    buffer->count += count;
    return true;
}

/// Whether the block of header fields announces another one: a status from 100 to 199, but not 101.
static bool is_interim(const rota_buffer *head) {
    const uint8_t *space = head->count ? memchr(head->bytes, ' ', head->count) : NULL;
    if (!space) return false;
    size_t left = head->count - (size_t)(space - head->bytes);
    return left > 3 && space[1] == '1' && !(space[2] == '0' && space[3] == '1');
}

static size_t on_header(char *bytes, size_t size, size_t items, void *context) {
    rota_transfer *transfer = context;
    size_t count = size * items;
    transfer->header_bytes += count;
    transfer->header_lines += 1;
    if (transfer->header_bytes > HEADER_BYTES || transfer->header_lines > HEADER_LINES) {
        transfer->head_overflowed = true;
        return 0;
    }
    if (transfer->head_ended) return append(transfer, &transfer->trailers, bytes, count) ? count : 0;
    if (!transfer->in_block) {
        transfer->in_block = true;
        transfer->head.count = 0;
        transfer->is_coded = false;
    }
    bool is_blank = (count == 2 && bytes[0] == '\r' && bytes[1] == '\n') || (count == 1 && bytes[0] == '\n');
    if (!is_blank) {
        if (count > 17 && strncasecmp(bytes, "content-encoding:", 17) == 0) transfer->is_coded = true;
        return append(transfer, &transfer->head, bytes, count) ? count : 0;
    }
    transfer->in_block = false;
    if (is_interim(&transfer->head)) return count;
    transfer->head_ended = true;
    if (transfer->multi && !transfer->is_noted) {
        transfer->is_noted = true;
        transfer->next_noted = transfer->multi->noted;
        transfer->multi->noted = transfer;
    }
    return count;
}

static size_t on_body(char *bytes, size_t size, size_t items, void *context) {
    rota_transfer *transfer = context;
    size_t count = size * items;
    size_t limit = transfer->is_coded ? transfer->coded_limit : transfer->body_limit;
    size_t room = limit > transfer->body.count ? limit - transfer->body.count : 0;
    if (count <= room) return append(transfer, &transfer->body, bytes, count) ? count : 0;
    transfer->body_overflowed = append(transfer, &transfer->body, bytes, room);
    return 0;
}

static bool is_allowed(const rota_transfer *transfer, const rota_address *address) {
    for (size_t index = 0; index < transfer->addresses_count; index++) {
        if (memcmp(&transfer->addresses[index], address, sizeof *address) == 0) return true;
    }
    return false;
}

static void map(rota_address *address, const void *four) {
    memset(address->octets, 0, 10);
    memset(address->octets + 10, 0xFF, 2);
    memcpy(address->octets + 12, four, 4);
}

static int on_socket(void *context, int purpose, rota_curl_sockaddr *target) {
    rota_transfer *transfer = context;
    (void)purpose;
    rota_address address;
    bool allowed = false;
    if (transfer->is_local) {
        allowed = target->family == AF_UNIX;
    } else if (target->family == AF_INET && target->addrlen >= sizeof(struct sockaddr_in)) {
        map(&address, &((struct sockaddr_in *)(void *)&target->addr)->sin_addr);
        allowed = is_allowed(transfer, &address);
    } else if (target->family == AF_INET6 && target->addrlen >= sizeof(struct sockaddr_in6)) {
        memcpy(address.octets, &((struct sockaddr_in6 *)(void *)&target->addr)->sin6_addr, 16);
        allowed = is_allowed(transfer, &address);
    }
    if (!allowed) {
        transfer->address_refused = true;
        return -1;
    }
    return socket(target->family, target->socktype | SOCK_CLOEXEC, target->protocol);
}

/// Asked before each request is sent, on a new connection or a kept one.
static int on_start(void *context, char *peer, char *local, int peer_port, int local_port) {
    rota_transfer *transfer = context;
    (void)local, (void)peer_port, (void)local_port;
    if (transfer->starts >= transfer->starts_allowed) {
        transfer->repeat_refused = true;
        return 1;
    }
    if (!transfer->is_local) {
        rota_address address;
        uint8_t four[4];
        bool is_read = false;
        if (peer && inet_pton(AF_INET, peer, four) == 1) {
            map(&address, four);
            is_read = true;
        } else if (peer && inet_pton(AF_INET6, peer, address.octets) == 1) {
            is_read = true;
        }
        if (!is_read || !is_allowed(transfer, &address)) {
            transfer->address_refused = true;
            return 1;
        }
    }
    transfer->starts += 1;
    return 0;
}

rota_transfer *rota_transfer_create(bool is_local) {
    rota_transfer *transfer = calloc(1, sizeof *transfer);
    if (!transfer) return NULL;
    void *easy = rota_curl.easy_init();
    if (!easy) {
        free(transfer);
        return NULL;
    }
    transfer->easy = easy;
    transfer->is_local = is_local;
    int (*set)(void *, int, ...) = rota_curl.easy_setopt;
    int failed = 0;
    failed |= set(easy, OPT_NOSIGNAL, 1L);
    failed |= set(easy, OPT_PRIVATE, (void *)transfer);
    failed |= set(easy, OPT_ERRORBUFFER, transfer->error);
    failed |= set(easy, OPT_HEADERFUNCTION, on_header);
    failed |= set(easy, OPT_HEADERDATA, (void *)transfer);
    failed |= set(easy, OPT_WRITEFUNCTION, on_body);
    failed |= set(easy, OPT_WRITEDATA, (void *)transfer);
    failed |= set(easy, OPT_OPENSOCKETFUNCTION, on_socket);
    failed |= set(easy, OPT_OPENSOCKETDATA, (void *)transfer);
    failed |= set(easy, OPT_PATH_AS_IS, 1L);
    failed |= set(easy, OPT_PROTOCOLS, 3L);  // http and https
    failed |= set(easy, OPT_HTTP_CONTENT_DECODING, 0L);
    failed |= set(easy, OPT_HTTP09_ALLOWED, 0L);
    failed |= set(easy, OPT_SUPPRESS_CONNECT_HEADERS, 1L);
    // Without these, libcurl takes a proxy from the environment.
    failed |= set(easy, ROTA_OPT_PROXY, "");
    failed |= set(easy, OPT_NOPROXY, "");
    set(easy, OPT_HTTP_VERSION, 4L);  // HTTP/2 over TLS where offered; an older build has HTTP/1.1 alone
    if (rota_curl_version() >= VERSION_ASKS) {
        failed |= set(easy, OPT_PREREQFUNCTION, on_start);
        failed |= set(easy, OPT_PREREQDATA, (void *)transfer);
    }
    if (!failed) return transfer;
    rota_transfer_destroy(transfer);
    return NULL;
}

void rota_transfer_destroy(rota_transfer *transfer) {
    if (!transfer) return;
    rota_curl.easy_cleanup(transfer->easy);
    free(transfer->block);
    free(transfer->head.bytes);
    free(transfer->trailers.bytes);
    free(transfer->body.bytes);
    free(transfer);
}

int rota_transfer_set_text(rota_transfer *transfer, int option, const char *text) {
    return rota_curl.easy_setopt(transfer->easy, option, text);
}

int rota_transfer_set_number(rota_transfer *transfer, int option, long number) {
    return rota_curl.easy_setopt(transfer->easy, option, number);
}

static void empty(rota_buffer *buffer) {
    buffer->count = 0;
    if (buffer->capacity <= 65536) return;
    free(buffer->bytes);
    *buffer = (rota_buffer){NULL, 0, 0};
}

void rota_transfer_clear(rota_transfer *transfer) {
    int (*set)(void *, int, ...) = rota_curl.easy_setopt;
    set(transfer->easy, OPT_HTTPGET, 1L);
    set(transfer->easy, OPT_POSTFIELDS, NULL);
    set(transfer->easy, OPT_HTTPGET, 1L);
    set(transfer->easy, OPT_HTTPHEADER, NULL);
    set(transfer->easy, OPT_CONNECT_TO, NULL);
    set(transfer->easy, OPT_RESOLVE, NULL);
    free(transfer->block);
    transfer->block = NULL;
    transfer->addresses = NULL;
    transfer->addresses_count = 0;
    empty(&transfer->head);
    empty(&transfer->trailers);
    empty(&transfer->body);
    transfer->header_bytes = transfer->header_lines = 0;
    transfer->starts = 0;
    transfer->in_block = transfer->head_ended = transfer->is_coded = false;
    transfer->head_overflowed = transfer->body_overflowed = transfer->out_of_memory = false;
    transfer->address_refused = transfer->repeat_refused = false;
    transfer->is_noted = false;
    transfer->next_noted = NULL;
    transfer->code = 0;
    transfer->error[0] = 0;
}

/// Puts a list with one entry into the block.
static rota_curl_list *single(uint8_t **cursor, const char *text) {
    rota_curl_list *entry = (rota_curl_list *)(void *)*cursor;
    entry->data = (char *)text;
    entry->next = NULL;
    *cursor += sizeof *entry;
    return entry;
}

int rota_transfer_prepare(rota_transfer *transfer, const rota_request *request) {
    size_t lines = 0;
    for (size_t index = 0; index < request->headers_count; index++) lines += request->headers[index] == 0;
    size_t connect_size = request->connect_to ? strlen(request->connect_to) + 1 : 0;
    size_t resolve_size = request->resolve ? strlen(request->resolve) + 1 : 0;
    size_t addresses_size = request->addresses_count * sizeof(rota_address);
    uint8_t *block = malloc(
        (lines + 2) * sizeof(rota_curl_list) + addresses_size + request->headers_count + connect_size + resolve_size
        + request->body_count + 1);
    if (!block) return CODE_OUT_OF_MEMORY;
    transfer->block = block;
    // Lists first, because they are aligned; then what has no alignment.
    uint8_t *lists = block;
    uint8_t *cursor = block + (lines + 2) * sizeof(rota_curl_list);
    transfer->addresses = (rota_address *)(void *)cursor;
    transfer->addresses_count = request->addresses_count;
    if (addresses_size) memcpy(cursor, request->addresses, addresses_size);
    cursor += addresses_size;

    char *texts = (char *)cursor;
    if (request->headers_count) memcpy(texts, request->headers, request->headers_count);
    cursor += request->headers_count;
    rota_curl_list *first = NULL, *last = NULL;
    for (size_t start = 0; start < request->headers_count; start += strlen(texts + start) + 1) {
        rota_curl_list *entry = single(&lists, texts + start);
        if (last) last->next = entry;
        else first = entry;
        last = entry;
    }
    rota_curl_list *connect = NULL, *resolve = NULL;
    if (connect_size) {
        memcpy(cursor, request->connect_to, connect_size);
        connect = single(&lists, (char *)cursor);
        cursor += connect_size;
    }
    if (resolve_size) {
        memcpy(cursor, request->resolve, resolve_size);
        resolve = single(&lists, (char *)cursor);
        cursor += resolve_size;
    }
    if (request->body_count) memcpy(cursor, request->body, request->body_count);

    transfer->body_limit = request->body_limit;
    transfer->coded_limit = request->coded_limit;
    transfer->starts_allowed = request->starts_allowed;

    void *easy = transfer->easy;
    int (*set)(void *, int, ...) = rota_curl.easy_setopt;
    bool is_head = strcmp(request->method, "HEAD") == 0;
    bool is_plain = is_head || strcmp(request->method, request->has_body ? "POST" : "GET") == 0;
    int code = set(easy, OPT_URL, request->url);
    if (!code) code = set(easy, OPT_HTTPGET, 1L);
    if (!code && is_head) code = set(easy, OPT_NOBODY, 1L);
    if (!code && request->has_body && !is_head) {
        code = set(easy, OPT_POSTFIELDSIZE_LARGE, (int64_t)request->body_count);
        if (!code) code = set(easy, OPT_POSTFIELDS, request->body_count ? (char *)cursor : "");
    }
    if (!code) code = set(easy, OPT_CUSTOMREQUEST, is_plain ? NULL : request->method);
    if (!code) code = set(easy, OPT_HTTPHEADER, first);
    if (!code) code = set(easy, OPT_CONNECT_TO, connect);
    if (!code) code = set(easy, OPT_RESOLVE, resolve);
    if (!code) code = set(easy, OPT_CONNECTTIMEOUT_MS, request->connect_timeout_ms);
    // A libcurl that does not ask before it sends must not find a kept connection for what may be sent only once.
    if (!code && rota_curl_version() < VERSION_ASKS) {
        code = set(easy, OPT_FRESH_CONNECT, request->starts_allowed > 1 ? 0L : 1L);
    }
    return code;
}

void rota_transfer_facts(rota_transfer *transfer, rota_facts *facts) {
    int (*get)(void *, int, ...) = rota_curl.easy_getinfo;
    memset(facts, 0, sizeof *facts);
    void *easy = transfer->easy;
    get(easy, INFO_NAMELOOKUP, &facts->resolved);
    get(easy, INFO_CONNECT, &facts->connected);
    get(easy, INFO_APPCONNECT, &facts->secured);
    get(easy, INFO_PRETRANSFER, &facts->started);
    get(easy, INFO_STARTTRANSFER, &facts->first_byte);
    get(easy, INFO_TOTAL, &facts->total);
    get(easy, INFO_OS_ERRNO, &facts->os_errno);
    get(easy, INFO_HTTP_VERSION, &facts->http_version);
    get(easy, INFO_PRIMARY_PORT, &facts->peer_port);
    char *peer = NULL;
    get(easy, INFO_PRIMARY_IP, &peer);
    if (peer) strncpy(facts->peer, peer, sizeof facts->peer - 1);
    // An older libcurl does not say when it begins to send.
    if (!transfer->starts && facts->started > 0) transfer->starts = 1;
}

const char *rota_transfer_error(const rota_transfer *transfer) { return transfer->error; }

rota_multi *rota_multi_create(long host_connections, long kept_connections) {
    rota_multi *multi = calloc(1, sizeof *multi);
    if (!multi) return NULL;
    multi->multi = rota_curl.multi_init();
    if (!multi->multi) {
        free(multi);
        return NULL;
    }
    rota_curl.multi_setopt(multi->multi, MOPT_MAX_HOST_CONNECTIONS, host_connections);
    rota_curl.multi_setopt(multi->multi, MOPT_MAXCONNECTS, kept_connections);
    return multi;
}

void rota_multi_destroy(rota_multi *multi) {
    rota_curl.multi_cleanup(multi->multi);
    free(multi);
}

int rota_multi_perform(rota_multi *multi) {
    int running = 0;
    return rota_curl.multi_perform(multi->multi, &running);
}

void rota_multi_wait(rota_multi *multi, int milliseconds) {
    rota_curl.multi_poll(multi->multi, NULL, 0, milliseconds, NULL);
}

void rota_multi_wake(rota_multi *multi) { rota_curl.multi_wakeup(multi->multi); }

rota_transfer *rota_multi_next_head(rota_multi *multi) {
    rota_transfer *transfer = multi->noted;
    if (!transfer) return NULL;
    multi->noted = transfer->next_noted;
    transfer->next_noted = NULL;
    return transfer;
}

rota_transfer *rota_multi_next_done(rota_multi *multi) {
    int left = 0;
    rota_curl_message *message;
    while ((message = rota_curl.multi_info_read(multi->multi, &left))) {
        if (message->msg != 1) continue;
        int code = message->data.result;
        char *context = NULL;
        // CURLINFO_PRIVATE
        if (rota_curl.easy_getinfo(message->easy, 0x100000 + 21, &context) || !context) continue;
        rota_transfer *transfer = (rota_transfer *)(void *)context;
        transfer->code = code;
        return transfer;
    }
    return NULL;
}

int rota_multi_add(rota_multi *multi, rota_transfer *transfer) {
    transfer->multi = multi;
    int code = rota_curl.multi_add_handle(multi->multi, transfer->easy);
    if (code) transfer->multi = NULL;
    return code;
}

void rota_multi_remove(rota_multi *multi, rota_transfer *transfer) {
    rota_curl.multi_remove_handle(multi->multi, transfer->easy);
    for (rota_transfer **place = &multi->noted; *place; place = &(*place)->next_noted) {
        if (*place != transfer) continue;
        *place = transfer->next_noted;
        break;
    }
    transfer->next_noted = NULL;
    transfer->multi = NULL;
}

const char *rota_curl_wrong_option(void) {
    static const struct {
        const char *name;
        int number;
    } options[] = {
        {"WRITEDATA", OPT_WRITEDATA},
        {"URL", OPT_URL},
        {"ERRORBUFFER", OPT_ERRORBUFFER},
        {"WRITEFUNCTION", OPT_WRITEFUNCTION},
        {"POSTFIELDS", OPT_POSTFIELDS},
        {"HTTPHEADER", OPT_HTTPHEADER},
        {"HEADERDATA", OPT_HEADERDATA},
        {"CUSTOMREQUEST", OPT_CUSTOMREQUEST},
        {"NOBODY", OPT_NOBODY},
        {"FRESH_CONNECT", OPT_FRESH_CONNECT},
        {"HEADERFUNCTION", OPT_HEADERFUNCTION},
        {"HTTPGET", OPT_HTTPGET},
        {"HTTP_VERSION", OPT_HTTP_VERSION},
        {"NOSIGNAL", OPT_NOSIGNAL},
        {"PRIVATE", OPT_PRIVATE},
        {"CONNECTTIMEOUT_MS", OPT_CONNECTTIMEOUT_MS},
        {"HTTP_CONTENT_DECODING", OPT_HTTP_CONTENT_DECODING},
        {"OPENSOCKETFUNCTION", OPT_OPENSOCKETFUNCTION},
        {"OPENSOCKETDATA", OPT_OPENSOCKETDATA},
        {"NOPROXY", OPT_NOPROXY},
        {"PROTOCOLS", OPT_PROTOCOLS},
        {"RESOLVE", OPT_RESOLVE},
        {"POSTFIELDSIZE_LARGE", OPT_POSTFIELDSIZE_LARGE},
        {"PATH_AS_IS", OPT_PATH_AS_IS},
        {"CONNECT_TO", OPT_CONNECT_TO},
        {"SUPPRESS_CONNECT_HEADERS", OPT_SUPPRESS_CONNECT_HEADERS},
        {"HTTP09_ALLOWED", OPT_HTTP09_ALLOWED},
        {"PREREQFUNCTION", OPT_PREREQFUNCTION},
        {"PREREQDATA", OPT_PREREQDATA},
        {"PROXY", ROTA_OPT_PROXY},
        {"USERAGENT", ROTA_OPT_USERAGENT},
        {"SSLCERT", ROTA_OPT_SSLCERT},
        {"KEYPASSWD", ROTA_OPT_KEYPASSWD},
        {"HTTPPROXYTUNNEL", ROTA_OPT_HTTPPROXYTUNNEL},
        {"INTERFACE", ROTA_OPT_INTERFACE},
        {"CAINFO", ROTA_OPT_CAINFO},
        {"SSLKEY", ROTA_OPT_SSLKEY},
        {"PROXYUSERNAME", ROTA_OPT_PROXYUSERNAME},
        {"PROXYPASSWORD", ROTA_OPT_PROXYPASSWORD},
        {"PINNEDPUBLICKEY", ROTA_OPT_PINNEDPUBLICKEY},
        {"UNIX_SOCKET_PATH", ROTA_OPT_UNIX_SOCKET_PATH},
        {"PROXY_CAINFO", ROTA_OPT_PROXY_CAINFO},
    };
    if (rota_curl_load() || !rota_curl.easy_option_by_name) return NULL;
    for (size_t index = 0; index < sizeof options / sizeof *options; index++) {
        const rota_curl_option_data *known = rota_curl.easy_option_by_name(options[index].name);
        if (known && known->id != options[index].number) return options[index].name;
    }
    return NULL;
}
