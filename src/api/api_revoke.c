#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_revoke_int.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/panic.h"

enum {
    US_PER_S = 1000000,
    FAMILIES_MAX = 1 << 20, /* logouts within the life of an access token */
    CHUNK = 256,
    SWEEP_S = 1,
    LATE_IDS = 64, /* that may be given before, and be seen after, the last one that was read: a
                      part of a CHUNK, or a look would end before what is new */
    FAMILY_SIZE_MAX = sizeof((struct fx_store_session_revoked *)0)->family,
    SKEW_S = FX_JWT_SKEW_S_MAX
};

struct fx_api_revoke {
    struct fx_table_str families; /* to the second in which the last token has expired */
    int64_t swept_s;
    uint64_t last_id; /* of the rows that were read */
};

static int64_t now_us_of(const struct fx_api_options *options)
{
    return options->wall_us(options->clock_self);
}

static bool remember(struct fx_api_revoke *revoke, const struct fx_store_session_revoked *revoked)
{
    const union fx_table_value until = {.number = (uint64_t)(revoked->expires_us / US_PER_S)};
    const bool is_put = fx_table_str_put(&revoke->families, fx_str_of(revoked->family), until);
    if (!is_put) {
        FX_LOG(FX_LOG_ERROR,
               "api",
               "too many logouts at once: access tokens of a login live on until they expire",
               fx_log_u64("user", revoked->user_id));
    }
    return is_put;
}

static fx_status load(struct fx_api_revoke *revoke, const struct fx_api_options *options)
{
    struct fx_store_session_revoked *rows = calloc(CHUNK, sizeof *rows);
    uint32_t count = CHUNK;
    uint64_t after_id = 0;
    fx_status status = rows == NULL ? FX_NO_MEMORY : FX_OK;
    while (status == FX_OK && count == CHUNK) {
        status = fx_store_session_list_revoked(
            options->reader, after_id, now_us_of(options), rows, CHUNK, &count);
        for (uint32_t index = 0; status == FX_OK && index < count; index++) {
            after_id = rows[index].id;
            status = remember(revoke, &rows[index]) ? FX_OK : FX_NO_MEMORY;
        }
    }
    revoke->last_id = after_id;
    free(rows);
    return status;
}

/* A row that means everything of a user: no login has such a name. */
static bool is_of_user(fx_str family)
{
    return family.size > 0 && family.data[0] == '.';
}

/* What other processes with the same tables have called back since. */
static void learn(struct fx_api *api)
{
    struct fx_api_revoke *revoke = api->revoke;
    struct fx_store_session_revoked rows[CHUNK];
    const uint64_t after_id = revoke->last_id > LATE_IDS ? revoke->last_id - LATE_IDS : 0;
    uint32_t count = 0;
    if (fx_store_session_list_revoked(
            api->options.reader, after_id, now_us_of(&api->options), rows, CHUNK, &count) !=
        FX_OK) {
        return; /* it is asked again */
    }
    for (uint32_t index = 0; index < count; index++) {
        const struct fx_store_session_revoked *row = &rows[index];
        if (row->id > revoke->last_id) {
            revoke->last_id = row->id;
        }
        if (fx_table_str_find(&revoke->families, fx_str_of(row->family)) != NULL) {
            continue;
        }
        if (is_of_user(fx_str_of(row->family))) {
            fx_api_key_forget_user(api, row->user_id);
            fx_api_guard_forget(api, row->user_id); /* what is asked now is asked of the tables */
        }
        fx_api_revoke_family(api, row);
    }
}

fx_status fx_api_revoke_create(const struct fx_api_options *options,
                               struct fx_api_revoke **revoke_out)
{
    struct fx_table_seed seed;
    struct fx_api_revoke *revoke = calloc(1, sizeof *revoke);
    if (revoke == NULL) {
        return FX_NO_MEMORY;
    }
    fx_status status = fx_crypto_random(&seed, sizeof seed);
    if (status == FX_OK) {
        fx_table_str_init(&revoke->families, FAMILIES_MAX, seed);
        status = load(revoke, options);
    }
    if (status != FX_OK) {
        fx_api_revoke_destroy(revoke);
        return status;
    }
    *revoke_out = revoke;
    return FX_OK;
}

void fx_api_revoke_destroy(struct fx_api_revoke *revoke)
{
    if (revoke != NULL) {
        fx_table_str_deinit(&revoke->families);
        free(revoke);
    }
}

