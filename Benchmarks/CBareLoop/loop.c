#define _GNU_SOURCE
#include "CBareLoop.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

typedef struct {
    int msg;
    void *easy;
    union {
        void *whatever;
        int result;
    } data;
} message;

static size_t swallow(char *bytes, size_t size, size_t items, void *context) {
    (void)bytes;
    *(size_t *)context += size * items;
    return size * items;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

double bare_curl_loop(const char *url, const void *body, size_t size, int parallel, int count) {
    void *library = dlopen("libcurl.so.4", RTLD_NOW);
    if (!library) return -1;
    int (*init)(long) = (int (*)(long))dlsym(library, "curl_global_init");
    void *(*easy_init)(void) = (void *(*)(void))dlsym(library, "curl_easy_init");
    void (*easy_cleanup)(void *) = (void (*)(void *))dlsym(library, "curl_easy_cleanup");
    int (*set)(void *, int, ...) = (int (*)(void *, int, ...))dlsym(library, "curl_easy_setopt");
    void *(*multi_init)(void) = (void *(*)(void))dlsym(library, "curl_multi_init");
    int (*multi_cleanup)(void *) = (int (*)(void *))dlsym(library, "curl_multi_cleanup");
    int (*add)(void *, void *) = (int (*)(void *, void *))dlsym(library, "curl_multi_add_handle");
    int (*remove)(void *, void *) = (int (*)(void *, void *))dlsym(library, "curl_multi_remove_handle");
    int (*perform)(void *, int *) = (int (*)(void *, int *))dlsym(library, "curl_multi_perform");
    int (*wait)(void *, void *, unsigned, int, int *) =
        (int (*)(void *, void *, unsigned, int, int *))dlsym(library, "curl_multi_poll");
    message *(*read)(void *, int *) = (message * (*)(void *, int *)) dlsym(library, "curl_multi_info_read");
    if (!init || !easy_init || !easy_cleanup || !set || !multi_init || !multi_cleanup || !add || !remove || !perform
        || !wait || !read || init(3))
        return -1;
    void *multi = multi_init();
    void **easies = calloc((size_t)parallel, sizeof *easies);
    if (!multi || !easies) return -1;
    size_t received = 0;
    for (int index = 0; index < parallel; index++) {
        void *easy = easies[index] = easy_init();
        set(easy, 10002, url);                // URL
        set(easy, 10015, body);               // POSTFIELDS
        set(easy, 60, (long)size);            // POSTFIELDSIZE
        set(easy, 20011, swallow);            // WRITEFUNCTION
        set(easy, 10001, (void *)&received);  // WRITEDATA
        set(easy, 99, 1L);                    // NOSIGNAL
        add(multi, easy);
    }
    double start = now();
    int begun = parallel, done = 0, running, left;
    bool failed = false;
    while (done < count && !failed) {
        if (perform(multi, &running)) failed = true;
        for (message *next; (next = read(multi, &left));) {
            if (next->msg != 1) continue;
            void *easy = next->easy;
            if (next->data.result) failed = true;
            done++;
            remove(multi, easy);
            if (begun < count) {
                begun++;
                add(multi, easy);
            }
        }
        if (done < count) wait(multi, NULL, 0, 1000, NULL);
    }
    double seconds = now() - start;
    for (int index = 0; index < parallel; index++) {
        remove(multi, easies[index]);
        easy_cleanup(easies[index]);
    }
    multi_cleanup(multi);
    free(easies);
    return failed ? -1 : seconds;
}
