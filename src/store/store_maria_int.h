/**
 * @file store_maria_int.h
 * A handle of MariaDB and its connection (store_maria_link.c), as the statements see it.
 * Thread: the handle's.
 */
#ifndef FX_STORE_STORE_MARIA_INT_H
#define FX_STORE_STORE_MARIA_INT_H

#include <mariadb/mysql.h>

#include "store/store_int.h"
#include "store/store_maria.h"

struct fx_store_maria_arrays;

struct fx_store_maria {
    struct fx_store base; /* first: a handle is one */
    const struct fx_store_maria_config *config;
    MYSQL *mysql;        /* NULL: not connected */
    uint64_t connection; /* counts them */
    fx_status gone;      /* what ended the transaction that is open; OK: nothing did */
    uint32_t failures;   /* to connect, in a row */
    int64_t retry_us;    /* no attempt before */
    int64_t return_us;   /* from the fallback; 0: not there */
    int64_t quiet_us;    /* of a reader: no question before; 0: any time */
    int64_t troubles;    /* questions that failed after a wait, in a row */
    bool is_patient;     /* the schema is being changed: answers may take minutes */
    bool has_arrays;
    bool is_away;                  /* its own server could not be reached, the fallback is asked */
    char held[FX_STORE_HOLD_SIZE]; /* the name that is held; "": none */
    unsigned long thread;          /* the server's number of the last connection; 0: none yet */
    MYSQL_BIND *binds;             /* parameters; heap */
    struct fx_store_maria_arrays *arrays; /* heap */
};

/** Make the first connection. @return as fx_store_maria_open(). */
FX_MUST_USE fx_status fx_store_maria_link_open(struct fx_store_maria *self);

/** Close the connection; statements are prepared anew on the next one. */
void fx_store_maria_link_drop(struct fx_store_maria *self);

/** A connection that can be used now. @return OK; in a transaction what has ended it; IO. */
FX_MUST_USE fx_status fx_store_maria_link_ensure(struct fx_store_maria *self);

/** Note a failure and say what it means; never OK. The connection or the transaction may be gone
 * by it. */
FX_MUST_USE fx_status fx_store_maria_link_judge(struct fx_store_maria *self,
                                                unsigned int code,
                                                const char *words);

/** May a question that was asked at this time (fx_clock_monotonic_us()) and met a lost connection
 * be asked once more? */
bool fx_store_maria_link_may_ask_again(const struct fx_store_maria *self, int64_t asked_us);

/** Note how a question went that was asked at this time: a reader that waited in vain is left alone
 * for a while, so that its caller is held up for a part of the time only. */
void fx_store_maria_link_note_question(struct fx_store_maria *self,
                                       int64_t asked_us,
                                       fx_status status);

/** Ways to prove who we are that this server may ask for: those that hand over the password only
 * where it was verified, is on this machine, or the configuration allows it. */
const char *fx_store_maria_link_plugins(const struct fx_store_maria_config *config);

/** The ops of these names. */
FX_MUST_USE fx_status fx_store_maria_link_control(struct fx_store *store,
                                                  enum fx_store_control what);
FX_MUST_USE fx_status fx_store_maria_link_script(struct fx_store *store, fx_str sql);
FX_MUST_USE fx_status fx_store_maria_link_change_schema(struct fx_store *store,
                                                        fx_str sql,
                                                        bool is_again);
FX_MUST_USE fx_status fx_store_maria_link_lock_schema(struct fx_store *store);
void fx_store_maria_link_unlock_schema(struct fx_store *store);
FX_MUST_USE fx_status fx_store_maria_link_take_turn(struct fx_store *store);
FX_MUST_USE fx_status fx_store_maria_link_hold(struct fx_store *store, fx_str name);

#endif
