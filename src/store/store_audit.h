/**
 * @file store_audit.h
 * The audit log: who did what, and how it ended. Rows are only appended; each holds the hash of the
 * one before it, so a changed, missing or inserted row breaks the chain. Thread: the handle's;
 * append needs a writer.
 */
#ifndef FX_STORE_STORE_AUDIT_H
#define FX_STORE_STORE_AUDIT_H

#include "store/store.h"

/** A row of audit_log. Texts are NUL-terminated. */
struct fx_store_audit {
    uint64_t id;      /* from 1, without gaps */
    uint64_t user_id; /* who acted; 0 = nobody that is known, or the console */
    char action[40];  /* "admin.user.update", "login" … */
    char subject[96]; /* what was acted on: "user:7", "symbol:BTCUSDT" … */
    char detail[448]; /* JSON of the values, without secrets */
    char ip[48];
    char request_id[68];
    char outcome[40]; /* "BEGIN" before a command; "OK"; the code of an error */
    int64_t created_us;
    char previous_hash[68]; /* hex SHA-256; of the first row: zeros */
    char hash[68];
};

struct fx_store_audit_query {
    uint64_t user_id; /* 0 = all */
    fx_str action;    /* empty = all */
    fx_str subject;   /* empty = all */
    struct fx_store_span created;
    struct fx_store_page page;
};

/**
 * Append in the caller's transaction; id and hashes are filled in here. A writer's
 * transaction excludes all others from its begin on, so that the chain never forks.
 */
FX_MUST_USE fx_status fx_store_audit_append(struct fx_store *store, struct fx_store_audit *row);

/** Rows, newest first. */
FX_MUST_USE fx_status fx_store_audit_list(struct fx_store *store,
                                          const struct fx_store_audit_query *query,
                                          struct fx_store_audit rows_out[],
                                          uint32_t *count_out);

struct fx_store_audit_report {
    uint64_t count;     /* rows that hold, from the first on */
    uint64_t bad_id;    /* the first that does not; 0 = none */
    const char *reason; /* why; static; "" where none */
    char head_hash[68]; /* of the last row that holds; zeros where there is none */
};

/**
 * Read the whole log and compare every hash. What was cut off at the end leaves a whole chain: keep
 * count and head_hash elsewhere to see it. @return OK (also with a bad row: see the report).
 */
FX_MUST_USE fx_status fx_store_audit_verify(struct fx_store *store,
                                            struct fx_store_audit_report *report_out);

#endif
