/* Guessing passwords is made slow, for one account from anywhere and for one address over all
 * accounts. An unknown account waits like a known one, so the wait tells nothing. Guessing codes of
 * a second factor is made slow for the user who is logged in: a stolen token must not find one. */
#include <stdlib.h>
#include <string.h>

#include "api/api_address_int.h"
#include "api/api_delay_int.h"
#include "api/api_limit_int.h"
#include "base/crypto.h"
#include "base/log.h"

enum {
    ENTRIES = 1 << 14,  /* 1 MiB */
    ADDRESS_FACTOR = 4, /* an address has several people */
    LONGEST_S = 900,
    FORGET_S = 3600
};

struct fx_api_delay {
    struct fx_api_limit *limit;
    struct fx_table_seed seeds[3]; /* of accounts, addresses, users: none can be another */
};

fx_status fx_api_delay_init(struct fx_api *api)
{
    struct fx_api_delay *delay = calloc(1, sizeof *delay);
    api->delay = delay;
    if (delay == NULL) {
        return FX_NO_MEMORY;
    }
    delay->limit = fx_api_limit_create(ENTRIES);
    return delay->limit == NULL ? FX_NO_MEMORY
                                : fx_crypto_random(&delay->seeds, sizeof delay->seeds);
}

void fx_api_delay_deinit(struct fx_api *api)
{
    if (api->delay != NULL) {
        fx_api_limit_destroy(api->delay->limit);
        free(api->delay);
    }
}

static int64_t now_ms_of(const struct fx_api *api)
{
    return fx_net_server_now_ms(api->options.server);
}

static struct fx_api_limit_entry *find(struct fx_api *api, struct fx_table_seed seed, fx_str name)
{
    const uint64_t hash = fx_table_hash_str(seed, name);
    return fx_api_limit_find(api->delay->limit, hash == 0 ? 1 : hash, now_ms_of(api));
}

static struct fx_api_limit_entry *find_account(struct fx_api *api, fx_str account)
{
    return find(api, api->delay->seeds[0], account);
}

static struct fx_api_limit_entry *find_codes(struct fx_api *api, uint64_t user_id)
{
    return find(api, api->delay->seeds[2], fx_crypto_str(&user_id, sizeof user_id));
}

/* NULL: its attempts are not counted. */
static struct fx_api_limit_entry *find_address(struct fx_api *api, fx_str peer)
{
    uint8_t group[FX_API_ADDRESS_SIZE];
    if (api->options.rates.is_loopback_free && fx_api_address_is_loopback(peer)) {
        return NULL;
    }
    fx_api_address_group(peer, group);
    return find(api, api->delay->seeds[1], fx_crypto_str(group, sizeof group));
}

/* One table look-up at a time: an entry is valid until the next one. */
static uint32_t wait_of(const struct fx_api *api, const struct fx_api_limit_entry *entry)
{
    return entry == NULL ? 0 : fx_api_limit_banned_s(entry, now_ms_of(api));
}

static bool count(struct fx_api *api, struct fx_api_limit_entry *entry, uint32_t free_count)
{
    const struct fx_api_limit_delay rule = {
        .free = free_count, .longest_s = LONGEST_S, .forget_s = FORGET_S};
    return entry != NULL && fx_api_limit_fail(entry, &rule, now_ms_of(api));
}

fx_status fx_api_delay_begin(struct fx_api_call *call, fx_str account)
{
    struct fx_api *api = call->api;
    const uint32_t free_count = api->options.rates.login_free;
    if (free_count == 0) {
        return FX_OK;
    }
    const uint32_t account_s = wait_of(api, find_account(api, account));
    const uint32_t address_s = wait_of(api, find_address(api, call->peer));
    const uint32_t wait_s = account_s > address_s ? account_s : address_s;
    if (wait_s > 0) {
        call->target.rate.retry_s = wait_s;
        call->error.message = FX_STR("too many wrong passwords: wait");
        return FX_RATE_LIMITED;
    }
    bool is_late = count(api, find_account(api, account), free_count);
    is_late = count(api, find_address(api, call->peer), free_count * ADDRESS_FACTOR) || is_late;
    if (is_late) {
        FX_LOG(FX_LOG_WARN,
               "api",
               "logins wait: many wrong passwords",
               fx_log_str("peer", call->peer));
    }
    return FX_OK;
}

void fx_api_delay_take_back(struct fx_api_call *call, fx_str account)
{
    struct fx_api *api = call->api;
    if (api->options.rates.login_free == 0) {
        return;
    }
    fx_api_limit_take_back(find_account(api, account));
    struct fx_api_limit_entry *address = find_address(api, call->peer);
    if (address != NULL) {
        fx_api_limit_take_back(address);
    }
}

void fx_api_delay_end(struct fx_api *api,
                      const struct fx_api_target *target,
                      fx_str account,
                      fx_status status)
{
    if (api->options.rates.login_free == 0 || status == FX_BAD_CREDENTIALS ||
        status == FX_BAD_OTP) {
        return;
    }
    if (status != FX_OTP_REQUIRED) { /* which tells that the password is right */
        const bool is_right =
            status == FX_OK || status == FX_USER_LOCKED || status == FX_USER_INACTIVE;
        fx_api_limit_forgive(find_account(api, account), is_right ? UINT32_MAX : 1);
    }
    const fx_str peer = fx_net_server_peer(api->options.server, target->token);
    struct fx_api_limit_entry *address = peer.size == 0 ? NULL : find_address(api, peer);
    if (address != NULL) {
        fx_api_limit_forgive(address, 1);
    }
}

/* ---- codes of a second factor -----------------------------------------------------------------
 */

fx_status fx_api_delay_begin_code(struct fx_api_call *call)
{
    struct fx_api *api = call->api;
    if (api->options.rates.login_free == 0) {
        return FX_OK;
    }
    const uint32_t wait_s = wait_of(api, find_codes(api, call->user.id));
    if (wait_s > 0) {
        call->target.rate.retry_s = wait_s;
        call->error.message = FX_STR("too many wrong codes: wait");
        return FX_RATE_LIMITED;
    }
    if (count(api, find_codes(api, call->user.id), api->options.rates.login_free)) {
        FX_LOG(FX_LOG_WARN,
               "api",
               "second factor waits: many wrong codes",
               fx_log_u64("user", call->user.id),
               fx_log_str("peer", call->peer));
    }
    return FX_OK;
}

void fx_api_delay_take_back_code(struct fx_api_call *call)
{
    if (call->api->options.rates.login_free != 0) {
        fx_api_limit_take_back(find_codes(call->api, call->user.id));
    }
}

void fx_api_delay_end_code(struct fx_api *api, uint64_t user_id, fx_status status)
{
    if (api->options.rates.login_free != 0 && status != FX_BAD_OTP) {
        fx_api_limit_forgive(find_codes(api, user_id), status == FX_OK ? UINT32_MAX : 1);
    }
}
