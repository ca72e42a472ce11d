/* Loading an exchange into an empty engine, record by record, each judged by itself; START_ENGINE
 * judges the whole and lets it run. Until then nothing trades, fires, pays or is liquidated, and
 * nothing but the load is taken. Money adds up after every record: what is loaded counts as
 * deposited, and what a position was bought for is taken off. Source: docs/rules/loading.md. */
#include "base/panic.h"
#include "engine/bracket_int.h"
#include "engine/marks_int.h"
#include "engine/orders_int.h"
#include "engine/preload_int.h"
#include "engine/risk_int.h"
#include "engine/shard_int.h"
#include "engine/triggers_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool a slot, a side and a count are all
// numbers; their names and the assertions tell them apart

/* Ids have room for a successor, also in the tables' signed columns. */
static const uint64_t ID_MAX = INT64_MAX / 2;

static fx_status refuse(struct fx_event_result *result, fx_status status, enum fx_field field)
{
    FX_ASSERT(status != FX_OK);
    result->reject.field = (uint8_t)field;
    return status;
}

/* The id that is given next: behind the shard's base, and within its range. */
static bool next_id(const struct fx_engine *engine, uint64_t wanted, uint64_t *id_out)
{
    const uint64_t base = fx_shard_id_base(engine->shard);
    FX_ASSERT(engine->shard->shard == 0 || engine->shard->shards != 0);
    *id_out = wanted <= base ? base + 1 : wanted;
    return engine->shard->shards == 0 ? wanted <= ID_MAX
                                      : fx_shard_of_id(*id_out) == engine->shard->shard;
}

/* From an id of the tables, which this shard gave (shard_state.c), to the engine's own, which
 * counts from 1 in each shard. Of an id 0 it is beyond ID_MAX, or 0. */
static uint64_t local_id(const struct fx_engine *engine, uint64_t id)
{
    FX_ASSERT(engine->preload.mode == FX_ENGINE_MODE_LOADING);
    FX_ASSERT(id == 0 || id >= fx_shard_id_base(engine->shard));
    return id - fx_shard_id_base(engine->shard);
}

/* ---- the beginning -----------------------------------------------------------------------------
 */

static fx_status begin_load(struct fx_engine *engine,
                            const struct fx_command *command,
                            struct fx_event_result *result)
{
    FX_ASSERT(command->kind == FX_COMMAND_LOAD_ENGINE);
    FX_ASSERT(result->is_changed == 0);
    const struct fx_command_load *load = &command->u.load;
    const bool is_by_shard = engine->preload.rules >= FX_ENGINE_RULES_SHARDS;
    const uint64_t first_id = is_by_shard ? fx_shard_id_base(engine->shard) + 1 : 1;
    uint64_t order_id = 0;
    uint64_t trade_id = 0;
    uint64_t liquidation_id = 0;
    if (engine->preload.mode != FX_ENGINE_MODE_RUNNING || engine->account_count != 0 ||
        engine->instrument_count != 0 || engine->next_order_id != first_id ||
        engine->deadman_count != 0) {
        return FX_ENGINE_NOT_EMPTY;
    }
    if (engine->shard->shards != 0 && !is_by_shard) {
        return FX_BAD_SHARD_MAP; /* a load is of the whole exchange */
    }
    if (!next_id(engine, load->next_order_id, &order_id) ||
        !next_id(engine, load->next_trade_id, &trade_id) ||
        !next_id(engine, load->next_liquidation_id, &liquidation_id)) {
        return FX_BAD_PARAMETER;
    }
    engine->preload.mode = FX_ENGINE_MODE_LOADING;
    engine->next_order_id = order_id;
    engine->next_trade_id = trade_id;
    engine->next_liquidation_id = liquidation_id;
    result->is_changed = 1;
    return FX_OK;
}

/* ---- instruments -------------------------------------------------------------------------------
 */

