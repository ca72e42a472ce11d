/* The hash of the logical state: what can ever show in an event or a result, nothing else. Slots,
 * tables, free lists and the places of windows and heaps do not count, so that a state that was
 * loaded has the hash of the state that was saved. Fields are mixed one by one: no padding. */
#include <string.h>

#include "base/panic.h"
#include "engine/bracket_int.h"
#include "engine/marks_int.h"
#include "engine/orders_int.h"
#include "engine/rank_int.h"
#include "engine/settle_int.h"
#include "engine/triggers_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool a slot, a side and a count are all
// numbers; their names and the assertions tell them apart

uint64_t fx_hash_mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9fb21c651e98df25U;
    return hash ^ (hash >> 32U);
}

static uint64_t mix_signed(uint64_t hash, int64_t value)
{
    return fx_hash_mix(hash, (uint64_t)value);
}

static uint64_t mix_wide(uint64_t hash, fx_i128 value)
{
    const fx_u128 bits = (fx_u128)value;
    return fx_hash_mix(fx_hash_mix(hash, (uint64_t)bits), (uint64_t)(bits >> 64U));
}

static uint64_t mix_bytes(uint64_t hash, const void *data, size_t size)
{
    FX_ASSERT(data != NULL || size == 0);
    FX_ASSERT(size % sizeof(uint64_t) == 0);
    const char *bytes = data;
    for (size_t at = 0; at < size; at += sizeof(uint64_t)) {
        const size_t left = size - at;
        uint64_t word = 0;
        memcpy(&word, bytes + at, left < sizeof word ? left : sizeof word);
        hash = fx_hash_mix(hash, word);
    }
    return hash;
}

static uint64_t mix_assets(const struct fx_engine *engine, uint64_t hash)
{
    _Static_assert(sizeof(struct fx_asset_state) == 80, "what is new must be mixed in, too");
    FX_ASSERT(engine->asset_count <= engine->limits.assets_max);
    for (uint32_t index = 0; index < engine->asset_count; index++) {
        const struct fx_asset_state *asset = &engine->assets[index];
        hash = mix_wide(hash, asset->deposited);
        hash = mix_wide(hash, asset->fees);
        hash = mix_wide(hash, asset->insurance);
        hash = mix_wide(hash, asset->rounding);
        hash = mix_bytes(hash, &asset->asset, sizeof asset->asset);
    }
    return fx_hash_mix(hash, engine->asset_count);
}

static uint64_t mix_accounts(const struct fx_engine *engine, uint64_t hash)
{
    _Static_assert(sizeof(struct fx_account_state) == 128, "what is new must be mixed in, too");
    FX_ASSERT(engine->account_count <= engine->limits.accounts_max);
    for (uint32_t index = 0; index < engine->account_count; index++) {
        const struct fx_account_state *account = &engine->accounts[index];
        hash = mix_wide(hash, account->balance);
        hash = mix_wide(hash, account->reward_balance);
        hash = fx_hash_mix(hash, account->user_id);
        hash = mix_signed(hash, account->maker_fee_ppb);
        hash = mix_signed(hash, account->taker_fee_ppb);
        hash = fx_hash_mix(hash, (uint64_t)account->order_count << 32U | account->asset);
        hash = fx_hash_mix(hash,
                           (uint64_t)account->flags << 32U | (uint64_t)account->risk_state << 8U |
                               account->has_fees);
    }
    return fx_hash_mix(hash, engine->account_count);
}

