/* One table of error numbers. The numbers of a server below 1900 are the same in MariaDB and MySQL;
 * above they part, and the headers of the connector know MariaDB's only. */
#include <stddef.h>

#include <mariadb/errmsg.h>
#include <mariadb/mysqld_error.h>

#include "store/store_maria_error_int.h"

enum {
    CONNECTOR_FIRST = 2000,
    CONNECTOR_END = 3000,
    FOREIGN_FIRST = 5000, /* the connector's second range; proxies have theirs at 9000 */
    MYSQL_QUERY_TIMEOUT = 3024,
    MYSQL_RUN_HOOK_ERROR = 3100, /* group replication has no majority */
    MYSQL_ROLLBACK_DURING_COMMIT = 3101,
    MYSQL_SERVER_IS_NOT_AVAILABLE = 3168,
    MYSQL_LOCK_NOWAIT = 3572,
    MYSQL_CLIENT_INTERACTION_TIMEOUT = 4031
};

#define BUSY FX_BUSY, false, ""
#define LOST FX_IO, true, ""
#define READ_ONLY                                                                                  \
    FX_IO, true, "the server serves reads only now: DB_HOST must lead to the one that writes"
#define CREDENTIALS FX_IO, false, "check DB_USERNAME and DB_PASSWORD"
#define RIGHTS      FX_IO, false, "the database's user lacks a right: GRANT ALL ON its database"
#define TABLES      FX_VERSION_MISMATCH, false, "a table or column is missing: future migrate"
#define PACKET      FX_IO, true, "raise max_allowed_packet on the server"
#define PLUGIN                                                                                     \
    FX_IO, false,                                                                                  \
        "the server wants the password itself (caching_sha2_password), which goes to a server "    \
        "that was verified only: set DB_SSL_CA, or DB_ALLOW_UNVERIFIED"