static fx_status load_extra(struct fx_engine *engine,
                            const struct fx_command *command,
                            struct fx_event_result *result)
{
    FX_ASSERT(engine->preload.mode == FX_ENGINE_MODE_LOADING);
    FX_ASSERT(result->is_changed == 0);
    const int64_t last_ticks = command->u.load_extra.last_ticks;
    if (command->instrument >= engine->instrument_count) {
        return refuse(result, FX_UNKNOWN_SYMBOL, FX_FIELD_SYMBOL);
    }
    struct fx_listing *listing = &engine->listings[command->instrument];
    if (last_ticks < 0 || last_ticks > listing->definition.max_ticks) {
        return refuse(result, FX_PRICE_FILTER, FX_FIELD_PRICE);
    }
    result->is_changed = listing->last.ticks != last_ticks;
    listing->last.ticks = last_ticks;
    return FX_OK;
}

/* An instant that was paid before is not paid again, also not by PAY_FUNDING. */
static fx_status load_funding(struct fx_engine *engine,
                              const struct fx_command *command,
                              struct fx_event_result *result)
{
    FX_ASSERT(engine->preload.mode == FX_ENGINE_MODE_LOADING);
    FX_ASSERT(result->is_changed == 0);
    const struct fx_command_load_funding *funding = &command->u.load_funding;
    if (command->instrument >= engine->instrument_count) {
        return refuse(result, FX_UNKNOWN_SYMBOL, FX_FIELD_SYMBOL);
    }
    struct fx_mark_state *mark = &engine->marks[command->instrument];
    if (funding->instant_us <= mark->paid_us || funding->instant_us > engine->time_us) {
        return FX_LOAD_OUT_OF_ORDER;
    }
    mark->paid_us = funding->instant_us;
    mark->rate_ppb = funding->rate_ppb;
    result->is_changed = 1;
    return FX_OK;
}

/* ---- accounts ----------------------------------------------------------------------------------
 */

static fx_status judge_account(const struct fx_engine *engine,
                               const struct fx_command *command,
                               uint64_t id,
                               struct fx_event_result *result)
{
    const struct fx_command_load_account *load = &command->u.load_account;
    /* Against what a cross position has gained: judge_owing(). Never the fund's (I-23). */
    const bool may_owe = engine->preload.rules >= FX_ENGINE_RULES_GAINS && command->user_id != 0;
    FX_ASSERT(engine->preload.accounts <= engine->account_count);
    FX_ASSERT(engine->preload.account_id <= ID_MAX);
    if (id <= engine->preload.account_id || id > ID_MAX || engine->position_count != 0) {
        return FX_LOAD_OUT_OF_ORDER;
    }
    if ((load->balance < 0 && !may_owe) || load->reward_balance < 0) {
        return refuse(result, FX_INSUFFICIENT_BALANCE, FX_FIELD_AMOUNT);
    }
    fx_i128 sum = 0;
    if (!fx_dec_is_in_range(load->balance) || !fx_dec_is_in_range(load->reward_balance) ||
        !fx_dec_add(load->balance, load->reward_balance, &sum)) {
        return refuse(result, FX_AMOUNT_OUT_OF_RANGE, FX_FIELD_AMOUNT);
    }
    return engine->account_count == engine->limits.accounts_max ? FX_CAPACITY : FX_OK;
}

static fx_status load_account(struct fx_engine *engine,
                              const struct fx_command *command,
                              struct fx_event_result *result)
{
    FX_ASSERT(engine->preload.mode == FX_ENGINE_MODE_LOADING);
    const struct fx_command_load_account *load = &command->u.load_account;
    const uint64_t id = local_id(engine, load->account_id);
    fx_i128 deposited = 0;
    fx_status status = fx_account_command_judge(&load->settings);
    if (status == FX_OK) {
        status = judge_account(engine, command, id, result);
    }
    if (status != FX_OK) {
        return status;
    }
    const uint32_t known = fx_account_state_find_asset(engine, &load->settings.asset);
    if (known != UINT32_MAX &&
        fx_account_state_find(engine, command->user_id, known) != FX_SLOT_NONE) {
        return FX_EXISTS;
    }
    if (!fx_dec_add(known == UINT32_MAX ? 0 : engine->assets[known].deposited,
                    load->balance + load->reward_balance,
                    &deposited)) {
        return refuse(result, FX_AMOUNT_OUT_OF_RANGE, FX_FIELD_AMOUNT);
    }
    const uint32_t asset = fx_account_state_asset(engine, &load->settings.asset);
    if (asset == UINT32_MAX) {
        return FX_CAPACITY;
    }
    const fx_slot slot = fx_account_state_create(engine, command->user_id, asset);
    FX_ASSERT(slot != FX_SLOT_NONE && slot == engine->preload.accounts);
    struct fx_account_state *account = &engine->accounts[slot];
    account->balance = load->balance;
    account->reward_balance = load->reward_balance;
    account->flags = load->settings.flags;
    account->has_fees = load->settings.has_fees != 0 ? 1 : 0;
    account->maker_fee_ppb = account->has_fees != 0 ? load->settings.maker_fee_ppb : 0;
    account->taker_fee_ppb = account->has_fees != 0 ? load->settings.taker_fee_ppb : 0;
    account->moved_sequence = engine->sequence;
    engine->assets[asset].deposited = deposited;
    engine->account_ids[slot] = id;
    engine->preload.account_id = id;
    engine->preload.accounts++;
    result->account_id = id;
    result->is_changed = 1;
    fx_touch_account(engine, slot);
    return FX_OK;
}