fx_status fx_api_revoke_note_family(struct fx_api_writer_desk *desk,
                                    const struct fx_store_session *session,
                                    int64_t now_us,
                                    struct fx_store_session_revoked *revoked_out)
{
    const int64_t life_s = (int64_t)desk->options->access_ttl_s + SKEW_S + 1;
    memset(revoked_out, 0, sizeof *revoked_out);
    revoked_out->user_id = session->user_id;
    revoked_out->expires_us = now_us + life_s * US_PER_S;
    memcpy(revoked_out->family, session->family, sizeof revoked_out->family);
    fx_status status = fx_store_session_revoke_family(desk->store, fx_str_of(session->family));
    if (status == FX_OK) {
        status = fx_store_session_forget_revoked(desk->store, now_us);
    }
    return status == FX_OK ? fx_store_session_note_revoked(desk->store, revoked_out) : status;
}

fx_status fx_api_revoke_note_user(struct fx_api_writer_desk *desk, uint64_t user_id, int64_t now_us)
{
    const int64_t life_s = (int64_t)desk->options->access_ttl_s + SKEW_S + 1;
    struct fx_store_session_revoked row = {.user_id = user_id,
                                           .expires_us = now_us + life_s * US_PER_S};
    if (!desk->options->is_shared) {
        return FX_OK;
    }
    const int size =
        snprintf(row.family, sizeof row.family, ".%" PRIx64 ".%" PRIx64, user_id, (uint64_t)now_us);
    FX_ASSERT(size > 0 && (size_t)size < sizeof row.family);
    const fx_status status = fx_store_session_forget_revoked(desk->store, now_us);
    return status == FX_OK ? fx_store_session_note_revoked(desk->store, &row) : status;
}

int64_t fx_api_revoke_next_us(int64_t now_us)
{
    return (now_us / US_PER_S + 1) * US_PER_S;
}

void fx_api_revoke_tell(const struct fx_api *api, uint64_t user_id)
{
    if (api->options.on_revoked != NULL) {
        api->options.on_revoked(api->options.revoked_self, user_id);
    }
}

void fx_api_revoke_family(struct fx_api *api, const struct fx_store_session_revoked *revoked)
{
    (void)remember(api->revoke, revoked);
    fx_api_revoke_tell(api, revoked->user_id);
}

void fx_api_revoke_user(struct fx_api *api, uint64_t user_id)
{
    fx_api_guard_forget(api, user_id);
    fx_api_revoke_tell(api, user_id);
}

bool fx_api_revoke_has(const struct fx_api *api,
                       const struct fx_jwt_claims *claims,
                       const struct fx_api_user *user)
{
    /* A token that does not say when it was issued is taken to be as old as ours can be. */
    const int64_t issued_s = claims->issued_at_s != 0
                                 ? claims->issued_at_s
                                 : claims->expires_at_s - (int64_t)api->options.access_ttl_s;
    if (issued_s < user->tokens_from_s) {
        return true;
    }
    const fx_str family = fx_crypto_str(claims->jti, claims->jti_size);
    return family.size > 0 && api->revoke->families.count > 0 &&
           fx_table_str_find(&api->revoke->families, family) != NULL;
}

/* One walk, then the removals: nothing may be removed during a walk. Then what is new elsewhere. */
void fx_api_revoke_tick(struct fx_api *api)
{
    struct fx_api_revoke *revoke = api->revoke;
    const int64_t now_s = now_us_of(&api->options) / US_PER_S;
    char expired[CHUNK][FAMILY_SIZE_MAX];
    uint32_t count = 0;
    uint32_t cursor = 0;
    fx_str family;
    union fx_table_value until;
    if (now_s < revoke->swept_s + SWEEP_S && now_s >= revoke->swept_s) {
        return;
    }
    revoke->swept_s = now_s;
    while (count < CHUNK && fx_table_str_next(&revoke->families, &cursor, &family, &until)) {
        const bool is_expired = (int64_t)until.number <= now_s;
        count += is_expired && fx_str_copy(family, expired[count], FAMILY_SIZE_MAX) ? 1 : 0;
    }
    for (uint32_t index = 0; index < count; index++) {
        const bool was_there = fx_table_str_remove(&revoke->families, fx_str_of(expired[index]));
        FX_ASSERT(was_there);
    }
    if (api->options.is_shared) {
        learn(api);
    }
}
