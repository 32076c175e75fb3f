// libcurl's functions, as found at run time, and the few structures that they hand out.
#ifndef ROTA_LIBRARY_H
#define ROTA_LIBRARY_H

#include "CRotaCURL.h"

#include <sys/socket.h>

typedef struct {
    int age;
    const char *version;
    unsigned version_num;
} rota_curl_version_data;

typedef struct {
    const char *name;
    int id;
} rota_curl_option_data;

typedef struct {
    int msg;
    void *easy;
    union {
        void *whatever;
        int result;
    } data;
} rota_curl_message;

typedef struct rota_curl_list {
    char *data;
    struct rota_curl_list *next;
} rota_curl_list;

typedef struct {
    int family;
    int socktype;
    int protocol;
    unsigned addrlen;
    struct sockaddr addr;
} rota_curl_sockaddr;

typedef struct {
    int (*global_init)(long);
    rota_curl_version_data *(*version_info)(int);
    void *(*easy_init)(void);
    void (*easy_cleanup)(void *);
    int (*easy_setopt)(void *, int, ...);
    int (*easy_getinfo)(void *, int, ...);
    const char *(*easy_strerror)(int);
    const rota_curl_option_data *(*easy_option_by_name)(const char *);
    void *(*multi_init)(void);
    int (*multi_cleanup)(void *);
    int (*multi_setopt)(void *, int, ...);
    int (*multi_add_handle)(void *, void *);
    int (*multi_remove_handle)(void *, void *);
    int (*multi_socket_action)(void *, int, int, int *);
    rota_curl_message *(*multi_info_read)(void *, int *);
    /// OpenSSL's SSL_CTX_set_info_callback, from the library that libcurl is linked to, or NULL.
    void (*tls_on_event)(void *, void (*)(const void *, int, int));
} rota_curl_functions;

extern rota_curl_functions rota_curl;

#endif