/* ---- positions ---------------------------------------------------------------------------------
 */

/* What the numbers of a position must be, whoever has it. */
static fx_status judge_numbers(const struct fx_engine *engine,
                               const struct fx_command *command,
                               struct fx_event_result *result)
{
    FX_ASSERT(command->instrument < engine->instrument_count);
    const struct fx_command_load_position *load = &command->u.load_position;
    const struct fx_listing *listing = &engine->listings[command->instrument];
    const int64_t lots_max = INT64_MAX / 4 / engine->limits.positions_max;
    FX_ASSERT(lots_max > 0);
    const bool is_isolated = load->margin_mode == FX_MARGIN_MODE_ISOLATED;
    if (load->leverage_centi < 100 ||
        load->leverage_centi > listing->definition.leverage_max_centi) {
        return refuse(result, FX_BAD_LEVERAGE, FX_FIELD_LEVERAGE);
    }
    if (load->margin_mode != FX_MARGIN_MODE_CROSS && !is_isolated) {
        return refuse(result, FX_BAD_PARAMETER, FX_FIELD_MARGIN_MODE);
    }
    if (load->lots > lots_max || load->lots < -lots_max || !fx_dec_is_in_range(load->entry_value) ||
        !fx_dec_is_in_range(load->position_margin) || !fx_dec_is_in_range(load->adjust_margin) ||
        !fx_dec_is_in_range(load->realized_pnl)) {
        return refuse(result, FX_AMOUNT_OUT_OF_RANGE, FX_FIELD_QUANTITY);
    }
    if (load->entry_value < 0 || (load->lots == 0) != (load->entry_value == 0)) {
        return refuse(result, FX_BAD_PARAMETER, FX_FIELD_QUANTITY);
    }
    const fx_i128 margin = load->position_margin + load->adjust_margin;
    if (load->position_margin < 0 || margin < 0 || (load->lots == 0 && margin != 0) ||
        (!is_isolated && (load->position_margin != 0 || load->adjust_margin != 0))) {
        return refuse(result, FX_BAD_PARAMETER, FX_FIELD_MARGIN_MODE);
    }
    return FX_OK;
}

/* Whose it is, and that he has no other like it. */
static fx_status judge_holder(const struct fx_engine *engine,
                              const struct fx_command *command,
                              fx_slot account,
                              struct fx_event_result *result)
{
    FX_ASSERT(account < engine->account_count);
    FX_ASSERT(command->instrument < engine->instrument_count);
    const struct fx_command_load_position *load = &command->u.load_position;
    const bool is_hedge = (engine->accounts[account].flags & FX_ACCOUNT_FLAG_HEDGE) != 0;
    const uint32_t side =
        load->position_side == 0 ? FX_POSITION_SIDE_BOTH : (uint32_t)load->position_side;
    const struct fx_position_family family =
        fx_position_state_family(engine, account, command->instrument);
    if (side > FX_POSITION_SIDE_SHORT ||
        (load->lots != 0 && is_hedge == (side == FX_POSITION_SIDE_BOTH)) ||
        (side == FX_POSITION_SIDE_LONG && load->lots < 0) ||
        (side == FX_POSITION_SIDE_SHORT && load->lots > 0)) {
        return refuse(result, FX_POSITION_SIDE_MISMATCH, FX_FIELD_POSITION_SIDE);
    }
    for (uint32_t index = 0; index < family.count; index++) {
        const struct fx_position_state *other = &engine->positions[family.slots[index]];
        if (other->position_side == side) {
            return FX_EXISTS;
        }
        if (other->leverage_centi != load->leverage_centi) {
            return refuse(result, FX_BAD_LEVERAGE, FX_FIELD_LEVERAGE);
        }
        if (other->margin_mode != load->margin_mode) {
            return refuse(result, FX_BAD_PARAMETER, FX_FIELD_MARGIN_MODE);
        }
    }
    return engine->position_count == engine->limits.positions_max ? FX_CAPACITY : FX_OK;
}

