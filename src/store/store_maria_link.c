/* The connection to MariaDB or MySQL: errors, sessions, transactions, changes of the schema.
 *
 * Before anything is sent outside of a transaction the socket is asked whether the server has hung
 * up (a restart, an idle timeout): then there is a new connection before there is an unknown
 * outcome. */
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <mariadb/mysqld_error.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/panic.h"
#include "store/store_maria_error_int.h"
#include "store/store_maria_int.h"

enum {
    CONNECT_TIMEOUT_S = 2,
    READER_TIMEOUT_S = 5,
    READER_STATEMENT_S = 3, /* the server gives up before we do: the connection lives on */
    READER_LOCK_WAIT_S = 1, /* behind a change of the schema: nothing else holds up a reader */
    WRITER_TIMEOUT_S = 30,
    SCHEMA_TIMEOUT_S = 600, /* a migration of a large table */
    WRITE_TIMEOUT_S = 30,
    LOCK_WAIT_S = 5,
    HOLD_WAIT_S = 10, /* for a process that is just going away … */
    HOLD_AGAIN_S = 2, /* … and on a later connection, which is tried again */
    HOLD_IDLE_S = 60, /* then the server gives up a connection, and what it holds */
    KEEPALIVE_S = 10, /* then two probes: a peer that is gone is noticed within 25 s */
    DEAD_PEER_MS = 25000,
    RETRY_US_MIN = 50000,
    RETRY_US_MAX = 2000000,
    SPENT_FACTOR = 9, /* a caller who waits for connections does so a tenth of the time at most */
    SLOW_US = 500000, /* a question that fails later than this has held its caller up */
    RETURN_US = 30000000,   /* from the fallback */
    ASK_AGAIN_US = 1000000, /* a loss that took longer is not worth a second wait */
    PORT = 3306
};

static struct fx_store_maria *self_of(struct fx_store *store)
{
    return (struct fx_store_maria *)store;
}

/* ---- errors -----------------------------------------------------------------------------------
 */

/* The server's words, and what can be done about it. */
static void note(struct fx_store_maria *self, unsigned int code, const char *words)
{
    char text[FX_STORE_ERROR_SIZE];
    const char *advice = fx_store_maria_error_of(code).words;
    const bool has_advice = advice[0] != '\0';
    (void)snprintf(text,
                   sizeof text,
                   "%u: %s%s%s%s",
                   code,
                   words,
                   has_advice ? " (" : "",
                   advice,
                   has_advice ? ")" : "");
    fx_store_note_error(&self->base, fx_str_of(text));
}

/* Close the connection; statements are prepared anew on the next one. */
void fx_store_maria_link_drop(struct fx_store_maria *self)
{
    if (self->mysql != NULL) {
        mysql_close(self->mysql);
        self->mysql = NULL;
    }
}

/* What a failure of the server or the connection means. A transaction does not outlive it: not with
 * a lost connection, not with a deadlock; and what a lock timeout leaves is not to be built on. */
fx_status fx_store_maria_link_judge(struct fx_store_maria *self,
                                    unsigned int code,
                                    const char *words)
{
    const struct fx_store_maria_error error = fx_store_maria_error_of(code);
    FX_ASSERT(error.status != FX_OK);
    note(self, code, words);
    if (error.is_lost) {
        fx_store_maria_link_drop(self);
    }
    if (self->base.is_in_transaction && (error.status == FX_BUSY || self->mysql == NULL)) {
        self->gone = error.status;
    }
    return error.status;
}

static fx_status judge_connection(struct fx_store_maria *self)
{
    return fx_store_maria_link_judge(self, mysql_errno(self->mysql), mysql_error(self->mysql));
}

/* ---- the connection ---------------------------------------------------------------------------
 */

static bool is_tls_wanted(const struct fx_store_maria_config *config)
{
    return config->is_tls_required || config->tls_ca != NULL || config->tls_cert != NULL;
}

/* The server is on this machine, or it has shown a certificate of the right authority. */
static bool is_trusted(const struct fx_store_maria_config *config)
{
    const fx_str host = fx_str_of(config->host == NULL ? "localhost" : config->host);
    return config->tls_ca != NULL || config->is_unverified_allowed ||
           fx_str_is_equal(host, FX_STR("localhost")) || fx_str_is_equal(host, FX_STR("::1")) ||
           fx_str_has_prefix(host, FX_STR("127."));
}