static uint64_t mix_position(const struct fx_engine *engine,
                             uint64_t hash,
                             const struct fx_position_state *position)
{
    _Static_assert(sizeof(struct fx_position_state) == 256, "what is new must be mixed in, too");
    FX_ASSERT(position->account < engine->account_count);
    const fx_i128 amounts[] = {position->entry_value,
                               position->position_margin,
                               position->adjust_margin,
                               position->realized_pnl,
                               position->buy_value,
                               position->sell_value,
                               position->buy_loss,
                               position->sell_loss,
                               position->reserve};
    const int64_t lots[] = {position->lots,
                            position->buy_lots,
                            position->sell_lots,
                            position->reduce_buy_lots,
                            position->reduce_sell_lots,
                            position->leverage_centi};
    for (uint32_t index = 0; index < sizeof amounts / sizeof amounts[0]; index++) {
        hash = mix_wide(hash, amounts[index]);
    }
    for (uint32_t index = 0; index < sizeof lots / sizeof lots[0]; index++) {
        hash = mix_signed(hash, lots[index]);
    }
    hash = fx_hash_mix(hash, (uint64_t)position->account << 32U | position->instrument);
    hash = fx_hash_mix(hash,
                       (uint64_t)position->is_liquidating << 16U |
                           (uint64_t)position->margin_mode << 8U | position->position_side);
    for (fx_slot order = position->oldest_order; order != FX_SLOT_NONE;
         order = engine->orders[order].newer) {
        hash = fx_hash_mix(hash, engine->orders[order].order_id);
    }
    if (position->funding_round != 0) {
        hash = fx_hash_mix(hash, position->funding_round);
    }
    if (position->adl_rank != 0) {
        hash = fx_hash_mix(hash, position->adl_rank);
    }
    return fx_hash_mix(hash, position->order_count);
}

/* Deadlines in no order: the sum does not depend on where they stand in the heap. A log without
 * any hashes as it did before there were deadlines. */
static uint64_t mix_deadmen(const struct fx_engine *engine, uint64_t hash)
{
    _Static_assert(sizeof(struct fx_deadman) == 24, "what is new must be mixed in, too");
    FX_ASSERT(engine->deadman_count <= engine->limits.accounts_max);
    uint64_t sum = 0;
    for (uint32_t index = 0; index < engine->deadman_count; index++) {
        const struct fx_deadman *entry = &engine->deadmen[index];
        const uint64_t key = fx_hash_mix(fx_hash_mix(1, entry->user_id), entry->instrument);
        sum += mix_signed(key, entry->deadline_us);
    }
    return engine->deadman_count == 0 ? hash : fx_hash_mix(hash, sum);
}

static uint64_t mix_client(uint64_t hash, const struct fx_client_entry *entry)
{
    _Static_assert(sizeof(struct fx_client_entry) == 88, "what is new must be mixed in, too");
    FX_ASSERT(entry->client_id.size > 0);
    hash = fx_hash_mix(hash, entry->body_hash);
    hash = fx_hash_mix(hash, entry->order_id);
    hash = fx_hash_mix(hash, entry->tmp_id);
    hash = mix_signed(hash, entry->is_ended != 0 ? entry->ended_us : -1);
    hash = fx_hash_mix(hash, (uint64_t)entry->account << 32U | entry->order_status);
    return mix_bytes(hash, &entry->client_id, sizeof entry->client_id);
}

static uint64_t mix_trigger(const struct fx_engine *engine,
                            uint64_t hash,
                            const struct fx_trigger *trigger)
{
    _Static_assert(sizeof(struct fx_trigger) == 80, "what is new must be mixed in, too");
    FX_ASSERT(trigger->source >= FX_TRIGGER_SOURCE_LAST);
    hash = mix_signed(hash, trigger->trigger_ticks);
    hash = mix_signed(hash, trigger->callback_ppb);
    hash = mix_signed(hash, fx_trigger_extreme(engine, trigger).ticks);
    hash = fx_hash_mix(hash,
                       (uint64_t)trigger->source | (uint64_t)trigger->condition << 8U |
                           (uint64_t)trigger->is_close_position << 16U |
                           (uint64_t)trigger->is_price_protected << 24U |
                           (uint64_t)trigger->is_listed << 32U | (uint64_t)trigger->role << 40U);
    /* A trailing stop that was crossed waits at the stop that it had; who is late does not yet. */
    return trigger->state == FX_TRIGGER_STATE_WAITING ? mix_signed(hash, trigger->key) : hash;
}

