#define _GNU_SOURCE
#include "internal.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#ifndef SOCK_CLOEXEC
#define SOCK_CLOEXEC 0
#endif

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

int rota_on_socket(void *context, int purpose, rota_curl_sockaddr *target) {
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
    if (!transfer->is_local) {
        transfer->has_tried = true;
        transfer->tried = address;
    }
    transfer->has_opened = true;
    transfer->has_peer = false;
    int made = socket(target->family, target->socktype | SOCK_CLOEXEC, target->protocol);
    if (made >= 0 && transfer->multi) rota_multi_opened(transfer->multi, made);
    return made;
}

/// Asked before each request is sent, on a new connection or a kept one.
int rota_on_start(void *context, char *peer, char *local, int peer_port, int local_port) {
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
        transfer->peer = address;
        transfer->has_peer = true;
    }
    // What was sent on a kept connection that was closed goes over a new one, for libcurl would try them all.
    if (!transfer->has_opened && transfer->starts > 0) {
        transfer->kept_refused = true;
        return 1;
    }
    // Which kept connection it is, libcurl 7.88 does not say. So none is used while something waits on any of them.
    if (!transfer->has_opened && transfer->multi && rota_multi_has_stray(transfer->multi)) {
        transfer->kept_refused = true;
        return 1;
    }
    transfer->starts += 1;
    transfer->was_kept = !transfer->has_opened;
    transfer->has_opened = false;
    rota_note_tls(transfer);
    return 0;
}

// The end of TLS. A body that ends with its connection is whole only if TLS said so before (RFC 9112 § 9.8), and libcurl
// takes any end of the connection for that. OpenSSL tells of the alert, and other libraries make the cut an error.

typedef struct {
    int backend;
    void *internals;
} tls_session;

enum { BACKEND_OPENSSL = 1, BACKEND_GNUTLS = 2, BACKEND_SCHANNEL = 8, BACKEND_SECURE_TRANSPORT = 9, BACKEND_RUSTLS = 14 };

static const tls_session *session_of(void *easy) {
    const tls_session *session = NULL;
    return rota_curl.easy_getinfo(easy, INFO_TLS_SSL_PTR, &session) ? NULL : session;
}

void rota_note_tls(rota_transfer *transfer) {
    const tls_session *session = session_of(transfer->easy);
    transfer->tls_session = session ? session->internals : NULL;
    transfer->tls_backend = session ? session->backend : 0;
    transfer->tls_ended = false;
}

/// Told by OpenSSL of what happens in a session.
static void on_tls_event(const void *session, int where, int value) {
    bool is_alert_read = (where & 0x4004) == 0x4004;
    bool is_close_notify = (value & 0xFF) == 0;
    if (!is_alert_read || !is_close_notify) return;
    rota_transfer *transfer = rota_multi_secured_by(session);
    if (transfer) transfer->tls_ended = true;
}

int rota_on_tls_context(void *easy, void *context, void *transfer) {
    (void)transfer;
    const tls_session *session = session_of(easy);
    bool is_openssl = session && session->backend == BACKEND_OPENSSL;
    if (is_openssl && rota_curl.tls_on_event) rota_curl.tls_on_event(context, on_tls_event);
    return 0;
}

bool rota_transfer_end_is_sure(const rota_transfer *transfer) {
    switch (transfer->tls_backend) {
    case BACKEND_OPENSSL: return transfer->tls_ended;
    case BACKEND_GNUTLS:
    case BACKEND_SCHANNEL:
    case BACKEND_SECURE_TRANSPORT:
    case BACKEND_RUSTLS: return true;
    default: return false;
    }
}