/* I-01 with the position, and M1: nothing that it can come to leaves the range. */
static bool fits_range(const struct fx_engine *engine,
                       const struct fx_command *command,
                       fx_slot account,
                       fx_i128 *deposited_out)
{
    FX_ASSERT(account < engine->account_count);
    FX_ASSERT(command->u.load_position.entry_value >= 0);
    const struct fx_command_load_position *load = &command->u.load_position;
    const struct fx_listing *listing = &engine->listings[command->instrument];
    const bool is_linear = listing->definition.contract_type == FX_CONTRACT_TYPE_USD_M;
    const fx_i128 cost = (load->lots > 0) == is_linear ? -load->entry_value : load->entry_value;
    fx_i128 bound = 0;
    fx_i128 moved = 0;
    return fx_account_state_bound(engine, account, &bound) &&
           fx_margin_lots_bound(listing, 2 * fx_position_state_magnitude(load->lots), &moved) &&
           fx_dec_add(bound, moved, &bound) && fx_dec_add(bound, load->entry_value, &bound) &&
           fx_dec_add(engine->assets[listing->asset].deposited, cost, deposited_out);
}

/* Prices of cross positions depend on all of them: their rows are said again. */
static void touch_all(struct fx_engine *engine, fx_slot account)
{
    FX_ASSERT(account < engine->account_count);
    engine->accounts[account].moved_sequence = engine->sequence;
    for (fx_slot slot = engine->accounts[account].first_position; slot != FX_SLOT_NONE;
         slot = engine->positions[slot].next) {
        FX_ASSERT(engine->positions[slot].account == account);
        if (engine->positions[slot].lots != 0) {
            fx_touch_position(engine, slot);
        }
    }
}

static fx_status judge_position(const struct fx_engine *engine,
                                const struct fx_command *command,
                                struct fx_event_result *result,
                                fx_slot *account_out)
{
    FX_ASSERT(*account_out == FX_SLOT_NONE);
    FX_ASSERT(engine->preload.positions <= engine->position_count);
    const uint64_t id = local_id(engine, command->u.load_position.position_id);
    if (command->instrument >= engine->instrument_count) {
        return refuse(result, FX_UNKNOWN_SYMBOL, FX_FIELD_SYMBOL);
    }
    if (id <= engine->preload.position_id || id > ID_MAX || engine->preload.order_id != 0) {
        return FX_LOAD_OUT_OF_ORDER;
    }
    const fx_slot account = fx_account_state_find(
        engine, command->user_id, engine->listings[command->instrument].asset);
    if (account == FX_SLOT_NONE) {
        return FX_ACCOUNT_NOT_FOUND;
    }
    *account_out = account;
    const fx_status status = judge_numbers(engine, command, result);
    return status == FX_OK ? judge_holder(engine, command, account, result) : status;
}