static uint64_t mix_bracket(uint64_t hash, const struct fx_bracket *bracket)
{
    return mix_signed(fx_hash_mix(hash, bracket->parent_id), bracket->lots);
}

static uint64_t mix_order(const struct fx_engine *engine, uint64_t hash, fx_slot order)
{
    _Static_assert(sizeof(struct fx_order) == 192, "what is new must be mixed in, too");
    FX_ASSERT(order < engine->order_used);
    const struct fx_resting *hot = &engine->resting[order];
    const struct fx_order *cold = &engine->orders[order];
    hash = fx_hash_mix(hash, cold->order_id);
    hash = fx_hash_mix(hash, cold->tmp_id);
    hash = mix_signed(hash, hot->remaining.lots);
    hash = mix_signed(hash, hot->price.ticks);
    hash = fx_hash_mix(hash, (uint64_t)hot->account << 32U | cold->position);
    hash = fx_hash_mix(hash, (uint64_t)hot->side << 8U | hot->is_reduce_only);
    hash = mix_wide(hash, cold->filled_value);
    hash = mix_wide(hash, cold->reserve_value);
    hash = mix_wide(hash, cold->reserve_loss);
    hash = mix_signed(hash, cold->lots);
    hash = mix_signed(hash, cold->entry_mark_ticks);
    hash = mix_signed(hash, cold->expire_us);
    hash = mix_signed(hash, cold->created_us);
    hash = mix_signed(hash, cold->updated_us);
    hash = fx_hash_mix(hash,
                       (uint64_t)cold->type | (uint64_t)cold->time_in_force << 8U |
                           (uint64_t)cold->status << 16U | (uint64_t)cold->note << 24U |
                           (uint64_t)cold->stp_mode << 32U | (uint64_t)cold->post_only_mode << 40U);
    if (cold->client_slot != UINT32_MAX) {
        hash = mix_client(hash, &engine->client_entries[cold->client_slot]);
    }
    if (cold->trigger != 0) {
        hash = mix_trigger(engine, hash, fx_trigger_of(engine, order));
    }
    return cold->bracket == 0 ? hash : mix_bracket(hash, fx_bracket_of(engine, order));
}

/* Who is shortened first when a position shrinks. */
static uint64_t mix_held(const struct fx_engine *engine, uint64_t hash, fx_slot position)
{
    FX_ASSERT(position < engine->position_count);
    const struct fx_position_brackets *list = &engine->position_brackets[position];
    fx_slot slot = list->oldest;
    for (uint32_t index = 0; index < list->held_count; index++) {
        FX_ASSERT(slot < engine->bracket_used);
        hash = mix_bracket(hash, &engine->brackets[slot]);
        slot = engine->brackets[slot].newer;
    }
    return hash;
}

/* Orders that have not fired; a position without any hashes as it did before there were any. */
static uint64_t mix_conditionals(const struct fx_engine *engine, uint64_t hash, fx_slot position)
{
    FX_ASSERT(position < engine->position_count);
    uint32_t count = 0;
    for (fx_slot order = fx_conditional_oldest(engine, position); order != FX_SLOT_NONE;
         order = fx_conditional_newer(engine, order)) {
        hash = mix_order(engine, hash, order);
        count++;
    }
    FX_ASSERT(count <= engine->trigger_used);
    return count == 0 ? hash : fx_hash_mix(hash, count);
}

/* What was crossed and has not fired yet. */
static uint64_t mix_reached(const struct fx_engine *engine, uint64_t hash, uint32_t instrument)
{
    FX_ASSERT(instrument < engine->instrument_count);
    _Static_assert(sizeof(struct fx_trigger_side) == 32, "what is new must be mixed in, too");
    for (uint32_t half = 0; half < 6; half++) {
        const struct fx_trigger_index *index = &engine->trigger_books[instrument].sources[half / 2];
        const int64_t reached = index->sides[half % 2].reached;
        hash = reached == INT64_MIN ? hash : mix_signed(fx_hash_mix(hash, half), reached);
    }
    return hash;
}

