#include "internal.h"

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
        {"CLOSESOCKETFUNCTION", OPT_CLOSESOCKETFUNCTION},
        {"CLOSESOCKETDATA", OPT_CLOSESOCKETDATA},
        {"SSL_CTX_FUNCTION", OPT_SSL_CTX_FUNCTION},
        {"SSL_CTX_DATA", OPT_SSL_CTX_DATA},
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
