#ifndef ROTA_LIBPQ_H
#define ROTA_LIBPQ_H

#include <libpq-fe.h>

#ifndef LIBPQ_HAS_PIPELINING
#error "RotaPostgres needs libpq 14 or newer, which has the pipeline mode. Install a newer libpq-dev."
#endif

// The fields of an error, which libpq declares as macros of characters.
static const int rota_diagnostic_severity = PG_DIAG_SEVERITY_NONLOCALIZED;
static const int rota_diagnostic_sqlstate = PG_DIAG_SQLSTATE;
static const int rota_diagnostic_message = PG_DIAG_MESSAGE_PRIMARY;
static const int rota_diagnostic_hint = PG_DIAG_MESSAGE_HINT;
static const int rota_diagnostic_constraint = PG_DIAG_CONSTRAINT_NAME;

static void rota_ignore_notice(void *context, const char *message) {
    (void)context;
    (void)message;
}

/// Discards the server's notices, which libpq would print to the standard error.
static inline void rota_silence(PGconn *connection) {
    PQsetNoticeProcessor(connection, rota_ignore_notice, NULL);
}

#endif
