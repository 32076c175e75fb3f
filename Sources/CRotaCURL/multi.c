#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// The sockets that libcurl watches, and those that it keeps without a request. libcurl 7.88 uses a kept connection
// although bytes wait on it, so that an answer that nobody asked for answers the next request (RFC 9112 § 9.2). So this
// loop watches the kept ones too, and takes them away as soon as anything arrives.
//
// That is right for HTTP/1 over TLS as well: tickets come before the first answer, so what arrives later is the end or
// an answer that was not asked for. An HTTP/2 connection is left alone. Its frames carry the number of their stream, so
// none can answer a later request, and settings and pings may come at any time.

typedef struct {
    /// The place among the polled sockets, or 0 if the socket is not polled.
    int place;
    /// Whether it was opened for a transfer, not by libcurl for itself.
    bool is_opened;
} slot;

struct rota_multi {
    void *multi;
    /// The transfers whose header has become complete.
    rota_transfer *noted;
    /// The transfers in libcurl's hands.
    rota_transfer *running;
    /// What is polled: first the pipe that wakes the loop, then sockets.
    struct pollfd *polled;
    /// Whether the socket at the same place is kept without a request.
    bool *is_kept;
    size_t polled_count, polled_room;
    /// By descriptor.
    slot *slots;
    size_t slots_count;
    /// The sockets of a turn that are ready.
    struct pollfd *ready;
    size_t ready_room;
    /// A socket whose other end is closed.
    int dead_end;
    int wake_end;
    /// When libcurl wants to be called, in microseconds, or -1.
    int64_t due;
    int64_t last_call;
    int running_count;
};

/// The loop that the calling thread is moving on.
static _Thread_local rota_multi *current;

enum { POLL_REMOVE = 4, TIMEOUT_SOCKET = -1, LONGEST_PAUSE = 1000000 };

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

/// Returns the slot of a descriptor, or NULL if there is no memory.
static slot *slot_of(rota_multi *multi, int socket) {
    if (socket < 0) return NULL;
    size_t index = (size_t)socket;
    if (index >= multi->slots_count) {
        size_t count = index * 2 + 64;
        slot *grown = realloc(multi->slots, count * sizeof *grown);
        if (!grown) return NULL;
        memset(grown + multi->slots_count, 0, (count - multi->slots_count) * sizeof *grown);
        multi->slots = grown;
        multi->slots_count = count;
    }
    return &multi->slots[index];
}

static void unwatch(rota_multi *multi, int socket) {
    slot *of = slot_of(multi, socket);
    if (!of || !of->place) return;
    size_t place = (size_t)of->place, last = multi->polled_count - 1;
    of->place = 0;
    multi->polled_count = last;
    if (place == last) return;
    multi->polled[place] = multi->polled[last];
    multi->is_kept[place] = multi->is_kept[last];
    slot *moved = slot_of(multi, multi->polled[place].fd);
    if (moved) moved->place = (int)place;
}

static bool watch(rota_multi *multi, int socket, short events, bool is_kept) {
    slot *of = slot_of(multi, socket);
    if (!of) return false;
    if (!of->place) {
        if (multi->polled_count == multi->polled_room) {
            size_t room = multi->polled_room * 2;
            struct pollfd *polled = realloc(multi->polled, room * sizeof *polled);
            if (!polled) return false;
            multi->polled = polled;
            bool *kept = realloc(multi->is_kept, room * sizeof *kept);
            if (!kept) return false;
            multi->is_kept = kept;
            multi->polled_room = room;
        }
        of->place = (int)multi->polled_count++;
        multi->polled[of->place] = (struct pollfd){socket, 0, 0};
    }
    multi->polled[of->place].events = events;
    multi->is_kept[of->place] = is_kept;
    return true;
}

/// Told by libcurl what it waits for on a socket.
static int on_watch(void *easy, int socket, int what, void *context, void *unused) {
    (void)unused;
    rota_multi *multi = context;
    if (what != POLL_REMOVE) {
        short events = (short)((what & 1 ? POLLIN : 0) | (what & 2 ? POLLOUT : 0));
        return watch(multi, socket, events, false) ? 0 : -1;
    }
    slot *of = slot_of(multi, socket);
    long version = 0;
    rota_curl.easy_getinfo(easy, INFO_HTTP_VERSION, &version);
    bool is_one = version == 1 || version == 2;
    if (!of || !of->is_opened || !is_one || !watch(multi, socket, POLLIN, true)) unwatch(multi, socket);
    return 0;
}

static int on_timer(void *handle, long milliseconds, void *context) {
    (void)handle;
    rota_multi *multi = context;
    multi->due = milliseconds < 0 ? -1 : now() + milliseconds * 1000;
    return 0;
}

void rota_multi_opened(rota_multi *multi, int socket) {
    slot *of = slot_of(multi, socket);
    if (of) of->is_opened = true;
}

