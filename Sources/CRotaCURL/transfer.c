#include "internal.h"

#include <stdlib.h>
#include <string.h>

rota_transfer *rota_transfer_create(bool is_local) {
    if (rota_curl_load()) return NULL;
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
    failed |= set(easy, OPT_HEADERFUNCTION, rota_on_header);
    failed |= set(easy, OPT_HEADERDATA, (void *)transfer);
    failed |= set(easy, OPT_WRITEFUNCTION, rota_on_body);
    failed |= set(easy, OPT_WRITEDATA, (void *)transfer);
    failed |= set(easy, OPT_OPENSOCKETFUNCTION, rota_on_socket);
    failed |= set(easy, OPT_OPENSOCKETDATA, (void *)transfer);
    failed |= set(easy, OPT_PATH_AS_IS, 1L);
    failed |= set(easy, OPT_PROTOCOLS, 3L);  // http and https
    failed |= set(easy, OPT_HTTP_CONTENT_DECODING, 0L);
    failed |= set(easy, OPT_HTTP09_ALLOWED, 0L);
    failed |= set(easy, OPT_SUPPRESS_CONNECT_HEADERS, 1L);
    // Without these, libcurl takes a proxy from the environment.
    failed |= set(easy, ROTA_OPT_PROXY, "");
    failed |= set(easy, OPT_NOPROXY, "");
    failed |= set(easy, OPT_CLOSESOCKETFUNCTION, rota_multi_close_socket);
    set(easy, OPT_SSL_CTX_FUNCTION, rota_on_tls_context);  // not every TLS library has it
    set(easy, OPT_HTTP_VERSION, 4L);  // HTTP/2 over TLS where offered; an older build has HTTP/1.1 alone
    if (rota_curl_version() >= VERSION_ASKS) {
        failed |= set(easy, OPT_PREREQFUNCTION, rota_on_start);
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

void rota_transfer_hand_over(rota_transfer *transfer) { __atomic_store_n(&transfer->handed_over, 1, __ATOMIC_RELEASE); }

void rota_transfer_take_over(rota_transfer *transfer) { (void)__atomic_load_n(&transfer->handed_over, __ATOMIC_ACQUIRE); }

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
    set(transfer->easy, OPT_FRESH_CONNECT, 0L);
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
    transfer->is_noted = transfer->has_tried = transfer->has_peer = false;
    transfer->has_opened = transfer->was_kept = transfer->kept_refused = false;
    transfer->tls_session = NULL;
    transfer->tls_backend = 0;
    transfer->tls_ended = false;
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
    get(easy, INFO_HTTP_CONNECTCODE, &facts->proxy_status);
    get(easy, INFO_PRIMARY_PORT, &facts->peer_port);
    char *peer = NULL;
    if (!transfer->has_peer) get(easy, INFO_PRIMARY_IP, &peer);
    if (peer) strncpy(facts->peer, peer, sizeof facts->peer - 1);
    // An older libcurl does not say when it begins to send.
    if (!transfer->starts && facts->started > 0) transfer->starts = 1;
}

