/* Accounts and assets: dense arrays that only grow, found by a hash table of (user, asset). The
 * table holds index + 1, so zeroed memory is an empty table. */
#include <string.h>

#include "base/panic.h"
#include "engine/ahead_int.h"
#include "engine/money_int.h"
#include "engine/risk_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): slots, lots and units are plain numbers here
enum { RUN_BITS = 4, RUN_MASK = (1 << RUN_BITS) - 1 };

static fx_i128 magnitude_of(fx_i128 amount)
{
    return amount < 0 ? -amount : amount;
}

/* Runs of 16 user ids share a cache line of the table: ids are given out in order. */
static uint32_t home_of(const struct fx_engine *engine, uint64_t user_id, uint32_t asset)
{
    FX_CHECK((engine->account_table_size & (engine->account_table_size - 1)) == 0);
    FX_CHECK(engine->account_table_size > engine->account_count);
    const uint64_t run = (user_id >> RUN_BITS) ^ (uint64_t)asset * 0xbf58476d1ce4e5b9U;
    const uint64_t mixed = (run * 0x9e3779b97f4a7c15U) >> 32U;
    return (uint32_t)(mixed << RUN_BITS | (user_id & RUN_MASK)) & (engine->account_table_size - 1);
}

void fx_account_state_prefetch(const struct fx_engine *engine, uint64_t user_id, uint32_t asset)
{
    FX_CHECK(asset < engine->asset_count);
    fx_ahead_line(&engine->account_table[home_of(engine, user_id, asset)]);
}

struct fx_account_entry fx_account_state_guess(const struct fx_engine *engine,
                                               uint64_t user_id,
                                               uint32_t asset)
{
    FX_CHECK(asset < engine->asset_count);
    return engine->account_table[home_of(engine, user_id, asset)];
}

/* Where a key is in the table, or the empty place where it belongs. The table is at least twice as
 * large as the pool, so an empty place is always met. */
static uint32_t place_of(const struct fx_engine *engine, uint64_t user_id, uint32_t asset)
{
    FX_ASSERT(asset < engine->asset_count);
    const uint32_t mask = engine->account_table_size - 1;
    FX_CHECK((engine->account_table_size & mask) == 0);
    uint32_t place = home_of(engine, user_id, asset);
    for (uint32_t step = 0; step <= mask; step++) {
        const fx_slot entry = engine->account_table[place].account;
        if (entry == 0) {
            return place;
        }
        const struct fx_account_state *account = &engine->accounts[entry - 1];
        if (account->user_id == user_id && account->asset == asset) {
            return place;
        }
        place = (place + 1) & mask;
    }
    fx_panic(__FILE__, __LINE__, "the account table has an empty place");
}

fx_slot fx_account_state_find(const struct fx_engine *engine, uint64_t user_id, uint32_t asset)
{
    const fx_slot entry = engine->account_table[place_of(engine, user_id, asset)].account;
    FX_CHECK(entry <= engine->account_count);
    FX_CHECK(entry == 0 || engine->accounts[entry - 1].user_id == user_id);
    return entry == 0 ? FX_SLOT_NONE : entry - 1;
}

fx_slot fx_account_state_create(struct fx_engine *engine, uint64_t user_id, uint32_t asset)
{
    FX_ASSERT(asset < engine->asset_count);
    if (engine->account_count == engine->limits.accounts_max) {
        return FX_SLOT_NONE;
    }
    const uint32_t place = place_of(engine, user_id, asset);
    FX_ASSERT(engine->account_table[place].account == 0);
    const fx_slot slot = engine->account_count++;
    engine->accounts[slot] = (struct fx_account_state){
        .user_id = user_id,
        .first_position = FX_SLOT_NONE,
        .last_position = FX_SLOT_NONE,
        .asset = (uint16_t)asset,
    };
    engine->account_table[place] = (struct fx_account_entry){slot + 1, FX_SLOT_NONE};
    FX_CHECK(fx_account_state_find(engine, user_id, asset) == slot);
    return slot;
}

static struct fx_account_entry *entry_of(const struct fx_engine *engine, fx_slot account)
{
    FX_ASSERT(account < engine->account_count);
    const struct fx_account_state *state = &engine->accounts[account];
    const uint32_t place = place_of(engine, state->user_id, state->asset);
    FX_ASSERT(engine->account_table[place].account == account + 1);
    return &engine->account_table[place];
}