static fx_status load_position(struct fx_engine *engine,
                               const struct fx_command *command,
                               struct fx_event_result *result)
{
    FX_ASSERT(engine->preload.mode == FX_ENGINE_MODE_LOADING);
    const struct fx_command_load_position *load = &command->u.load_position;
    fx_slot account = FX_SLOT_NONE;
    fx_i128 deposited = 0;
    const fx_status status = judge_position(engine, command, result, &account);
    if (status != FX_OK) {
        return status;
    }
    if (!fits_range(engine, command, account, &deposited)) {
        return refuse(result, FX_AMOUNT_OUT_OF_RANGE, FX_FIELD_QUANTITY);
    }
    const enum fx_position_side side = load->position_side == 0
                                           ? FX_POSITION_SIDE_BOTH
                                           : (enum fx_position_side)load->position_side;
    const fx_slot slot = fx_position_state_acquire(engine, account, command->instrument, side);
    FX_ASSERT(slot != FX_SLOT_NONE && slot == engine->preload.positions);
    struct fx_position_state *position = &engine->positions[slot];
    struct fx_listing *listing = &engine->listings[command->instrument];
    position->lots = load->lots;
    position->entry_value = load->entry_value;
    position->position_margin = load->position_margin;
    position->adjust_margin = load->adjust_margin;
    position->realized_pnl = load->realized_pnl;
    position->leverage_centi = load->leverage_centi;
    position->margin_mode = load->margin_mode;
    listing->open_interest_lots += load->lots > 0 ? load->lots : 0;
    engine->assets[listing->asset].deposited = deposited;
    engine->preload.position_id = local_id(engine, load->position_id);
    engine->position_ids[slot] = engine->preload.position_id;
    engine->preload.positions++;
    fx_position_state_refresh(engine, slot);
    result->account_id = fx_preload_account_id(engine, account);
    result->is_changed = 1;
    touch_all(engine, account);
    fx_touch_position(engine, slot);
    return FX_OK;
}

/* ---- the end -----------------------------------------------------------------------------------
 */

/* I-02 of the whole; and what is held or ordered can be judged. */
static fx_status judge_symbols(const struct fx_engine *engine, struct fx_event_result *result)
{
    FX_ASSERT(engine->preload.mode == FX_ENGINE_MODE_LOADING);
    for (uint32_t index = 0; index < engine->instrument_count; index++) {
        const struct fx_listing *listing = &engine->listings[index];
        FX_ASSERT(listing->open_interest_lots >= 0);
        const bool is_used = fx_book_count(listing->book, FX_SIDE_BUY) > 0 ||
                             fx_book_count(listing->book, FX_SIDE_SELL) > 0 ||
                             listing->open_interest_lots > 0;
        int64_t sum = 0;
        for (fx_slot slot = 0; slot < engine->position_count; slot++) {
            sum += engine->positions[slot].instrument == index ? engine->positions[slot].lots : 0;
        }
        if (sum != 0) {
            result->reject.has_limit = 1;
            result->reject.limit = listing->definition.lot_size * sum;
            return refuse(result, FX_LOAD_UNBALANCED, FX_FIELD_SYMBOL);
        }
        if (is_used && listing->definition.tier_count == 0) {
            return refuse(result, FX_BAD_INSTRUMENT, FX_FIELD_SYMBOL);
        }
    }
    return FX_OK;
}

static bool has_open_cross(const struct fx_engine *engine, fx_slot account)
{
    FX_ASSERT(account < engine->account_count);
    for (fx_slot slot = engine->accounts[account].first_position; slot != FX_SLOT_NONE;
         slot = engine->positions[slot].next) {
        FX_ASSERT(engine->positions[slot].account == account);
        if (engine->positions[slot].lots != 0 &&
            engine->positions[slot].margin_mode == FX_MARGIN_MODE_CROSS) {
            return true;
        }
    }
    return false;
}

/* Who owes has something that may be worth it; whether it is, the first mark says. */
static fx_status judge_owing(const struct fx_engine *engine, struct fx_event_result *result)
{
    FX_ASSERT(engine->preload.mode == FX_ENGINE_MODE_LOADING);
    FX_ASSERT(engine->preload.accounts == engine->account_count);
    for (fx_slot account = 0; account < engine->account_count; account++) {
        if (engine->accounts[account].balance < 0 && !has_open_cross(engine, account)) {
            result->account_id = fx_preload_account_id(engine, account);
            return refuse(result, FX_INSUFFICIENT_BALANCE, FX_FIELD_AMOUNT);
        }
    }
    return FX_OK;
}

static bool is_complete(const struct fx_engine *engine, const struct fx_command_start *start)
{
    FX_ASSERT(engine->preload.mode == FX_ENGINE_MODE_LOADING);
    return start->is_counted == 0 ||
           (start->accounts == engine->account_count &&
            start->positions == engine->preload.positions && start->orders == engine->order_count &&
            start->instruments == engine->instrument_count);
}

