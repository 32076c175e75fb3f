#define _GNU_SOURCE
#include "library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

rota_curl_functions rota_curl;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const char *problem;

/// The first version with everything that is used. What it lacks otherwise, the calls do without.
enum { OLDEST_VERSION = 0x074400 };

/// Finds the functions in a library, or in what the process has loaded if a home is given.
static bool find(rota_curl_functions *into, void *handle, const void *home) {
    const struct {
        const char *name;
        void **place;
        bool is_optional;
    } wanted[] = {
        {"curl_global_init", (void **)&into->global_init, false},
        {"curl_version_info", (void **)&into->version_info, false},
        {"curl_easy_init", (void **)&into->easy_init, false},
        {"curl_easy_cleanup", (void **)&into->easy_cleanup, false},
        {"curl_easy_setopt", (void **)&into->easy_setopt, false},
        {"curl_easy_getinfo", (void **)&into->easy_getinfo, false},
        {"curl_easy_strerror", (void **)&into->easy_strerror, false},
        {"curl_easy_option_by_name", (void **)&into->easy_option_by_name, true},
        {"curl_multi_init", (void **)&into->multi_init, false},
        {"curl_multi_cleanup", (void **)&into->multi_cleanup, false},
        {"curl_multi_setopt", (void **)&into->multi_setopt, false},
        {"curl_multi_add_handle", (void **)&into->multi_add_handle, false},
        {"curl_multi_remove_handle", (void **)&into->multi_remove_handle, false},
        {"curl_multi_socket_action", (void **)&into->multi_socket_action, false},
        {"curl_multi_info_read", (void **)&into->multi_info_read, false},
    };
    for (size_t index = 0; index < sizeof wanted / sizeof *wanted; index++) {
        void *symbol = dlsym(handle, wanted[index].name);
        Dl_info info;
        // All functions must come from one library: a process can have two, built against different TLS libraries.
        if (symbol && home && (!dladdr(symbol, &info) || info.dli_fbase != home)) symbol = NULL;
        if (!symbol && !wanted[index].is_optional) return false;
        *wanted[index].place = symbol;
    }
    const rota_curl_version_data *data = into->version_info(0);
    return data && data->version_num >= OLDEST_VERSION;
}

/// Finds OpenSSL's function in the libraries that libcurl is linked to: the process may have another OpenSSL.
static void find_tls(rota_curl_functions *into) {
    Dl_info info;
    if (!dladdr((void *)into->version_info, &info) || !info.dli_fname) return;
    void *handle = dlopen(info.dli_fname, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
    if (handle) *(void **)&into->tls_on_event = dlsym(handle, "SSL_CTX_set_info_callback");
}

/// Finds the functions in what the process has loaded already, such as the libcurl of Foundation.
static bool find_in_process(rota_curl_functions *into) {
    void *first = dlsym(RTLD_DEFAULT, "curl_multi_socket_action");
    Dl_info info;
    return first && dladdr(first, &info) && find(into, RTLD_DEFAULT, info.dli_fbase);
}

/// Finds the functions in the first library that has them, and returns what is wrong, or NULL.
static const char *find_by_name(rota_curl_functions *into, const char *const *names, size_t count) {
    bool was_there = false;
    for (size_t index = 0; index < count; index++) {
        void *handle = dlopen(names[index], RTLD_NOW | RTLD_LOCAL);
        if (!handle) continue;
        was_there = true;
        if (find(into, handle, NULL)) return NULL;
        dlclose(handle);
    }
    memset(into, 0, sizeof *into);
    return was_there ? "this libcurl is too old; install version 7.68 or later"
                     : "libcurl.so.4 is not installed; install the package libcurl4 (Debian, Ubuntu) or libcurl";
}

static void load(void) {
    static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4", "libcurl.4.dylib"};
    if (!find_in_process(&rota_curl)) problem = find_by_name(&rota_curl, names, sizeof names / sizeof *names);
    if (problem) return;
    find_tls(&rota_curl);
    if (rota_curl.global_init(3) != 0) problem = "libcurl could not be initialized";
}

const char *rota_curl_problem(const char *name) {
    rota_curl_functions found = {0};
    return find_by_name(&found, &name, 1);
}

void rota_thread_prepare(void) {
#ifdef __APPLE__
    pthread_setname_np("rota.curl");
#else
    pthread_setname_np(pthread_self(), "rota.curl");
#endif
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
}

const char *rota_curl_load(void) {
    pthread_once(&once, load);
    return problem;
}

unsigned rota_curl_version(void) {
    if (rota_curl_load()) return 0;
    const rota_curl_version_data *data = rota_curl.version_info(0);
    return data ? data->version_num : 0;
}

const char *rota_curl_text(int code) {
    if (rota_curl_load()) return "unknown";
    const char *text = rota_curl.easy_strerror(code);
    return text ? text : "unknown";
}

// zlib's public interface, which libcurl brings along.

typedef struct {
    const uint8_t *next_in;
    unsigned avail_in;
    unsigned long total_in;
    uint8_t *next_out;
    unsigned avail_out;
    unsigned long total_out;
    const char *msg;
    void *state, *zalloc, *zfree, *opaque;
    int data_type;
    unsigned long adler, reserved;
} stream_data;

struct rota_inflater {
    stream_data stream;
};

static pthread_once_t zlib_once = PTHREAD_ONCE_INIT;
static int (*inflate_init)(stream_data *, int, const char *, int);
static int (*inflate_next)(stream_data *, int);
static int (*inflate_end)(stream_data *);

static void load_zlib(void) {
    void *handle = dlopen("libz.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!handle) return;
    *(void **)&inflate_init = dlsym(handle, "inflateInit2_");
    *(void **)&inflate_next = dlsym(handle, "inflate");
    *(void **)&inflate_end = dlsym(handle, "inflateEnd");
}

bool rota_zlib_load(void) {
    pthread_once(&zlib_once, load_zlib);
    return inflate_init && inflate_next && inflate_end;
}

rota_inflater *rota_inflater_create(int window_bits) {
    if (!rota_zlib_load()) return NULL;
    rota_inflater *inflater = calloc(1, sizeof *inflater);
    if (!inflater) return NULL;
    if (inflate_init(&inflater->stream, window_bits, "1.2.11", (int)sizeof inflater->stream) == 0) return inflater;
    free(inflater);
    return NULL;
}

void rota_inflater_destroy(rota_inflater *inflater) {
    if (!inflater) return;
    inflate_end(&inflater->stream);
    free(inflater);
}

static unsigned clamp(size_t count) { return count > 0x40000000 ? 0x40000000 : (unsigned)count; }

int rota_inflater_next(
    rota_inflater *inflater, const uint8_t *in, size_t in_count, size_t *in_used, uint8_t *out, size_t out_count,
    size_t *out_used) {
    stream_data *stream = &inflater->stream;
    unsigned given = clamp(in_count), room = clamp(out_count);
    stream->next_in = in;
    stream->avail_in = given;
    stream->next_out = out;
    stream->avail_out = room;
    int code = inflate_next(stream, 0);
    *in_used = given - stream->avail_in;
    *out_used = room - stream->avail_out;
    if (code == 1) return 1;
    // -5: nothing could be done for want of input or room.
    return code == 0 || code == -5 ? 0 : -1;
}
