// The floors of the HTTP benchmarks: a loop over libcurl in C, and a server that costs as little as a server can.
#ifndef CBARELOOP_H
#define CBARELOOP_H

#include <stddef.h>

/// Starts a server on 127.0.0.1 that answers every request with "ok". Returns its port, or 0.
int bare_server_start(void);
/// The processor time of the server's thread so far, in seconds.
double bare_server_seconds(void);

/// Sends `count` POST requests, `parallel` at once, over libcurl's multi interface. Returns the seconds, or -1.
double bare_curl_loop(const char *url, const void *body, size_t size, int parallel, int count);

#endif
