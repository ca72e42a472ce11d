#include <stdlib.h>
#include <string.h>

#include "api/api_enroll_int.h"
#include "api/api_pending_int.h"
#include "base/log.h"
#include "store/store_fee.h"
#include "store/store_user.h"

enum { ASSETS_MAX = 64, USERS_PER_TICK = 50 };

/* A RESULT with this token finds nobody (A6): no generation is 0. */
static const uint64_t NOBODY = 1;

/* Which assets a user has or should have an account in. */
struct assets {
    struct fx_asset items[ASSETS_MAX];
    uint32_t count;
    uint32_t needed; /* the first ones: what instruments settle in */
};

static void add_asset(struct assets *assets, const struct fx_asset *asset)
{
    for (uint32_t index = 0; index < assets->count; index++) {
        if (memcmp(&assets->items[index], asset, sizeof *asset) == 0) {
            return;
        }
    }
    if (assets->count < ASSETS_MAX) {
        assets->items[assets->count++] = *asset;
    }
}

static void list_assets(const struct fx_api *api, uint64_t user_id, struct assets *assets)
{
    const struct fx_rows_account *row = NULL;
    uint32_t cursor = 0;
    assets->count = 0;
    for (uint32_t id = 0; id < FX_INSTRUMENTS_MAX; id++) {
        const struct fx_market_symbol *symbol = fx_market_at(api->options.market, id);
        if (symbol != NULL) {
            add_asset(assets, &symbol->definition.settle);
        }
    }
    assets->needed = assets->count;
    while ((row = fx_view_next_account(api->options.view, user_id, &cursor)) != NULL) {
        add_asset(assets, &row->asset);
    }
}

uint32_t fx_api_enroll_flags(const struct fx_rows_user *user)
{
    uint32_t flags = 0;
    flags |= user->allow_trade ? 0 : (uint32_t)FX_ACCOUNT_FLAG_TRADE_BLOCKED;
    flags |= user->enable_trading_fee ? 0 : (uint32_t)FX_ACCOUNT_FLAG_NO_FEE;
    flags |= user->is_bot ? (uint32_t)FX_ACCOUNT_FLAG_BOT : 0;
    flags |= user->is_market_maker ? (uint32_t)FX_ACCOUNT_FLAG_MARKET_MAKER : 0;
    return flags;
}

/* The flags that the tables are the master of; the others are the engine's own. */
static uint32_t set_flags_of(const struct fx_rows_account *account)
{
    return account->flags & (uint32_t)FX_ACCOUNT_FLAGS_SET;
}

/* What the tables say of a user. */
struct wish {
    uint64_t user_id;
    uint32_t flags;
    bool has_row; /* of user_fees: the engine may have other fees, which no view shows */
    struct fx_store_fee fee;
};

static fx_status load_wish(struct fx_api *api, const struct fx_rows_user *user, struct wish *wish)
{
    memset(wish, 0, sizeof *wish);
    wish->user_id = user->id;
    wish->flags = fx_api_enroll_flags(user);
    const fx_status status = fx_store_fee_find(api->options.reader, user->id, &wish->fee);
    wish->has_row = status == FX_OK;
    return status == FX_NOT_FOUND ? FX_OK : status;
}

/* @return false where the account is as it should be, as far as can be seen. */
static bool make_command(const struct fx_api *api,
                         const struct wish *wish,
                         const struct fx_asset *asset,
                         struct fx_command *command)
{
    const struct fx_rows_account *account =
        fx_view_account(api->options.view, wish->user_id, fx_ids_asset_str(asset));
    if (account != NULL && set_flags_of(account) == wish->flags && !wish->has_row) {
        return false;
    }
    memset(command, 0, sizeof *command);
    command->kind = account == NULL ? FX_COMMAND_CREATE_ACCOUNT : FX_COMMAND_SET_ACCOUNT;
    command->instrument = FX_COMMAND_ALL_INSTRUMENTS;
    command->user_id = wish->user_id;
    command->u.account.asset = *asset;
    command->u.account.flags = wish->flags;
    command->u.account.has_fees = wish->fee.has_fees ? 1 : 0;
    command->u.account.maker_fee_ppb = wish->fee.has_fees ? wish->fee.maker_fee_ppb : 0;
    command->u.account.taker_fee_ppb = wish->fee.has_fees ? wish->fee.taker_fee_ppb : 0;
    return true;
}

/* ---- with an answer -------------------------------------------------------------------------- */

static void walk_again(struct fx_api *api)
{
    api->enroll_cursor = 0;
    api->is_enroll_done = false;
}

static void open_chain(struct fx_api *api, const struct fx_api_pending *pending)
{
    if (api->enroll_chain_count == FX_API_ENROLL_CHAINS_MAX) {
        walk_again(api); /* the walk comes to this user too */
        return;
    }
    api->enroll_chains[api->enroll_chain_count++] = (struct fx_api_enroll_chain){
        .user_id = pending->user_id, .deadline_ms = pending->deadline_ms};
}