int rota_multi_close_socket(void *context, int socket) {
    rota_multi *multi = context;
    unwatch(multi, socket);
    slot *of = slot_of(multi, socket);
    if (of) of->is_opened = false;
    return close(socket);
}

/// Puts a socket whose other end is closed in the place of one, so that libcurl finds the connection dead.
///
/// The socket itself would not do: libcurl takes it for alive as long as there are bytes or an error on it.
static void retire(rota_multi *multi, int socket) {
    unwatch(multi, socket);
#ifdef __linux__
    dup3(multi->dead_end, socket, O_CLOEXEC);
#else
    dup2(multi->dead_end, socket);
    fcntl(socket, F_SETFD, FD_CLOEXEC);
#endif
}

static bool make_pair(int ends[2], int type) {
    if (type ? socketpair(AF_UNIX, type, 0, ends) : pipe(ends)) return false;
    for (int index = 0; index < 2; index++) {
        fcntl(ends[index], F_SETFD, FD_CLOEXEC);
        fcntl(ends[index], F_SETFL, fcntl(ends[index], F_GETFL) | O_NONBLOCK);
    }
    return true;
}

static void release(rota_multi *multi) {
    if (multi->polled && multi->polled_count) close(multi->polled[0].fd);
    if (multi->wake_end >= 0) close(multi->wake_end);
    if (multi->dead_end >= 0) close(multi->dead_end);
    free(multi->polled);
    free(multi->is_kept);
    free(multi->slots);
    free(multi->ready);
    free(multi);
}

rota_multi *rota_multi_create(long host_connections, long kept_connections) {
    if (rota_curl_load()) return NULL;
    rota_multi *multi = calloc(1, sizeof *multi);
    if (!multi) return NULL;
    multi->due = multi->dead_end = multi->wake_end = -1;
    multi->polled_room = 64;
    multi->polled = calloc(multi->polled_room, sizeof *multi->polled);
    multi->is_kept = calloc(multi->polled_room, sizeof *multi->is_kept);
    int dead[2], wake[2];
    if (multi->polled && multi->is_kept && make_pair(dead, SOCK_STREAM)) {
        close(dead[1]);
        multi->dead_end = dead[0];
        if (make_pair(wake, 0)) {
            multi->polled[0] = (struct pollfd){wake[0], POLLIN, 0};
            multi->polled_count = 1;
            multi->wake_end = wake[1];
            multi->multi = rota_curl.multi_init();
        }
    }
    if (!multi->multi) {
        release(multi);
        return NULL;
    }
    int (*set)(void *, int, ...) = rota_curl.multi_setopt;
    set(multi->multi, MOPT_MAX_HOST_CONNECTIONS, host_connections);
    set(multi->multi, MOPT_MAXCONNECTS, kept_connections);
    set(multi->multi, MOPT_SOCKETFUNCTION, on_watch);
    set(multi->multi, MOPT_SOCKETDATA, (void *)multi);
    set(multi->multi, MOPT_TIMERFUNCTION, on_timer);
    set(multi->multi, MOPT_TIMERDATA, (void *)multi);
    return multi;
}

void rota_multi_destroy(rota_multi *multi) {
    rota_curl.multi_cleanup(multi->multi);
    release(multi);
}

/// Notes the sockets that are ready, and retires those that nobody waits for.
static size_t collect(rota_multi *multi) {
    if (multi->ready_room < multi->polled_count) {
        struct pollfd *grown = realloc(multi->ready, multi->polled_room * sizeof *grown);
        if (!grown) return 0;
        multi->ready = grown;
        multi->ready_room = multi->polled_room;
    }
    if (multi->polled[0].revents) {
        char bytes[64];
        while (read(multi->polled[0].fd, bytes, sizeof bytes) == sizeof bytes) {}
        multi->polled[0].revents = 0;
    }
    size_t count = 0;
    // Backwards, because the place of one that goes is taken by the last.
    for (size_t place = multi->polled_count - 1; place > 0; place--) {
        struct pollfd *entry = &multi->polled[place];
        if (!entry->revents) continue;
        if (multi->is_kept[place]) {
            retire(multi, entry->fd);
            continue;
        }
        multi->ready[count++] = *entry;
        entry->revents = 0;
    }
    return count;
}