static const struct {
    unsigned int code;
    struct fx_store_maria_error error;
} ROWS[] = {
    {0, {FX_OK, false, ""}},
    /* The same once more, later: locks, limits, timeouts. */
    {ER_LOCK_DEADLOCK, {BUSY}},
    {ER_LOCK_WAIT_TIMEOUT, {BUSY}},
    {ER_LOCK_TABLE_FULL, {BUSY}},
    {ER_XA_RBDEADLOCK, {BUSY}},
    {ER_XA_RBTIMEOUT, {BUSY}},
    {ER_CHECKREAD, {BUSY}}, /* the row has changed since it was read */
    {ER_TABLE_DEF_CHANGED, {BUSY}},
    {ER_CON_COUNT_ERROR, {FX_BUSY, false, "raise max_connections on the server"}},
    {ER_TOO_MANY_USER_CONNECTIONS, {BUSY}},
    {ER_USER_LIMIT_REACHED, {BUSY}},
    {ER_TOO_MANY_CONCURRENT_TRXS, {BUSY}},
    {ER_MAX_PREPARED_STMT_COUNT_REACHED, {FX_BUSY, false, "raise max_prepared_stmt_count"}},
    {ER_STATEMENT_TIMEOUT, {BUSY}},
    {ER_QUERY_INTERRUPTED, {BUSY}},
    {ER_FILSORT_ABORT, {BUSY}},
    {MYSQL_QUERY_TIMEOUT, {BUSY}},
    {MYSQL_RUN_HOOK_ERROR, {BUSY}},
    {MYSQL_ROLLBACK_DURING_COMMIT, {BUSY}},
    {MYSQL_LOCK_NOWAIT, {BUSY}},
    /* On a new connection: the server or the wire went away, or a proxy gave us another server. */
    {CR_SERVER_GONE_ERROR, {LOST}},
    {CR_SERVER_LOST, {LOST}},
    {CR_SERVER_LOST_EXTENDED, {LOST}},
    {CR_COMMANDS_OUT_OF_SYNC, {LOST}}, /* cannot be mended */
    {CR_MALFORMED_PACKET, {LOST}},
    {CR_STMT_CLOSED, {LOST}},
    {ER_SERVER_SHUTDOWN, {LOST}},
    {ER_NORMAL_SHUTDOWN, {LOST}},
    {ER_SHUTDOWN_COMPLETE, {LOST}},
    {ER_FORCING_CLOSE, {LOST}},
    {ER_CONNECTION_KILLED, {LOST}},
    {ER_ABORTING_CONNECTION, {LOST}},
    {ER_NEW_ABORTING_CONNECTION, {LOST}},
    {ER_NET_READ_ERROR_FROM_PIPE, {LOST}},
    {ER_NET_FCNTL_ERROR, {LOST}},
    {ER_NET_PACKETS_OUT_OF_ORDER, {LOST}},
    {ER_NET_UNCOMPRESS_ERROR, {LOST}},
    {ER_NET_READ_ERROR, {LOST}},
    {ER_NET_READ_INTERRUPTED, {LOST}},
    {ER_NET_ERROR_ON_WRITE, {LOST}},
    {ER_NET_WRITE_INTERRUPTED, {LOST}},
    {ER_MALFORMED_PACKET, {LOST}},
    {ER_UNKNOWN_COM_ERROR, {LOST}},
    {ER_UNKNOWN_STMT_HANDLER, {LOST}}, /* prepared on another server behind the same proxy */
    {ER_NEED_REPREPARE, {LOST}},
    {ER_UNKNOWN_ERROR, {LOST}}, /* what proxies say for whatever they met */
    {ER_ERROR_DURING_COMMIT, {LOST}},
    {MYSQL_SERVER_IS_NOT_AVAILABLE, {LOST}},
    {MYSQL_CLIENT_INTERACTION_TIMEOUT, {LOST}},
    {ER_OPTION_PREVENTS_STATEMENT, {READ_ONLY}},
    {ER_READ_ONLY_MODE, {READ_ONLY}},
    {ER_OPEN_AS_READONLY, {READ_ONLY}},
    {ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION, {FX_IO, false, ""}}, /* a reader's write */
    /* Somebody must do something: tried again, in case that somebody does. */
    {ER_ACCESS_DENIED_ERROR, {CREDENTIALS}},
    {ER_ACCESS_DENIED_NO_PASSWORD_ERROR, {CREDENTIALS}},
    {ER_MUST_CHANGE_PASSWORD, {CREDENTIALS}},
    {ER_MUST_CHANGE_PASSWORD_LOGIN, {CREDENTIALS}},
    {ER_DBACCESS_DENIED_ERROR, {RIGHTS}},
    {ER_TABLEACCESS_DENIED_ERROR, {RIGHTS}},
    {ER_COLUMNACCESS_DENIED_ERROR, {RIGHTS}},
    {ER_SPECIFIC_ACCESS_DENIED_ERROR, {RIGHTS}},
    {ER_PROCACCESS_DENIED_ERROR, {RIGHTS}},
    {ER_HOST_NOT_PRIVILEGED, {FX_IO, false, "the server takes no connection from this machine"}},
    {ER_HOST_IS_BLOCKED, {FX_IO, false, "the server blocks this machine: FLUSH HOSTS"}},
    {CR_CONNECTION_ERROR, {FX_IO, false, "check DB_HOST and DB_PORT"}},
    {CR_CONN_HOST_ERROR, {FX_IO, false, "check DB_HOST and DB_PORT"}},
    {CR_UNKNOWN_HOST, {FX_IO, false, "check DB_HOST and DB_PORT"}},
    {CR_SSL_CONNECTION_ERROR, {FX_IO, true, "check DB_SSL_CA, DB_SSL_CERT and DB_SSL_KEY"}},
    {CR_AUTH_PLUGIN_CANNOT_LOAD, {PLUGIN}},
    {ER_NOT_SUPPORTED_AUTH_MODE, {PLUGIN}},
    {CR_NET_PACKET_TOO_LARGE, {PACKET}},
    {ER_NET_PACKET_TOO_LARGE, {PACKET}},
    {ER_BAD_DB_ERROR, {FX_NOT_FOUND, false, "check DB_DATABASE"}},
    {ER_NO_SUCH_TABLE, {TABLES}},
    {ER_BAD_FIELD_ERROR, {TABLES}},
    {ER_DISK_FULL, {FX_NO_SPACE, false, ""}},
    {ER_RECORD_FILE_FULL, {FX_NO_SPACE, false, ""}},
    {ER_OUTOFMEMORY, {FX_NO_MEMORY, false, ""}},
    {ER_OUT_OF_SORTMEMORY, {FX_NO_MEMORY, false, ""}},
    {ER_OUT_OF_RESOURCES, {FX_NO_MEMORY, false, ""}},
    {CR_OUT_OF_MEMORY, {FX_NO_MEMORY, false, ""}},
    /* Answers. */
    {ER_DUP_ENTRY, {FX_EXISTS, false, ""}},
    {ER_DUP_ENTRY_WITH_KEY_NAME, {FX_EXISTS, false, ""}},
    {ER_TABLE_EXISTS_ERROR, {FX_EXISTS, false, ""}},
    {ER_NO_REFERENCED_ROW, {FX_BAD_PARAMETER, false, ""}},
    {ER_NO_REFERENCED_ROW_2, {FX_BAD_PARAMETER, false, ""}},
    {ER_ROW_IS_REFERENCED, {FX_BAD_PARAMETER, false, ""}},
    {ER_ROW_IS_REFERENCED_2, {FX_BAD_PARAMETER, false, ""}},
    {ER_BAD_NULL_ERROR, {FX_BAD_PARAMETER, false, ""}},
    {ER_WARN_DATA_OUT_OF_RANGE, {FX_BAD_PARAMETER, false, ""}},
    {ER_DATA_TOO_LONG, {FX_BAD_PARAMETER, false, ""}},
    {WARN_DATA_TRUNCATED, {FX_BAD_PARAMETER, false, ""}},
    {ER_TRUNCATED_WRONG_VALUE, {FX_BAD_PARAMETER, false, ""}},
    {ER_TRUNCATED_WRONG_VALUE_FOR_FIELD, {FX_BAD_PARAMETER, false, ""}},
    {ER_SIGNAL_EXCEPTION, {FX_BAD_PARAMETER, false, ""}},
    {ER_CONSTRAINT_FAILED, {FX_BAD_PARAMETER, false, ""}},
    /* Damage. */
    {ER_NOT_KEYFILE, {FX_CORRUPT, false, ""}},
    {ER_CRASHED_ON_USAGE, {FX_CORRUPT, false, ""}},
    {ER_CRASHED_ON_REPAIR, {FX_CORRUPT, false, ""}},
    {ER_INDEX_CORRUPT, {FX_CORRUPT, false, ""}},
    {ER_TABLE_CORRUPT, {FX_CORRUPT, false, ""}},
};

struct fx_store_maria_error fx_store_maria_error_of(unsigned int code)
{
    for (size_t index = 0; index < sizeof ROWS / sizeof ROWS[0]; index++) {
        if (ROWS[index].code == code) {
            return ROWS[index].error;
        }
    }
    const bool is_connector =
        (code >= CONNECTOR_FIRST && code < CONNECTOR_END) || code >= FOREIGN_FIRST;
    return (struct fx_store_maria_error){is_connector ? FX_IO : FX_INTERNAL, false, ""};
}