static uint64_t mix_side(const struct fx_engine *engine,
                         uint64_t hash,
                         uint32_t instrument,
                         enum fx_side side)
{
    FX_ASSERT(instrument < engine->instrument_count);
    FX_ASSERT(side == FX_SIDE_BUY || side == FX_SIDE_SELL);
    const struct fx_book *book = engine->listings[instrument].book;
    struct fx_book_row row;
    fx_px after = {0};
    while (fx_book_next(book, side, after, &row)) {
        after = row.price;
        for (fx_slot order = fx_book_oldest(book, side, row.price); order != FX_SLOT_NONE;
             order = engine->resting[order].newer) {
            hash = mix_order(engine, hash, order);
        }
    }
    return fx_hash_mix(hash, fx_book_count(book, side));
}

/* A symbol without rules for its mark hashes as it did before there were any. */
static uint64_t mix_mark(uint64_t hash, const struct fx_mark_state *mark)
{
    _Static_assert(sizeof(struct fx_mark_state) == 720, "what is new must be mixed in, too");
    _Static_assert(sizeof mark->basis == FX_MARK_BASIS_COUNT * sizeof mark->basis[0],
                   "all of them");
    if (mark->has_rules == 0) {
        return hash;
    }
    const int64_t words[] = {
        mark->stale_us, mark->mark_us, mark->source_us, mark->max_age_us, mark->band_ppb};
    for (uint32_t index = 0; index < sizeof words / sizeof words[0]; index++) {
        hash = mix_signed(hash, words[index]);
    }
    hash = fx_hash_mix(hash, (uint64_t)mark->sources_min << 32U | mark->source_count);
    hash = fx_hash_mix(
        hash, (uint64_t)mark->is_starved << 16U | (uint64_t)mark->has_index << 8U | mark->is_stale);
    for (uint32_t index = 0; index < FX_MARK_BASIS_COUNT; index++) {
        hash = mix_signed(hash, mark->basis[index].minute);
        hash = mix_signed(hash, mark->basis[index].half_ticks);
    }
    return hash;
}

/* A symbol that never paid and will not hashes as it did before there was funding. */
static uint64_t mix_funding(uint64_t hash, const struct fx_mark_state *mark)
{
    _Static_assert(sizeof(struct fx_funding_sweep) == 112, "what is new must be mixed in, too");
    FX_ASSERT(mark->sweep.is_open <= 1);
    const struct fx_funding_sweep *sweep = &mark->sweep;
    if (mark->next_us == 0 && sweep->round == 0) {
        return hash;
    }
    const int64_t words[] = {mark->next_us,
                             mark->paid_us,
                             mark->rate_ppb,
                             mark->premium_ppb,
                             mark->minute,
                             mark->premium_count};
    const int64_t open[] = {sweep->instant_us,
                            sweep->rate_ppb,
                            sweep->mark_ticks,
                            sweep->index_ticks,
                            sweep->cursor,
                            sweep->end,
                            sweep->positions};
    for (uint32_t index = 0; index < sizeof words / sizeof words[0]; index++) {
        hash = mix_signed(hash, words[index]);
    }
    hash = fx_hash_mix(mix_wide(hash, mark->premium_sum), sweep->round);
    for (uint32_t index = 0; index < sizeof open / sizeof open[0] && sweep->is_open != 0; index++) {
        hash = mix_signed(hash, open[index]);
    }
    return sweep->is_open == 0
               ? hash
               : mix_wide(mix_wide(mix_wide(hash, sweep->paid), sweep->received), sweep->insured);
}