/* Its last command was accepted. */
static void close_chain(struct fx_api *api, const struct fx_api_pending *pending)
{
    for (uint32_t index = 0; index < api->enroll_chain_count; index++) {
        const struct fx_api_enroll_chain *chain = &api->enroll_chains[index];
        if (chain->user_id == pending->user_id && chain->deadline_ms == pending->deadline_ms) {
            api->enroll_chains[index] = api->enroll_chains[--api->enroll_chain_count];
            return;
        }
    }
}

bool fx_api_enroll_next(struct fx_api *api, const struct fx_api_pending *pending)
{
    struct assets assets;
    struct fx_command command;
    struct fx_rows_user user;
    struct wish wish;
    fx_status status = fx_store_user_find(api->options.reader, pending->user_id, &user);
    if (status == FX_OK) {
        status = load_wish(api, &user, &wish);
    }
    if (status != FX_OK) {
        return false; /* the chain stays open: the tick makes it good */
    }
    list_assets(api, pending->user_id, &assets);
    struct fx_api_pending next = *pending;
    while (next.count < assets.count) {
        const struct fx_asset *asset = &assets.items[next.count++];
        if (make_command(api, &wish, asset, &command)) {
            return fx_api_pending_submit_more(api, &next, &command) == FX_OK; /* as above */
        }
    }
    close_chain(api, pending);
    return false;
}

void fx_api_enroll_begin(struct fx_api *api,
                         const struct fx_api_target *target,
                         uint64_t user_id,
                         fx_api_answer_fn answer)
{
    const struct fx_event_result result = {0};
    const struct fx_api_pending pending = {.target = *target,
                                           .answer = answer,
                                           .user_id = user_id,
                                           .deadline_ms =
                                               fx_net_server_now_ms(api->options.server) +
                                               (int64_t)api->options.wait_ms_max};
    open_chain(api, &pending);
    answer(api, &pending, &result);
}

/* ---- without an answer ----------------------------------------------------------------------- */

/* @return false where the intake is full. */
static bool submit_all(struct fx_api *api, const struct wish *wish)
{
    struct assets assets;
    struct fx_command command;
    list_assets(api, wish->user_id, &assets);
    for (uint32_t index = 0; index < assets.count; index++) {
        const struct fx_asset *asset = &assets.items[index];
        if (!make_command(api, wish, asset, &command)) {
            continue;
        }
        if (!api->options.intake.submit(api->options.intake.self, NOBODY, &command)) {
            return false;
        }
        api->is_submitted = true;
    }
    return true;
}

void fx_api_enroll_heal(struct fx_api *api, const struct fx_rows_user *user)
{
    struct wish wish;
    struct assets assets;
    list_assets(api, user->id, &assets);
    bool is_good = true;
    for (uint32_t index = 0; index < assets.count && is_good; index++) {
        const struct fx_rows_account *account =
            fx_view_account(api->options.view, user->id, fx_ids_asset_str(&assets.items[index]));
        is_good = account != NULL && set_flags_of(account) == fx_api_enroll_flags(user);
    }
    if (!is_good && load_wish(api, user, &wish) == FX_OK) {
        (void)submit_all(api, &wish); /* what is not taken comes at the next login */
    }
}

/* A user who has no account yet gets one at a login, not by the walk. */
static bool walk_one(struct fx_api *api, const struct fx_rows_user *user)
{
    struct wish wish;
    uint32_t cursor = 0;
    if (fx_view_next_account(api->options.view, user->id, &cursor) == NULL) {
        return true;
    }
    return load_wish(api, user, &wish) == FX_OK && submit_all(api, &wish);
}

/* Chains that a time-out or a refusal has broken: the tables are the master, so all accounts get
 * what they say. */
static void heal_chains(struct fx_api *api)
{
    const int64_t now_ms = fx_net_server_now_ms(api->options.server);
    for (uint32_t index = api->enroll_chain_count; index > 0; index--) {
        const struct fx_api_enroll_chain chain = api->enroll_chains[index - 1];
        struct fx_rows_user user;
        struct wish wish;
        if (chain.deadline_ms > now_ms) {
            continue;
        }
        fx_status status = fx_store_user_find(api->options.reader, chain.user_id, &user);
        if (status == FX_OK) {
            status = load_wish(api, &user, &wish);
        }
        if (status == FX_OK && !submit_all(api, &wish)) {
            return; /* the intake is full: again at the next tick */
        }
        if (status == FX_OK || status == FX_NOT_FOUND) {
            api->enroll_chains[index - 1] = api->enroll_chains[--api->enroll_chain_count];
        }
    }
}

void fx_api_enroll_tick(struct fx_api *api)
{
    heal_chains(api);
    struct fx_rows_user *users = api->rows;
    const struct fx_store_page page = {.before_id = api->enroll_cursor, .limit = USERS_PER_TICK};
    uint32_t count = 0;
    if (api->is_enroll_done) {
        return;
    }
    if (fx_store_user_list(api->options.reader, &page, users, &count) != FX_OK) {
        return; /* again at the next tick */
    }
    for (uint32_t index = 0; index < count; index++) {
        if (!walk_one(api, &users[index])) {
            return;
        }
        api->enroll_cursor = users[index].id;
    }
    api->is_enroll_done = count < USERS_PER_TICK;
}