static fx_status finish_load(struct fx_engine *engine,
                             const struct fx_command *command,
                             struct fx_event_result *result)
{
    FX_ASSERT(engine->preload.mode == FX_ENGINE_MODE_LOADING);
    FX_ASSERT(command->kind == FX_COMMAND_START_ENGINE);
    if (!is_complete(engine, &command->u.start)) {
        return FX_LOAD_INCOMPLETE;
    }
    fx_status status = judge_symbols(engine, result);
    if (status == FX_OK) {
        status = judge_owing(engine, result);
    }
    if (status != FX_OK) {
        return status;
    }
    FX_ASSERT(engine->due_count == 0);
    engine->preload.mode = FX_ENGINE_MODE_RUNNING;
    engine->preload.order_id = 0;
    for (uint32_t index = 0; index < engine->instrument_count; index++) {
        fx_funding_restart(engine, index);
    }
    fx_mark_refresh_due(engine);
    fx_risk_rebuild(engine);
    engine->has_crossed = fx_conditional_is_due(engine);
    result->is_changed = 1;
    return FX_OK;
}

/* ---- doors -------------------------------------------------------------------------------------
 */

static fx_status set_rules(struct fx_engine *engine,
                           const struct fx_command *command,
                           struct fx_event_result *result)
{
    FX_ASSERT(command->kind == FX_COMMAND_SET_RULES);
    FX_ASSERT(engine->preload.rules <= FX_ENGINE_RULES_MAX);
    const uint32_t version = command->u.rules.version;
    if (version > FX_ENGINE_RULES_MAX) {
        return FX_RULES_UNKNOWN; /* whoever reads a log stops before: fx_engine_knows() */
    }
    if (version < engine->preload.rules) {
        return FX_RULES_LOWER;
    }
    const bool is_by_place =
        version >= FX_ENGINE_RULES_PLACED && engine->preload.rules < FX_ENGINE_RULES_PLACED;
    result->is_changed = version != engine->preload.rules;
    engine->preload.rules = version;
    if (is_by_place) {
        fx_bracket_sort(engine);
    }
    return FX_OK;
}

/* What was crossed meanwhile fires, and who waited is looked at again, as where a symbol trades
 * again. */
static fx_status restart(struct fx_engine *engine, struct fx_event_result *result)
{
    FX_ASSERT(engine->preload.mode != FX_ENGINE_MODE_LOADING);
    FX_ASSERT(result->is_changed == 0);
    if (engine->preload.mode == FX_ENGINE_MODE_RUNNING) {
        return FX_OK;
    }
    engine->preload.mode = FX_ENGINE_MODE_RUNNING;
    engine->has_crossed = true;
    for (uint32_t index = 0; index < engine->instrument_count; index++) {
        fx_risk_see_mark(engine, index);
    }
    result->is_changed = 1;
    return FX_OK;
}

/* A symbol's terms come before anybody has something on it. */
static fx_status list(struct fx_engine *engine,
                      const struct fx_command *command,
                      struct fx_event_result *result)
{
    FX_ASSERT(engine->preload.mode == FX_ENGINE_MODE_LOADING);
    FX_ASSERT(result->is_changed == 0);
    if (engine->account_count != 0) {
        return FX_LOAD_OUT_OF_ORDER;
    }
    return command->kind == FX_COMMAND_SET_MARK_RULES ? fx_mark_apply_rules(engine, command, result)
                                                      : fx_listing_apply(engine, command, result);
}