/* A symbol that is not near its end hashes as it did before there were settlements. */
static uint64_t mix_settlement(uint64_t hash, const struct fx_settle_state *state)
{
    _Static_assert(sizeof(struct fx_settle_state) == 80, "what is new must be mixed in, too");
    FX_ASSERT(state->phase <= FX_SETTLEMENT_PHASE_DONE);
    if (state->phase == 0 && state->last_us == 0) {
        return hash;
    }
    const int64_t words[] = {state->covered_us,
                             state->last_us,
                             state->price_ticks,
                             state->clearing_lots,
                             (int64_t)state->closed,
                             (int64_t)state->cursor << 8U | state->phase};
    for (uint32_t index = 0; index < sizeof words / sizeof words[0]; index++) {
        hash = mix_signed(hash, words[index]);
    }
    return mix_wide(mix_wide(hash, state->sum), state->clearing_value);
}

static uint64_t mix_listing(const struct fx_engine *engine, uint64_t hash, uint32_t instrument)
{
    _Static_assert(sizeof(struct fx_instrument) == 320, "what is new must be mixed in, too");
    FX_ASSERT(instrument < engine->instrument_count);
    const struct fx_listing *listing = &engine->listings[instrument];
    /* The definition is the command's bytes; its tail is padding. */
    const size_t definition_size =
        offsetof(struct fx_instrument, settle) + sizeof listing->definition.settle;
    hash = mix_bytes(hash, &listing->definition, definition_size);
    for (uint32_t index = 0; index < listing->definition.tier_count; index++) {
        hash = mix_wide(hash, listing->tiers[index].cap);
        hash = mix_wide(hash, listing->tiers[index].cum);
        hash = mix_signed(hash, listing->tiers[index].rate_ppb);
        hash = mix_signed(hash, listing->tiers[index].leverage_max_centi);
    }
    hash = mix_signed(hash, listing->mark.ticks);
    hash = mix_signed(hash, listing->index.ticks);
    hash = mix_signed(hash, listing->last.ticks);
    hash = mix_signed(hash, listing->open_interest_lots);
    hash = fx_hash_mix(hash, listing->asset);
    hash = mix_mark(hash, &engine->marks[instrument]);
    hash = mix_funding(hash, &engine->marks[instrument]);
    hash = mix_settlement(hash, &engine->settlements[instrument]);
    hash = mix_reached(engine, hash, instrument);
    hash = mix_side(engine, hash, instrument, FX_SIDE_BUY);
    return mix_side(engine, hash, instrument, FX_SIDE_SELL);
}

/* How far the refresh of the ranks has come; a log in which none began hashes as it did before. */
static uint64_t mix_ranks(const struct fx_engine *engine, uint64_t hash, bool has_sides)
{
    _Static_assert(sizeof(struct fx_rank) == 32, "what is new must be mixed in, too");
    FX_ASSERT(engine->rank.count <= engine->rank.cursor);
    const struct fx_rank *rank = &engine->rank;
    if (rank->due_us == 0) {
        return hash;
    }
    hash = mix_signed(mix_signed(hash, rank->due_us), rank->began_us);
    hash = fx_hash_mix(
        hash, (uint64_t)rank->cursor << 16U | (uint64_t)rank->phase << 8U | rank->is_stale);
    uint64_t sum = 0;
    for (uint32_t index = 0; index < rank->count; index++) {
        const struct fx_rank_item *item = &engine->rank_items[index];
        sum += mix_wide(fx_hash_mix(item->position, item->side), item->score);
    }
    hash = fx_hash_mix(fx_hash_mix(hash, rank->count), sum);
    /* Which fifth the next one gets. Between two refreshes they mean nothing. */
    const uint32_t sides = has_sides && rank->phase != 0 ? 2 * engine->instrument_count : 0;
    for (uint32_t side = 0; side < sides; side++) {
        const struct fx_rank_side *state = &engine->rank_sides[side];
        hash = fx_hash_mix(hash, (uint64_t)state->count << 32U | state->placed);
    }
    return hash;
}