int rota_multi_perform(rota_multi *multi) {
    current = multi;
    int code = 0;
    size_t count = collect(multi);
    for (size_t index = 0; index < count && !code; index++) {
        short events = multi->ready[index].revents;
        int mask = (events & (POLLIN | POLLHUP) ? 1 : 0) | (events & POLLOUT ? 2 : 0)
            | (events & (POLLERR | POLLNVAL) ? 4 : 0);
        code = rota_curl.multi_socket_action(multi->multi, multi->ready[index].fd, mask, &multi->running_count);
    }
    int64_t time = now();
    bool is_due = multi->due >= 0 && multi->due <= time;
    // Once in a while without having been asked, because a timer that is lost would be a request that hangs.
    bool is_overdue = multi->running && time - multi->last_call >= LONGEST_PAUSE;
    while (!code && (is_due || is_overdue)) {
        multi->due = -1;
        multi->last_call = time;
        code = rota_curl.multi_socket_action(multi->multi, TIMEOUT_SOCKET, 0, &multi->running_count);
        is_overdue = false;
        is_due = multi->due >= 0 && multi->due <= time;
    }
    current = NULL;
    return code;
}

void rota_multi_wait(rota_multi *multi, int milliseconds) {
    if (multi->running && milliseconds > LONGEST_PAUSE / 1000) milliseconds = LONGEST_PAUSE / 1000;
    if (multi->due >= 0) {
        int64_t left = (multi->due - now() + 999) / 1000;
        if (left < milliseconds) milliseconds = left < 0 ? 0 : (int)left;
    }
    poll(multi->polled, (nfds_t)multi->polled_count, milliseconds);
}

void rota_multi_wake(rota_multi *multi) {
    char byte = 0;
    while (write(multi->wake_end, &byte, 1) < 0 && errno == EINTR) {}
}

void rota_multi_note_head(rota_multi *multi, rota_transfer *transfer) {
    if (transfer->is_noted) return;
    transfer->is_noted = true;
    transfer->next_noted = multi->noted;
    multi->noted = transfer;
}

bool rota_multi_has_stray(const rota_multi *multi) {
    struct pollfd kept[64];
    nfds_t count = 0;
    for (size_t place = 1; place < multi->polled_count; place++) {
        if (multi->is_kept[place]) kept[count++] = (struct pollfd){multi->polled[place].fd, POLLIN, 0};
        bool is_last = place + 1 == multi->polled_count;
        if (count < sizeof kept / sizeof *kept && !is_last) continue;
        if (count && poll(kept, count, 0) > 0) return true;
        count = 0;
    }
    return false;
}

rota_transfer *rota_multi_secured_by(const void *session) {
    if (!current || !session) return NULL;
    for (rota_transfer *transfer = current->running; transfer; transfer = transfer->next_running) {
        if (transfer->tls_session == session) return transfer;
    }
    return NULL;
}

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
        if (rota_curl.easy_getinfo(message->easy, INFO_PRIVATE, &context) || !context) continue;
        rota_transfer *transfer = (rota_transfer *)(void *)context;
        transfer->code = code;
        return transfer;
    }
    return NULL;
}

bool rota_multi_begin_again(rota_multi *multi, rota_transfer *transfer) {
    // libcurl does it by itself if the end is found in receiving, but not in sending.
    enum { SEND_ERROR = 55, RECEIVE_ERROR = 56 };
    bool is_broken = transfer->code == SEND_ERROR || transfer->code == RECEIVE_ERROR;
    bool is_unanswered = transfer->was_kept && transfer->header_bytes == 0 && transfer->starts == 1;
    bool may_repeat = is_broken && is_unanswered && transfer->starts_allowed > 1;
    if (!may_repeat && !transfer->kept_refused) return false;
    transfer->kept_refused = transfer->has_peer = false;
    rota_multi_remove(multi, transfer);
    transfer->error[0] = 0;
    return !rota_curl.easy_setopt(transfer->easy, OPT_FRESH_CONNECT, 1L) && !rota_multi_add(multi, transfer);
}

int rota_multi_add(rota_multi *multi, rota_transfer *transfer) {
    int code = rota_curl.easy_setopt(transfer->easy, OPT_CLOSESOCKETDATA, (void *)multi);
    if (code) return code;
    transfer->multi = multi;
    code = rota_curl.multi_add_handle(multi->multi, transfer->easy);
    if (code) {
        transfer->multi = NULL;
        return code;
    }
    transfer->last_running = NULL;
    transfer->next_running = multi->running;
    if (multi->running) multi->running->last_running = transfer;
    multi->running = transfer;
    return 0;
}

void rota_multi_remove(rota_multi *multi, rota_transfer *transfer) {
    if (transfer->multi != multi) return;
    rota_curl.multi_remove_handle(multi->multi, transfer->easy);
    for (rota_transfer **place = &multi->noted; *place; place = &(*place)->next_noted) {
        if (*place != transfer) continue;
        *place = transfer->next_noted;
        break;
    }
    if (transfer->next_running) transfer->next_running->last_running = transfer->last_running;
    if (transfer->last_running) transfer->last_running->next_running = transfer->next_running;
    else multi->running = transfer->next_running;
    transfer->next_running = transfer->last_running = NULL;
    transfer->next_noted = NULL;
    transfer->multi = NULL;
}
