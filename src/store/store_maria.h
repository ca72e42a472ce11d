/**
 * @file store_maria.h
 * The adapter of the store for MariaDB and MySQL, by Connector/C.
 *
 * A handle is one connection that comes back by itself. A connection that is lost inside a
 * transaction takes the transaction with it (IO from then on, until rollback); outside of one the
 * next call makes a new connection. A question that meets a lost connection is asked once more. A
 * write whose answer is lost gives TIMEOUT: nobody knows whether it was done. Attempts to connect
 * keep a distance that doubles up to two seconds (more, where an attempt takes long); between them
 * a call fails at once. Deadlocks and lock timeouts give BUSY: the transaction is gone, try it
 * again as a whole. A reader whose question failed after a wait gives BUSY at once for a while, so
 * that its caller waits for a part of the time only. Thread: the handle's. The first handle of a
 * process is opened before there are threads.
 */
#ifndef FX_STORE_STORE_MARIA_H
#define FX_STORE_STORE_MARIA_H

#include "store/store.h"

enum fx_store_maria_mode {
    FX_STORE_MARIA_WRITER = 1, /* READ COMMITTED; waits up to 5 s for another's lock */
    FX_STORE_MARIA_READER = 2  /* writes are refused; an answer that takes 3 s is given up */
};

/** How rows go together. */
enum fx_store_maria_batch {
    FX_STORE_MARIA_BATCH_AUTO = 0,  /* arrays where the server takes them (MariaDB) */
    FX_STORE_MARIA_BATCH_ARRAY = 1, /* one INSERT with arrays of parameters */
    FX_STORE_MARIA_BATCH_ROWS = 2   /* one INSERT with many rows (MySQL) */
};

/** Where and who. NULL and 0 are "not set". The texts are kept until the handle is closed. */
struct fx_store_maria_config {
    const char *host;
    uint16_t port; /* 0: 3306 */
    const char *username;
    const char *password;
    const char *database;
    bool is_tls_required; /* also by any of the files */
    const char *tls_ca;   /* file, PEM: the server must show a certificate of this authority */
    const char *tls_cert; /* file, PEM: ours, with its key */
    const char *tls_key;
    /** Hand the password over to a server that was not verified by `tls_ca` and is not on this
     * machine, where it asks for that (caching_sha2_password). */
    bool is_unverified_allowed;
    enum fx_store_maria_batch batch;
    /** Where a reader goes while it cannot reach this server; it tries to come back every 30
     * seconds. NULL: nowhere. Kept. */
    const struct fx_store_maria_config *fallback;
};

enum { FX_STORE_MARIA_ERROR_SIZE = 256 };

/**
 * Connect. @return OK and a handle the caller closes; NOT_FOUND (no such database); IO (no server,
 * or it does not let us in); BUSY (too many connections); NO_MEMORY. On failure the database's
 * words are in `error_out`; a password never is.
 */
FX_MUST_USE fx_status fx_store_maria_open(const struct fx_store_maria_config *config,
                                          enum fx_store_maria_mode mode,
                                          struct fx_store **store_out,
                                          char error_out[FX_STORE_MARIA_ERROR_SIZE]);

/** True where rows go in arrays, false where in one long INSERT. Asserts a handle of this adapter.
 */
bool fx_store_maria_has_arrays(const struct fx_store *store);

#endif