/* A log without a map hashes as it did before there were maps. */
static uint64_t mix_shard(const struct fx_engine *engine, uint64_t hash)
{
    const struct fx_shard_map *map = engine->shard;
    FX_ASSERT(map->shards == 0 || map->shard < map->shards);
    if (map->shards == 0) {
        return hash;
    }
    hash = fx_hash_mix(hash, (uint64_t)map->shards << 32U | map->shard);
    FX_ASSERT(map->asset_count <= sizeof map->assets / sizeof map->assets[0]);
    for (uint32_t index = 0; index < map->asset_count; index++) {
        hash = mix_bytes(hash, &map->assets[index], sizeof map->assets[index]);
    }
    return fx_hash_mix(hash, map->asset_count);
}

/* A log of the first rules that was never loaded or stopped hashes as it did before. */
static uint64_t mix_preload(const struct fx_engine *engine, uint64_t hash)
{
    const struct fx_preload *state = &engine->preload;
    FX_ASSERT(state->accounts <= engine->account_count);
    FX_ASSERT(state->positions <= engine->position_count);
    if (state->rules != 1) {
        hash = fx_hash_mix(hash, (uint64_t)state->rules << 32U | 1U);
    }
    if (state->mode != FX_ENGINE_MODE_RUNNING) {
        hash = fx_hash_mix(fx_hash_mix(hash, state->mode), state->order_id);
    }
    if (state->account_id != 0) {
        hash = fx_hash_mix(fx_hash_mix(hash, state->accounts), state->positions);
        hash = fx_hash_mix(fx_hash_mix(hash, state->account_id), state->position_id);
        hash = mix_bytes(hash, engine->account_ids, state->accounts * sizeof(uint64_t));
        hash = mix_bytes(hash, engine->position_ids, state->positions * sizeof(uint64_t));
    }
    return hash;
}

static uint64_t mix_content(const struct fx_engine *engine, bool has_rank_sides)
{
    FX_ASSERT(engine->order_count <= engine->order_used);
    FX_ASSERT(engine->position_count <= engine->limits.positions_max);
    uint64_t hash = fx_hash_mix(engine->next_order_id, engine->next_trade_id);
    if (engine->next_liquidation_id != 1) {
        hash = fx_hash_mix(hash, engine->next_liquidation_id);
    }
    hash = mix_assets(engine, hash);
    hash = mix_accounts(engine, hash);
    for (uint32_t index = 0; index < engine->position_count; index++) {
        hash = mix_position(engine, hash, &engine->positions[index]);
        hash = mix_conditionals(engine, hash, index);
        hash = mix_held(engine, hash, index);
    }
    hash = fx_hash_mix(hash, engine->position_count);
    for (uint32_t index = 0; index < engine->instrument_count; index++) {
        hash = mix_listing(engine, hash, index);
    }
    hash = fx_hash_mix(hash, engine->instrument_count);
    for (fx_slot entry = engine->client_oldest; entry != FX_SLOT_NONE;
         entry = engine->client_entries[entry].newer) {
        hash = mix_client(hash, &engine->client_entries[entry]);
    }
    hash = fx_hash_mix(hash, engine->client_count);
    for (fx_slot entry = engine->move_oldest; entry != FX_SLOT_NONE;
         entry = engine->client_entries[entry].newer) {
        hash = mix_client(hash, &engine->client_entries[entry]);
    }
    if (engine->move_count != 0) {
        hash = fx_hash_mix(hash, engine->move_count);
    }
    hash = mix_deadmen(engine, hash);
    hash = mix_ranks(engine, hash, has_rank_sides);
    hash = mix_shard(engine, hash);
    hash = mix_preload(engine, hash);
    return fx_hash_mix(hash, engine->order_count);
}

uint64_t fx_hash_content(const struct fx_engine *engine)
{
    return mix_content(engine, true);
}

uint64_t fx_hash_state_of_ranks(const struct fx_engine *engine)
{
    const uint64_t hash = fx_hash_mix(mix_content(engine, false), engine->sequence);
    return mix_signed(hash, engine->time_us);
}

uint64_t fx_hash_state(const struct fx_engine *engine)
{
    const uint64_t hash = fx_hash_mix(fx_hash_content(engine), engine->sequence);
    return mix_signed(hash, engine->time_us);
}

// NOLINTEND(bugprone-easily-swappable-parameters)
