#define _GNU_SOURCE
#include "CBareLoop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 1024, ROOM = 16384 };

typedef struct {
    size_t count;
    char bytes[ROOM];
} connection;

static pthread_t thread;
static int listener = -1;
static struct pollfd polled[MOST + 1];
static connection *connections[MOST + 1];

/// Returns the length of the first whole request, or 0.
static size_t request_length(const connection *of) {
    const char *end = memmem(of->bytes, of->count, "\r\n\r\n", 4);
    if (!end) return 0;
    size_t head = (size_t)(end - of->bytes) + 4, body = 0;
    const char *field = memmem(of->bytes, head, "ontent-Length:", 14);
    if (!field) field = memmem(of->bytes, head, "ontent-length:", 14);
    if (field) body = strtoul(field + 14, NULL, 10);
    return of->count >= head + body ? head + body : 0;
}

static void *serve(void *unused) {
    (void)unused;
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    int count = 1;
    polled[0] = (struct pollfd){listener, POLLIN, 0};
    for (;;) {
        if (poll(polled, (nfds_t)count, -1) < 0 && errno != EINTR) return NULL;
        if (polled[0].revents && count <= MOST) {
            int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
            connection *fresh = fd >= 0 ? malloc(sizeof *fresh) : NULL;
            if (fresh) {
                int on = 1;
                setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                fresh->count = 0;
                connections[count] = fresh;
                polled[count++] = (struct pollfd){fd, POLLIN, 0};
            } else if (fd >= 0) close(fd);
        }
        for (int index = 1; index < count; index++) {
            if (!polled[index].revents) continue;
            connection *of = connections[index];
            ssize_t got = recv(polled[index].fd, of->bytes + of->count, ROOM - of->count, 0);
            if (got < 0 && errno == EAGAIN) continue;
            if (got <= 0) {
                close(polled[index].fd);
                free(of);
                count--;
                polled[index] = polled[count];
                connections[index] = connections[count];
                index--;
                continue;
            }
            of->count += (size_t)got;
            for (size_t length; (length = request_length(of));) {
                of->count -= length;
                memmove(of->bytes, of->bytes + length, of->count);
                if (send(polled[index].fd, answer, sizeof answer - 1, MSG_NOSIGNAL) < 0) break;
            }
        }
    }
}

int bare_server_start(void) {
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) || listen(listener, 512)
        || getsockname(listener, (struct sockaddr *)&address, &size) || pthread_create(&thread, NULL, serve, NULL))
        return 0;
    return ntohs(address.sin_port);
}

double bare_server_seconds(void) {
    clockid_t clock;
    struct timespec time;
    if (pthread_getcpuclockid(thread, &clock) || clock_gettime(clock, &time)) return 0;
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}