/* With the two of MySQL the client hands the password over: in TLS with whoever is at its other
 * end, or encrypted for a key that the other end has just sent. The first two prove it only. */
const char *fx_store_maria_link_plugins(const struct fx_store_maria_config *config)
{
    return is_trusted(config) ? "mysql_native_password,client_ed25519,caching_sha2_password,"
                                "sha256_password"
                              : "mysql_native_password,client_ed25519";
}

static unsigned int read_timeout_s(const struct fx_store_maria *self)
{
    if (!self->base.is_writer) {
        return READER_TIMEOUT_S;
    }
    return self->is_patient ? SCHEMA_TIMEOUT_S : WRITER_TIMEOUT_S;
}

static void set_options(const struct fx_store_maria *self,
                        MYSQL *mysql,
                        const struct fx_store_maria_config *config)
{
    const unsigned int connect_s = CONNECT_TIMEOUT_S;
    const unsigned int read_s = read_timeout_s(self);
    const unsigned int write_s = WRITE_TIMEOUT_S;
    const unsigned int no = 0;
    const my_bool yes = 1;
    (void)mysql_optionsv(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
    (void)mysql_optionsv(mysql, MYSQL_OPT_READ_TIMEOUT, &read_s);
    (void)mysql_optionsv(mysql, MYSQL_OPT_WRITE_TIMEOUT, &write_s);
    (void)mysql_optionsv(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    /* A server that is not ours must neither ask for a file of this machine nor for the password in
     * clear. */
    (void)mysql_optionsv(mysql, MYSQL_OPT_LOCAL_INFILE, &no);
    (void)mysql_optionsv(mysql, MARIADB_OPT_RESTRICTED_AUTH, fx_store_maria_link_plugins(config));
    if (is_tls_wanted(config)) {
        (void)mysql_optionsv(mysql, MYSQL_OPT_SSL_ENFORCE, &yes);
    }
    if (config->tls_ca != NULL) {
        (void)mysql_optionsv(mysql, MYSQL_OPT_SSL_CA, config->tls_ca);
        (void)mysql_optionsv(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
    }
    if (config->tls_cert != NULL) {
        (void)mysql_optionsv(mysql, MYSQL_OPT_SSL_CERT, config->tls_cert);
        (void)mysql_optionsv(mysql, MYSQL_OPT_SSL_KEY, config->tls_key);
    }
}

static void set_keepalive(MYSQL *mysql)
{
    const int socket = (int)mysql_get_socket(mysql);
    const int yes = 1, idle_s = KEEPALIVE_S, step_s = KEEPALIVE_S / 2, probes = 3;
    const unsigned int dead_ms = DEAD_PEER_MS;
    (void)setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
    (void)setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
    (void)setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &step_s, sizeof step_s);
    (void)setsockopt(socket, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
    (void)setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &dead_ms, sizeof dead_ms);
}

static bool run(MYSQL *mysql, fx_str sql)
{
    return mysql_real_query(mysql, sql.data, (unsigned long)sql.size) == 0;
}

/* How long a statement may wait: a reader holds up whoever asks it. */
static bool set_limits(const struct fx_store_maria *self, MYSQL *mysql)
{
    char sql[256];
    const bool is_writer = self->base.is_writer;
    const bool is_maria = mariadb_connection(mysql) != 0;
    (void)snprintf(sql,
                   sizeof sql,
                   "SET SESSION innodb_lock_wait_timeout=%d,lock_wait_timeout=%d",
                   is_writer ? LOCK_WAIT_S : READER_LOCK_WAIT_S,
                   self->is_patient ? SCHEMA_TIMEOUT_S / 2
                   : is_writer      ? LOCK_WAIT_S
                                    : READER_LOCK_WAIT_S);
    const bool is_set = run(mysql, fx_str_of(sql));
    if (!is_set || is_writer) {
        return is_set;
    }
    (void)snprintf(sql,
                   sizeof sql,
                   is_maria ? "SET SESSION max_statement_time=%d"
                            : "SET SESSION max_execution_time=%d000",
                   READER_STATEMENT_S);
    return run(mysql, fx_str_of(sql));
}

/* Whatever the server's defaults are: strict, UTC, InnoDB. Found rows: an update that changes
 * nothing has still found its row. */
static bool set_session(const struct fx_store_maria *self, MYSQL *mysql)
{
    return run(mysql,
               FX_STR("SET SESSION sql_mode='STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,"
                      "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO',"
                      "time_zone='+00:00',autocommit=1,default_storage_engine=InnoDB")) &&
           set_limits(self, mysql) &&
           run(mysql,
               self->base.is_writer
                   ? FX_STR("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
                   : FX_STR("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")) &&
           (self->base.is_writer || run(mysql, FX_STR("SET SESSION TRANSACTION READ ONLY")));
}

/* ---- the name of a saver ----------------------------------------------------------------------
 */

/* A statement that answers with one number. @return false: none, or NULL. */
static bool ask_number(MYSQL *mysql, const char *sql, uint64_t *number_out)
{
    if (!run(mysql, fx_str_of(sql))) {
        return false;
    }
    MYSQL_RES *result = mysql_store_result(mysql);
    MYSQL_ROW row = result == NULL ? NULL : mysql_fetch_row(result);
    const bool has_number = row != NULL && row[0] != NULL;
    *number_out = has_number ? strtoull(row[0], NULL, 10) : 0;
    mysql_free_result(result);
    return has_number;
}

/* `what`(name`more`), with the name of this handle in this database. */
static bool ask_lock(struct fx_store_maria *self,
                     const char *what,
                     const char *more,
                     uint64_t *number_out)
{
    char hex[2 * FX_STORE_HOLD_SIZE + 1] = "";
    char sql[sizeof hex + 128];
    for (size_t index = 0; self->held[index] != '\0'; index++) {
        (void)snprintf(&hex[2 * index], 3, "%02x", (unsigned)(unsigned char)self->held[index]);
    }
    (void)snprintf(sql,
                   sizeof sql,
                   "SELECT %s(CONCAT('future:',LEFT(SHA2(CONCAT(DATABASE(),'/',X'%s'),256),32))%s)",
                   what,
                   hex,
                   more);
    return ask_number(self->mysql, sql, number_out);
}

/* Our own last connection may still hold the name, where the server has not heard of its end: it is
 * ended. @return false: no answer. */
static bool end_last(struct fx_store_maria *self)
{
    char sql[32];
    uint64_t holder = 0;
    const unsigned long last = self->thread;
    if (last == 0 || last == mysql_thread_id(self->mysql) ||
        !ask_lock(self, "IS_USED_LOCK", "", &holder) || holder != last) {
        return mysql_errno(self->mysql) == 0;
    }
    (void)snprintf(sql, sizeof sql, "KILL %lu", last);
    (void)run(self->mysql, fx_str_of(sql)); /* it may be gone meanwhile */
    return true;
}

static void note_holder(struct fx_store_maria *self)
{
    char words[FX_STORE_ERROR_SIZE];
    uint64_t holder = 0;
    (void)ask_lock(self, "IS_USED_LOCK", "", &holder);
    (void)snprintf(words,
                   sizeof words,
                   "another saver of the name %s is at work: connection %" PRIu64
                   " of the server (SHOW PROCESSLIST)",
                   self->held,
                   holder);
    fx_store_note_error(&self->base, fx_str_of(words));
}

/* Take the name on a connection, waiting so long for who has it. The server gives up a holder that
 * says nothing, so that a machine that is gone does not hold it for ever. @return OK; BUSY, IO: the
 * connection is closed. */
static fx_status take_held(struct fx_store_maria *self, int wait_s)
{
    char text[64];
    uint64_t is_taken = 0;
    if (self->held[0] == '\0') {
        return FX_OK;
    }
    (void)snprintf(text, sizeof text, "SET SESSION wait_timeout=%d", HOLD_IDLE_S);
    bool is_answered = run(self->mysql, fx_str_of(text)) && end_last(self);
    if (is_answered) {
        (void)snprintf(text, sizeof text, ",%d", wait_s);
        is_answered = ask_lock(self, "GET_LOCK", text, &is_taken);
    }
    if (is_taken == 1) {
        self->thread = mysql_thread_id(self->mysql); /* whose name it is, from here on */
        return FX_OK;
    }
    if (is_answered) {
        note_holder(self);
    } else {
        note(self, mysql_errno(self->mysql), mysql_error(self->mysql));
    }
    fx_store_maria_link_drop(self);
    return is_answered ? FX_BUSY : FX_IO;
}

fx_status fx_store_maria_link_hold(struct fx_store *store, fx_str name)
{
    struct fx_store_maria *self = self_of(store);
    FX_ASSERT(!store->is_in_transaction);
    char wanted[sizeof self->held];
    if (!fx_str_copy(name, wanted, sizeof wanted)) {
        return FX_BAD_PARAMETER;
    }
    fx_status status = fx_store_maria_link_ensure(self);
    if (status == FX_OK) {
        memcpy(self->held, wanted, sizeof wanted);
        status = take_held(self, HOLD_WAIT_S);
    }
    if (status != FX_OK) {
        self->held[0] = '\0'; /* the handle lives on without a name */
    }
    return status == FX_BUSY ? FX_LOCKED : status;
}

/* ---- connecting -------------------------------------------------------------------------------
 */

static fx_status connect_to(struct fx_store_maria *self, const struct fx_store_maria_config *config)
{
    MYSQL *mysql = mysql_init(NULL);
    if (mysql == NULL) {
        return FX_NO_MEMORY;
    }
    set_options(self, mysql, config);
    const bool is_up = mysql_real_connect(mysql,
                                          config->host,
                                          config->username,
                                          config->password,
                                          config->database,
                                          config->port == 0 ? PORT : config->port,
                                          NULL,
                                          CLIENT_FOUND_ROWS) != NULL &&
                       set_session(self, mysql);
    /* "Enforce" alone lets a server without TLS pass. */
    if (is_up && is_tls_wanted(config) && mysql_get_ssl_cipher(mysql) == NULL) {
        fx_store_note_error(&self->base, FX_STR("the server has no TLS (SSL), which is required"));
        mysql_close(mysql);
        return FX_IO;
    }
    if (!is_up) {
        const unsigned int code = mysql_errno(mysql);
        note(self, code, mysql_error(mysql));
        mysql_close(mysql);
        const fx_status status = fx_store_maria_error_of(code).status;
        return status == FX_OK || status == FX_INTERNAL ? FX_IO : status;
    }
    set_keepalive(mysql);
    unsigned long extended = 0; /* the width that is written */
    (void)mariadb_get_infov(mysql, MARIADB_CONNECTION_EXTENDED_SERVER_CAPABILITIES, &extended);
    const unsigned long bulk = (unsigned long)(MARIADB_CLIENT_STMT_BULK_OPERATIONS >> 32U);
    self->has_arrays = config->batch == FX_STORE_MARIA_BATCH_AUTO
                           ? (extended & bulk) != 0
                           : config->batch == FX_STORE_MARIA_BATCH_ARRAY;
    self->mysql = mysql;
    self->connection++;
    return take_held(self, HOLD_AGAIN_S);
}

/* To its own server, else to the other one. Which of them it is, is said where it changes. */
static fx_status connect_any(struct fx_store_maria *self)
{
    const struct fx_store_maria_config *fallback = self->config->fallback;
    fx_status status = connect_to(self, self->config);
    self->return_us = 0;
    if (fallback == NULL) {
        return status;
    }
    const bool was_away = self->is_away;
    const fx_status reason = status;
    self->is_away = status != FX_OK;
    if (self->is_away) {
        status = connect_to(self, fallback);
        self->return_us = status == FX_OK ? fx_clock_monotonic_us() + RETURN_US : 0;
    }
    if (self->is_away && !was_away) {
        FX_LOG(FX_LOG_WARN,
               "store",
               "the server for lists cannot be reached: the other one is asked meanwhile",
               fx_log_text("host", self->config->host),
               fx_log_status("err", reason));
    } else if (!self->is_away && was_away) {
        FX_LOG(FX_LOG_INFO,
               "store",
               "the server for lists is back",
               fx_log_text("host", self->config->host));
    }
    return status;
}

fx_status fx_store_maria_link_open(struct fx_store_maria *self)
{
    const int64_t begun_us = fx_clock_monotonic_us();
    const fx_status status = connect_any(self);
    if (status == FX_OK) {
        self->failures = 0;
        return FX_OK;
    }
    const int64_t now_us = fx_clock_monotonic_us();
    const uint32_t shift = self->failures < 6 ? self->failures : 6;
    const bool is_refused = status == FX_BUSY; /* a server is there, and holds nobody up */
    const int64_t spent_us = is_refused ? 0 : (now_us - begun_us) * SPENT_FACTOR;
    int64_t wait_us = (int64_t)RETRY_US_MIN << shift;
    wait_us = wait_us < RETRY_US_MAX ? wait_us : RETRY_US_MAX;
    wait_us = wait_us > spent_us ? wait_us : spent_us;
    self->failures++;
    self->retry_us = now_us + wait_us;
    return status;
}

static bool has_hung_up(const struct fx_store_maria *self)
{
    struct pollfd ask = {.fd = (int)mysql_get_socket(self->mysql), .events = POLLRDHUP};
    return poll(&ask, 1, 0) > 0;
}

/* A connection that can be used now. */
fx_status fx_store_maria_link_ensure(struct fx_store_maria *self)
{
    if (self->base.is_in_transaction) {
        return self->gone;
    }
    if (self->quiet_us != 0 && fx_clock_monotonic_us() < self->quiet_us) {
        return FX_BUSY; /* the words of what failed stay */
    }
    const bool is_back_due = self->return_us != 0 && fx_clock_monotonic_us() >= self->return_us;
    if (self->mysql != NULL && (is_back_due || has_hung_up(self))) {
        fx_store_maria_link_drop(self);
    }
    if (self->mysql != NULL) {
        return FX_OK;
    }
    if (self->failures > 0 && fx_clock_monotonic_us() < self->retry_us) {
        return FX_IO; /* the words of the last attempt stay */
    }
    return fx_store_maria_link_open(self);
}

/* May a question that met a lost connection be asked once more? */
bool fx_store_maria_link_may_ask_again(const struct fx_store_maria *self, int64_t asked_us)
{
    return self->mysql == NULL && !self->base.is_in_transaction &&
           fx_clock_monotonic_us() - asked_us < ASK_AGAIN_US;
}

/* One failure after the other makes the pauses longer, in which a reader's caller is not held up.
 */
// NOLINTBEGIN(bugprone-easily-swappable-parameters): a time, and how it went
void fx_store_maria_link_note_question(struct fx_store_maria *self,
                                       int64_t asked_us,
                                       fx_status status)
// NOLINTEND(bugprone-easily-swappable-parameters)
{
    const int64_t now_us = fx_clock_monotonic_us();
    if (status == FX_OK) {
        self->troubles = 0;
        self->quiet_us = 0;
        return;
    }
    const bool has_waited = now_us - asked_us >= SLOW_US;
    if (!self->base.is_writer && has_waited && (status == FX_BUSY || status == FX_IO)) {
        self->troubles += self->troubles < SPENT_FACTOR ? 1 : 0;
        self->quiet_us = now_us + (now_us - asked_us) * self->troubles;
    }
}

static fx_status run_plain(struct fx_store_maria *self, fx_str sql)
{
    if (!run(self->mysql, sql)) {
        return judge_connection(self);
    }
    MYSQL_RES *result = mysql_store_result(self->mysql); /* of a SELECT; not looked at */
    mysql_free_result(result);
    return FX_OK;
}

static fx_status begin(struct fx_store_maria *self)
{
    const fx_str sql = self->base.is_writer
                           ? FX_STR("START TRANSACTION")
                           : FX_STR("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
    const int64_t asked_us = fx_clock_monotonic_us();
    fx_status status = fx_store_maria_link_ensure(self);
    if (status == FX_OK) {
        status = run_plain(self, sql);
    }
    if (status != FX_OK && fx_store_maria_link_may_ask_again(self, asked_us)) {
        status = fx_store_maria_link_ensure(self);
        status = status == FX_OK ? run_plain(self, sql) : status;
    }
    self->gone = FX_OK;
    return status;
}

static fx_status commit(struct fx_store_maria *self)
{
    if (self->gone != FX_OK) {
        return self->gone;
    }
    const fx_status status = run_plain(self, FX_STR("COMMIT"));
    if (status == FX_IO && self->mysql == NULL) {
        self->gone = FX_TIMEOUT;
        return FX_TIMEOUT; /* sent, and no answer came: done or not, nobody knows */
    }
    return status;
}

fx_status fx_store_maria_link_control(struct fx_store *store, enum fx_store_control what)
{
    struct fx_store_maria *self = self_of(store);
    switch (what) {
    case FX_STORE_BEGIN:
        return begin(self);
    case FX_STORE_COMMIT:
        return commit(self);
    case FX_STORE_ROLLBACK:
        if (self->mysql != NULL && !run(self->mysql, FX_STR("ROLLBACK"))) {
            fx_store_maria_link_drop(self); /* then the server does it */
        }
        self->gone = FX_OK;
        return FX_OK;
    }
    fx_panic(__FILE__, __LINE__, "control is one of the three");
}

/* ---- scripts and migrations -------------------------------------------------------------------
 */

/* What a statement of a migration says where an earlier try has done it. */
static bool is_done_already(unsigned int code)
{
    return code == ER_TABLE_EXISTS_ERROR || code == ER_DUP_FIELDNAME || code == ER_DUP_KEYNAME ||
           code == ER_TRG_ALREADY_EXISTS || code == ER_BAD_TABLE_ERROR ||
           code == ER_CANT_DROP_FIELD_OR_KEY;
}

fx_status fx_store_maria_link_change_schema(struct fx_store *store, fx_str sql, bool is_again)
{
    struct fx_store_maria *self = self_of(store);
    const fx_status status = fx_store_maria_link_ensure(self);
    if (status != FX_OK) {
        return status;
    }
    if (!run(self->mysql, sql)) {
        const unsigned int code = mysql_errno(self->mysql);
        return code == ER_EMPTY_QUERY || (is_again && is_done_already(code))
                   ? FX_OK /* only a comment, or done */
                   : judge_connection(self);
    }
    mysql_free_result(mysql_store_result(self->mysql)); /* of a SELECT; not looked at */
    return FX_OK;
}

fx_status fx_store_maria_link_script(struct fx_store *store, fx_str sql)
{
    fx_str left = sql, one;
    fx_status status = FX_OK;
    while (status == FX_OK && fx_store_migrate_next(&left, &one)) {
        status = fx_store_maria_link_change_schema(store, one, false);
    }
    return status;
}

fx_status fx_store_maria_link_lock_schema(struct fx_store *store)
{
    struct fx_store_maria *self = self_of(store);
    int64_t is_locked = 0;
    self->is_patient = true; /* an answer may take minutes: on a connection that waits for it */
    fx_store_maria_link_drop(self);
    fx_store_sql(store,
                 FX_STR("SELECT GET_LOCK(CONCAT('future:',LEFT(SHA2(DATABASE(),256),32)),60)"));
    fx_status status = fx_store_number(store, NULL, 0, &is_locked);
    if (status == FX_OK && is_locked != 1) {
        fx_store_note_error(store, FX_STR("another process changes the schema"));
        status = FX_BUSY;
    }
    self->is_patient = status == FX_OK;
    return status;
}

/* The lock goes with the connection. */
void fx_store_maria_link_unlock_schema(struct fx_store *store)
{
    struct fx_store_maria *self = self_of(store);
    self->is_patient = false;
    fx_store_maria_link_drop(self);
}

/* The row of the first migration is what transactions queue up for. */
fx_status fx_store_maria_link_take_turn(struct fx_store *store)
{
    int64_t number = 0;
    fx_store_sql(store, FX_STR("SELECT `id` FROM `migrations` WHERE `id`=1 FOR UPDATE"));
    return fx_store_number(store, NULL, 0, &number);
}
