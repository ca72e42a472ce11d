/* The connection to MariaDB or MySQL: errors, sessions, transactions, changes of the schema.
 *
 * Before anything is sent outside of a transaction the socket is asked whether the server has hung
 * up (a restart, an idle timeout): then there is a new connection before there is an unknown
 * outcome. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

#include <mariadb/errmsg.h>
#include <mariadb/mysqld_error.h>

#include "base/clock.h"
#include "base/panic.h"
#include "store/store_maria_int.h"

enum {
    CONNECT_TIMEOUT_S = 2,
    READER_TIMEOUT_S = 5,
    WRITER_TIMEOUT_S = 600, /* a migration of a large table */
    WRITE_TIMEOUT_S = 30,
    LOCK_WAIT_S = 5,
    KEEPALIVE_S = 10, /* then two probes: a peer that is gone is noticed within 25 s */
    DEAD_PEER_MS = 25000,
    RETRY_US_MIN = 50000,
    RETRY_US_MAX = 2000000,
    SPENT_FACTOR = 9, /* a caller who waits for connections does so a tenth of the time at most */
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

static bool is_lost(unsigned int code)
{
    switch (code) {
    case CR_SERVER_GONE_ERROR:
    case CR_SERVER_LOST:
    case CR_SERVER_LOST_EXTENDED:
    case CR_COMMANDS_OUT_OF_SYNC: /* cannot be mended */
    case CR_MALFORMED_PACKET:
    case CR_NET_PACKET_TOO_LARGE:
    case CR_STMT_CLOSED:
    case ER_SERVER_SHUTDOWN:
    case ER_CONNECTION_KILLED:
    case ER_NEW_ABORTING_CONNECTION:
    case ER_NET_READ_ERROR_FROM_PIPE:
    case ER_OPTION_PREVENTS_STATEMENT: /* it serves reads only now: perhaps another one writes */
        return true;
    default:
        return false;
    }
}

static fx_status status_of(unsigned int code)
{
    switch (code) {
    case 0:
        return FX_OK;
    case ER_DUP_ENTRY:
    case ER_DUP_ENTRY_WITH_KEY_NAME:
    case ER_TABLE_EXISTS_ERROR:
        return FX_EXISTS;
    case ER_LOCK_DEADLOCK:
    case ER_LOCK_WAIT_TIMEOUT:
    case ER_CON_COUNT_ERROR:
    case ER_TOO_MANY_USER_CONNECTIONS:
    case ER_USER_LIMIT_REACHED:
    case ER_STATEMENT_TIMEOUT:
    case ER_QUERY_INTERRUPTED:
        return FX_BUSY;
    case ER_NO_REFERENCED_ROW:
    case ER_NO_REFERENCED_ROW_2:
    case ER_ROW_IS_REFERENCED:
    case ER_ROW_IS_REFERENCED_2:
    case ER_BAD_NULL_ERROR:
    case ER_WARN_DATA_OUT_OF_RANGE:
    case ER_DATA_TOO_LONG:
    case WARN_DATA_TRUNCATED:
    case ER_TRUNCATED_WRONG_VALUE:
    case ER_TRUNCATED_WRONG_VALUE_FOR_FIELD:
    case ER_SIGNAL_EXCEPTION:
    case ER_CONSTRAINT_FAILED:
        return FX_BAD_PARAMETER;
    case ER_DISK_FULL:
    case ER_RECORD_FILE_FULL:
        return FX_NO_SPACE;
    case ER_OUTOFMEMORY:
    case ER_OUT_OF_SORTMEMORY:
    case ER_OUT_OF_RESOURCES:
    case CR_OUT_OF_MEMORY:
        return FX_NO_MEMORY;
    case ER_NOT_KEYFILE:
    case ER_CRASHED_ON_USAGE:
    case ER_CRASHED_ON_REPAIR:
    case ER_INDEX_CORRUPT:
    case ER_TABLE_CORRUPT:
        return FX_CORRUPT;
    case ER_BAD_DB_ERROR:
        return FX_NOT_FOUND;
    case ER_ACCESS_DENIED_ERROR:
    case ER_ACCESS_DENIED_NO_PASSWORD_ERROR:
    case ER_DBACCESS_DENIED_ERROR:
    case ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION:
        return FX_IO;
    default:
        /* 2000 to 2999 and 5000 on are the connector's own. */
        return is_lost(code) || (code >= CR_MIN_ERROR && code < 3000) || code >= 5000 ? FX_IO
                                                                                      : FX_INTERNAL;
    }
}