/* What is taken while the engine is being loaded. */
static fx_status apply_loading(struct fx_engine *engine,
                               const struct fx_command *command,
                               struct fx_event_result *result)
{
    FX_ASSERT(engine->preload.mode == FX_ENGINE_MODE_LOADING);
    FX_ASSERT(result->is_changed == 0);
    switch (command->kind) {
    case FX_COMMAND_UPDATE_INSTRUMENT:
    case FX_COMMAND_LOAD_LEVERAGE_MARGIN:
    case FX_COMMAND_SET_STATE:
    case FX_COMMAND_SET_MARK_RULES:
        return list(engine, command, result);
    case FX_COMMAND_START_ENGINE:
        return finish_load(engine, command, result);
    case FX_COMMAND_LOAD_ENGINE:
        return FX_ENGINE_NOT_EMPTY;
    case FX_COMMAND_SET_RULES:
        return set_rules(engine, command, result);
    case FX_COMMAND_TICK:
    case FX_COMMAND_REFRESH_RANKS:
        return FX_OK; /* time goes on, and nothing with it */
    case FX_COMMAND_LOAD_ACCOUNT:
        return load_account(engine, command, result);
    case FX_COMMAND_LOAD_POSITION:
        return load_position(engine, command, result);
    case FX_COMMAND_LOAD_ORDER:
        return fx_preload_order(engine, command, result);
    case FX_COMMAND_LOAD_ORDER_TP_SL:
        return engine->preload.rules >= FX_ENGINE_RULES_BRACKETS
                   ? fx_preload_order(engine, command, result)
                   : FX_ENGINE_LOADING;
    case FX_COMMAND_UPDATE_INSTRUMENT_EXTRA:
        return load_extra(engine, command, result);
    case FX_COMMAND_LOAD_FUNDING_HISTORY:
        return load_funding(engine, command, result);
    default:
        return FX_ENGINE_LOADING;
    }
}

fx_status fx_preload_apply(struct fx_engine *engine,
                           const struct fx_command *command,
                           struct fx_event_result *result)
{
    FX_ASSERT(result->is_changed == 0);
    FX_ASSERT(engine->preload.mode <= FX_ENGINE_MODE_LOADING);
    struct fx_preload *state = &engine->preload;
    if (state->mode == FX_ENGINE_MODE_LOADING) {
        return apply_loading(engine, command, result);
    }
    if (command->kind == FX_COMMAND_SET_RULES) {
        return set_rules(engine, command, result);
    }
    if (state->rules < FX_ENGINE_RULES_STARTS) {
        return FX_UNKNOWN_COMMAND;
    }
    switch (command->kind) {
    case FX_COMMAND_LOAD_ENGINE:
        return begin_load(engine, command, result);
    case FX_COMMAND_START_ENGINE:
        return restart(engine, result);
    case FX_COMMAND_STOP_ENGINE:
        result->is_changed = state->mode != FX_ENGINE_MODE_STOPPED;
        state->mode = FX_ENGINE_MODE_STOPPED;
        return FX_OK;
    case FX_COMMAND_LOAD_ACCOUNT:
    case FX_COMMAND_LOAD_POSITION:
    case FX_COMMAND_LOAD_ORDER:
    case FX_COMMAND_UPDATE_INSTRUMENT_EXTRA:
    case FX_COMMAND_LOAD_FUNDING_HISTORY:
        return FX_ENGINE_NOT_LOADING;
    case FX_COMMAND_LOAD_ORDER_TP_SL:
        return state->rules >= FX_ENGINE_RULES_BRACKETS ? FX_ENGINE_NOT_LOADING
                                                        : FX_UNKNOWN_COMMAND;
    default:
        return FX_UNKNOWN_COMMAND;
    }
}

bool fx_preload_is_sound(const struct fx_engine *engine)
{
    FX_ASSERT(engine->account_count <= engine->limits.accounts_max);
    FX_ASSERT(engine->position_count <= engine->limits.positions_max);
    const struct fx_preload *state = &engine->preload;
    if (state->mode > FX_ENGINE_MODE_LOADING || state->rules < 1 ||
        state->accounts > engine->account_count || state->positions > engine->position_count ||
        state->account_id > ID_MAX || state->position_id > ID_MAX ||
        state->account_id < state->accounts || state->position_id < state->positions) {
        return false;
    }
    for (uint32_t index = 0; index < state->accounts; index++) {
        const uint64_t before = index == 0 ? 0 : engine->account_ids[index - 1];
        if (engine->account_ids[index] <= before ||
            engine->account_ids[index] > state->account_id) {
            return false;
        }
    }
    for (uint32_t index = 0; index < state->positions; index++) {
        const uint64_t before = index == 0 ? 0 : engine->position_ids[index - 1];
        if (engine->position_ids[index] <= before ||
            engine->position_ids[index] > state->position_id) {
            return false;
        }
    }
    return true;
}

// NOLINTEND(bugprone-easily-swappable-parameters)