void fx_account_state_lead(struct fx_engine *engine, fx_slot account)
{
    entry_of(engine, account)->position = engine->accounts[account].first_position;
}

bool fx_account_state_is_led(const struct fx_engine *engine, fx_slot account)
{
    return entry_of(engine, account)->position == engine->accounts[account].first_position;
}

bool fx_account_state_rebuild(struct fx_engine *engine)
{
    FX_ASSERT(engine->account_count <= engine->limits.accounts_max);
    for (fx_slot slot = 0; slot < engine->account_count; slot++) {
        const struct fx_account_state *account = &engine->accounts[slot];
        const uint32_t place = place_of(engine, account->user_id, account->asset);
        FX_ASSERT(place < engine->account_table_size);
        if (engine->account_table[place].account != 0) {
            return false;
        }
        engine->account_table[place] = (struct fx_account_entry){slot + 1, account->first_position};
    }
    return true;
}

uint32_t fx_account_state_find_asset(const struct fx_engine *engine, const struct fx_asset *asset)
{
    FX_ASSERT(engine->asset_count <= engine->limits.assets_max);
    for (uint32_t index = 0; index < engine->asset_count; index++) {
        FX_ASSERT(engine->assets[index].asset.text[0] != '\0');
        if (memcmp(&engine->assets[index].asset, asset, sizeof *asset) == 0) {
            return index;
        }
    }
    return UINT32_MAX;
}

uint32_t fx_account_state_asset(struct fx_engine *engine, const struct fx_asset *asset)
{
    FX_ASSERT(asset->text[0] != '\0');
    const uint32_t known = fx_account_state_find_asset(engine, asset);
    if (known != UINT32_MAX) {
        return known;
    }
    if (engine->asset_count == engine->limits.assets_max) {
        return UINT32_MAX;
    }
    const uint32_t index = engine->asset_count++;
    FX_ASSERT(index < engine->limits.assets_max);
    engine->assets[index] = (struct fx_asset_state){.asset = *asset};
    return index;
}

void fx_account_state_moved(struct fx_engine *engine, fx_slot account)
{
    FX_CHECK(account < engine->account_count);
    engine->accounts[account].moved_sequence = engine->sequence;
    fx_risk_touch(engine, account);
}

bool fx_account_state_credit(struct fx_engine *engine, fx_slot account, fx_i128 amount)
{
    FX_CHECK(account < engine->account_count);
    struct fx_account_state *state = &engine->accounts[account];
    fx_i128 from_reward = 0;
    if (amount < 0 && state->reward_balance > 0) {
        from_reward = -amount < state->reward_balance ? -amount : state->reward_balance;
    }
    fx_i128 balance = 0;
    if (!fx_dec_is_in_range(amount) ||
        !fx_dec_add(state->balance, amount + from_reward, &balance)) {
        return false;
    }
    fx_account_state_moved(engine, account);
    state->balance = balance;
    state->reward_balance -= from_reward;
    FX_ASSERT(state->reward_balance >= 0);
    FX_CHECK(fx_dec_is_in_range(state->balance));
    return true;
}

bool fx_account_state_bound(const struct fx_engine *engine, fx_slot account, fx_i128 *bound_out)
{
    FX_ASSERT(account < engine->account_count);
    const struct fx_account_state *state = &engine->accounts[account];
    const fx_i128 limit = fx_dec_limit();
    fx_i128 bound = magnitude_of(state->balance) + state->reward_balance;
    uint32_t steps = 0;
    for (fx_slot slot = state->first_position; slot != FX_SLOT_NONE;
         slot = engine->positions[slot].next) {
        FX_CHECK(steps < engine->position_count);
        steps++;
        const struct fx_position_state *position = &engine->positions[slot];
        const fx_i128 lots =
            magnitude_of(position->lots) + position->buy_lots + position->sell_lots;
        fx_i128 moved = 0;
        /* Twice: what the fills move, and what they cost in fees (rates are below 1). */
        if (lots > INT64_MAX / 2 || !fx_margin_lots_bound(&engine->listings[position->instrument],
                                                          (int64_t)lots * 2,
                                                          &moved)) {
            return false;
        }
        bound += moved + position->entry_value; /* three times 1e36 fit */
        if (bound >= limit) {
            return false;
        }
    }
    FX_CHECK(bound >= 0 && bound < limit); /* M1 */
    *bound_out = bound;
    return true;
}
// NOLINTEND(bugprone-easily-swappable-parameters)