static void note(struct fx_store_maria *self, unsigned int code, const char *words)
{
    char text[FX_STORE_ERROR_SIZE];
    (void)snprintf(text, sizeof text, "%u: %s", code, words);
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
    const fx_status status = status_of(code);
    FX_ASSERT(status != FX_OK);
    note(self, code, words);
    if (is_lost(code)) {
        fx_store_maria_link_drop(self);
    }
    if (self->base.is_in_transaction && (status == FX_BUSY || self->mysql == NULL)) {
        self->gone = status;
    }
    return status;
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

static void set_options(MYSQL *mysql, const struct fx_store_maria_config *config, bool is_writer)
{
    const unsigned int connect_s = CONNECT_TIMEOUT_S;
    const unsigned int read_s = is_writer ? WRITER_TIMEOUT_S : READER_TIMEOUT_S;
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
    (void)mysql_optionsv(mysql,
                         MARIADB_OPT_RESTRICTED_AUTH,
                         "mysql_native_password,client_ed25519,caching_sha2_password,"
                         "sha256_password");
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

/* Whatever the server's defaults are: strict, UTC, InnoDB. Found rows: an update that changes
 * nothing has still found its row. */
static bool set_session(MYSQL *mysql, bool is_writer)
{
    char sql[512];
    (void)snprintf(sql,
                   sizeof sql,
                   "SET SESSION sql_mode='STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,"
                   "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO',"
                   "time_zone='+00:00',autocommit=1,default_storage_engine=InnoDB,"
                   "innodb_lock_wait_timeout=%d",
                   LOCK_WAIT_S);
    return run(mysql, fx_str_of(sql)) &&
           run(mysql,
               is_writer ? FX_STR("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
                         : FX_STR("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")) &&
           (is_writer || run(mysql, FX_STR("SET SESSION TRANSACTION READ ONLY")));
}

static fx_status connect_to(struct fx_store_maria *self, const struct fx_store_maria_config *config)
{
    MYSQL *mysql = mysql_init(NULL);
    if (mysql == NULL) {
        return FX_NO_MEMORY;
    }
    set_options(mysql, config, self->base.is_writer);
    const bool is_up = mysql_real_connect(mysql,
                                          config->host,
                                          config->username,
                                          config->password,
                                          config->database,
                                          config->port == 0 ? PORT : config->port,
                                          NULL,
                                          CLIENT_FOUND_ROWS) != NULL &&
                       set_session(mysql, self->base.is_writer);
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
        const fx_status status = status_of(code);
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
    return FX_OK;
}

fx_status fx_store_maria_link_open(struct fx_store_maria *self)
{
    const struct fx_store_maria_config *fallback = self->config->fallback;
    const int64_t begun_us = fx_clock_monotonic_us();
    fx_status status = connect_to(self, self->config);
    self->return_us = 0;
    if (status != FX_OK && fallback != NULL) {
        status = connect_to(self, fallback);
        self->return_us = status == FX_OK ? fx_clock_monotonic_us() + RETURN_US : 0;
    }
    if (status == FX_OK) {
        self->failures = 0;
        return FX_OK;
    }
    const int64_t now_us = fx_clock_monotonic_us();
    const uint32_t shift = self->failures < 6 ? self->failures : 6;
    const int64_t spent_us = (now_us - begun_us) * SPENT_FACTOR;
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
    int64_t is_locked = 0;
    fx_store_sql(store, FX_STR("SELECT GET_LOCK(CONCAT('future:',MD5(DATABASE())),60)"));
    const fx_status status = fx_store_number(store, NULL, 0, &is_locked);
    if (status == FX_OK && is_locked != 1) {
        fx_store_note_error(store, FX_STR("another process changes the schema"));
        return FX_BUSY;
    }
    return status;
}

void fx_store_maria_link_unlock_schema(struct fx_store *store)
{
    int64_t number = 0;
    fx_store_sql(store, FX_STR("SELECT RELEASE_LOCK(CONCAT('future:',MD5(DATABASE())))"));
    const fx_status status = fx_store_number(store, NULL, 0, &number);
    if (status != FX_OK) {
        fx_store_maria_link_drop(self_of(store)); /* then the server does it */
    }
}

/* The row of the first migration is what transactions queue up for. */
fx_status fx_store_maria_link_take_turn(struct fx_store *store)
{
    int64_t number = 0;
    fx_store_sql(store, FX_STR("SELECT `id` FROM `migrations` WHERE `id`=1 FOR UPDATE"));
    return fx_store_number(store, NULL, 0, &number);
}
