#include "store/store_session.h"

#include "base/panic.h"
#include "store/store_table_int.h"

#define COLUMN(name, codec, member)                                                                \
    FX_STORE_ROW_COLUMN(struct fx_store_session, name, codec, member)

static const struct fx_store_row_column COLUMNS[] = {
    COLUMN("id", UINT, id),
    COLUMN("userId", UINT, user_id),
    COLUMN("family", CHARS, family),
    COLUMN("tokenHash", CHARS, token_hash),
    COLUMN("expiresAt", TIME, expires_us),
    COLUMN("usedAt", TIME_OR_NULL, used_us),
    COLUMN("isRevoked", BOOL, is_revoked),
    COLUMN("createdAt", TIME, created_us),
};

static const struct fx_store_row_table TABLE = {"refresh_tokens",
                                                COLUMNS,
                                                sizeof COLUMNS / sizeof COLUMNS[0],
                                                1,
                                                sizeof(struct fx_store_session)};

fx_status fx_store_session_insert(struct fx_store *store,
                                  const struct fx_store_session *session,
                                  uint64_t *id_out)
{
    return fx_store_table_insert(store, &TABLE, session, id_out);
}

fx_status fx_store_session_find(struct fx_store *store,
                                fx_str token_hash,
                                struct fx_store_session *session_out)
{
    struct fx_store_table_select select;
    fx_store_table_select(&select, store, &TABLE, FX_STR(""));
    fx_store_table_and_text(&select, FX_STR("`tokenHash`=?"), token_hash);
    return fx_store_table_read_one(&select, session_out);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): an id and a time
fx_status fx_store_session_use(struct fx_store *store, uint64_t id, int64_t now_us)
{
    FX_ASSERT(store->is_writer);
    char time[FX_STORE_ROW_TIME_SIZE + 2];
    fx_store_row_format_time(now_us, time);
    const struct fx_store_value values[] = {
        fx_store_value_text((fx_str){time, FX_STORE_ROW_TIME_SIZE}),
        fx_store_value_u64(id),
    };
    uint64_t changed = 0;
    /* One statement: of two that use a token at once, one finds it used. */
    fx_store_sql(store,
                 FX_STR("UPDATE `refresh_tokens` SET `usedAt`=? WHERE `id`=? AND `usedAt` IS NULL "
                        "AND `isRevoked`=0"));
    const fx_status status = fx_store_execute(store, values, 2, &changed);
    return status == FX_OK && changed == 0 ? FX_STALE : status;
}

fx_status fx_store_session_revoke_family(struct fx_store *store, fx_str family)
{
    FX_ASSERT(store->is_writer);
    const struct fx_store_value value = fx_store_value_text(family);
    uint64_t changed = 0;
    fx_store_sql(store, FX_STR("UPDATE `refresh_tokens` SET `isRevoked`=1 WHERE `family`=?"));
    return fx_store_execute(store, &value, 1, &changed);
}

fx_status fx_store_session_revoke_user(struct fx_store *store, uint64_t user_id)
{
    FX_ASSERT(store->is_writer);
    const struct fx_store_value value = fx_store_value_u64(user_id);
    uint64_t changed = 0;
    fx_store_sql(store, FX_STR("UPDATE `refresh_tokens` SET `isRevoked`=1 WHERE `userId`=?"));
    return fx_store_execute(store, &value, 1, &changed);
}

/* ---- logins whose access tokens are void ------------------------------------------------------
 */

#define REVOKED(name, codec, member)                                                               \
    FX_STORE_ROW_COLUMN(struct fx_store_session_revoked, name, codec, member)

static const struct fx_store_row_column REVOKED_COLUMNS[] = {
    REVOKED("id", UINT, id),
    REVOKED("userId", UINT, user_id),
    REVOKED("family", CHARS, family),
    REVOKED("expiresAt", TIME, expires_us),
};

static const struct fx_store_row_table REVOKED_TABLE = {"revoked_logins",
                                                        REVOKED_COLUMNS,
                                                        sizeof REVOKED_COLUMNS /
                                                            sizeof REVOKED_COLUMNS[0],
                                                        1,
                                                        sizeof(struct fx_store_session_revoked)};

fx_status fx_store_session_note_revoked(struct fx_store *store,
                                        const struct fx_store_session_revoked *revoked)
{
    uint64_t id = 0;
    const fx_status status = fx_store_table_insert(store, &REVOKED_TABLE, revoked, &id);
    return status == FX_EXISTS ? FX_OK : status;
}

// NOLINTBEGIN(bugprone-easily-swappable-parameters): an id and a time
fx_status fx_store_session_list_revoked(struct fx_store *store,
                                        uint64_t after_id,
                                        int64_t now_us,
                                        struct fx_store_session_revoked revoked_out[],
                                        uint32_t capacity,
                                        uint32_t *count_out)
// NOLINTEND(bugprone-easily-swappable-parameters)
{
    struct fx_store_table_select select;
    char time[FX_STORE_ROW_TIME_SIZE + 2];
    fx_store_row_format_time(now_us, time);
    fx_store_table_select(&select, store, &REVOKED_TABLE, FX_STR(""));
    fx_store_table_and_text(
        &select, FX_STR("`expiresAt`>?"), (fx_str){time, FX_STORE_ROW_TIME_SIZE});
    fx_store_table_and_u64(&select, FX_STR(" AND `id`>?"), after_id);
    fx_store_table_and_u64(&select, FX_STR(" ORDER BY `id` LIMIT ?"), capacity);
    return fx_store_table_read(&select, revoked_out, capacity, count_out);
}

fx_status fx_store_session_forget_revoked(struct fx_store *store, int64_t now_us)
{
    FX_ASSERT(store->is_writer);
    char time[FX_STORE_ROW_TIME_SIZE + 2];
    fx_store_row_format_time(now_us, time);
    const struct fx_store_value value = fx_store_value_text((fx_str){time, FX_STORE_ROW_TIME_SIZE});
    uint64_t changed = 0;
    fx_store_sql(store, FX_STR("DELETE FROM `revoked_logins` WHERE `expiresAt`<=?"));
    return fx_store_execute(store, &value, 1, &changed);
}
