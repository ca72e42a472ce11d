/* Guards: per position the marks within which its account is safe, whatever its other symbols do
 * within theirs. A mark that meets no guard costs two comparisons.
 *
 * Margin of a cross account that is not needed at the marks as they are is divided among its
 * positions by value; each guard stands where its part would be lost. An eighth stays undivided, so
 * that fees and small fills seldom move a guard. What a guard is worth is computed exactly, so R1
 * does not depend on how it was found. Source: docs/rules/liquidation.md. */
#include "base/panic.h"
#include "engine/money_int.h"
#include "engine/orders_int.h"
#include "engine/rank_int.h"
#include "engine/risk_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool slots, prices and keys are all
// numbers; their names and the assertions tell them apart

enum { UNDIVIDED_SHIFT = 3 };

static enum fx_side side_of(const struct fx_position_state *position)
{
    FX_ASSERT(position->lots != 0);
    return position->lots > 0 ? FX_SIDE_BUY : FX_SIDE_SELL;
}

/* A price as a guard of this side is met by it: met where it is greater than the guard's. */
static int64_t key_of(enum fx_side side, int64_t ticks)
{
    FX_CHECK(side == FX_SIDE_BUY || side == FX_SIDE_SELL);
    FX_CHECK(ticks >= 0);
    return side == FX_SIDE_BUY ? -ticks : ticks;
}

static fx_i128 isolated_margin(const struct fx_position_state *position)
{
    FX_CHECK(fx_position_state_is_isolated(position));
    FX_CHECK(position->position_margin >= 0); /* M4 */
    return position->position_margin + position->adjust_margin;
}

static fx_px mark_of(const struct fx_engine *engine, const struct fx_position_state *position)
{
    FX_CHECK(position->instrument < engine->instrument_count);
    return engine->listings[position->instrument].mark;
}

/* What an account has, before its positions. The insurance fund is short only below 0, not at 0. */
static fx_i128 cash_of(const struct fx_account_state *state)
{
    FX_CHECK(state->reward_balance >= 0); /* M7 */
    return state->balance + state->reward_balance + (state->user_id == 0 ? 1 : 0);
}

/* ---- what stands behind an account -------------------------------------------------------------
 */

/* The cross margin of an account at the marks as they are. */
struct cross {
    fx_i128 surplus; /* balance, reward and worths, less isolated margins: <= 0 is short */
    fx_i128 value;   /* of its positions, at mark */
    bool is_used;    /* there are any */
    bool is_isolated_short;
};

static struct cross look_at(const struct fx_engine *engine, fx_slot account)
{
    FX_CHECK(account < engine->account_count);
    const struct fx_account_state *state = &engine->accounts[account];
    struct cross cross = {.surplus = cash_of(state)};
    uint32_t steps = 0;
    for (fx_slot slot = state->first_position; slot != FX_SLOT_NONE;
         slot = engine->positions[slot].next) {
        FX_ASSERT(steps < engine->position_count);
        steps++;
        const struct fx_position_state *position = &engine->positions[slot];
        if (position->lots == 0) {
            continue;
        }
        const fx_i128 worth = fx_margin_worth(engine, position, mark_of(engine, position));
        if (fx_position_state_is_isolated(position)) {
            cross.surplus -= isolated_margin(position);
            cross.is_isolated_short =
                cross.is_isolated_short || isolated_margin(position) + worth <= 0;
        } else {
            cross.surplus += worth;
            cross.value += fx_margin_mark_value(engine, position);
            cross.is_used = true;
        }
    }
    FX_ASSERT(cross.is_used || cross.value == 0);
    return cross;
}

static bool is_cross_short(const struct cross *cross)
{
    FX_CHECK(cross->is_used || cross->value == 0);
    return cross->is_used && cross->surplus <= 0;
}

/* Without cross positions nothing but its cash is behind the isolated margins. */
static fx_i128 missing_of(const struct cross *cross)
{
    FX_CHECK(cross->value >= 0);
    return !cross->is_used && cross->surplus < 0 ? -cross->surplus : 0;
}

static bool is_any_short(const struct cross *cross)
{
    return cross->is_isolated_short || is_cross_short(cross) || missing_of(cross) > 0;
}

bool fx_risk_is_short(const struct fx_engine *engine, fx_slot account)
{
    FX_ASSERT(account < engine->account_count);
    const struct cross cross = look_at(engine, account);
    return is_any_short(&cross);
}

fx_i128 fx_risk_missing(const struct fx_engine *engine, fx_slot account)
{
    FX_ASSERT(account < engine->account_count);
    const struct cross cross = look_at(engine, account);
    return missing_of(&cross);
}

bool fx_risk_is_position_short(const struct fx_engine *engine, fx_slot position)
{
    FX_ASSERT(position < engine->position_count);
    const struct fx_position_state *state = &engine->positions[position];
    if (state->lots == 0) {
        return false;
    }
    if (fx_position_state_is_isolated(state)) {
        return isolated_margin(state) + fx_margin_worth(engine, state, mark_of(engine, state)) <= 0;
    }
    FX_ASSERT(state->account < engine->account_count);
    const struct cross cross = look_at(engine, state->account);
    return is_cross_short(&cross);
}

/* ---- guards ------------------------------------------------------------------------------------
 */

/* Without a mark, which only what was loaded can be, a guard is the entry value (price 0), and the
 * first mark meets it. */
static int64_t guard_key(enum fx_side side, fx_px guard)
{
    FX_CHECK(guard.ticks >= 0);
    return guard.ticks == 0 ? FX_RISK_KEY_ALWAYS : key_of(side, guard.ticks);
}

static void set_guard(struct fx_engine *engine, fx_slot slot, fx_px guard)
{
    FX_ASSERT(slot < engine->position_count);
    FX_ASSERT(guard.ticks >= 0);
    const struct fx_position_state *position = &engine->positions[slot];
    struct fx_risk *risk = &engine->risks[slot];
    const enum fx_side side = side_of(position);
    risk->guard_ticks = guard.ticks;
    risk->lots = position->lots;
    risk->entry_value = position->entry_value;
    risk->worth = fx_margin_worth(engine, position, guard);
    fx_risk_heap_put(engine, slot, side, guard_key(side, guard));
}

/* What a position may lose before its guard: an isolated one of its own surplus, a cross one its
 * part of the account's. */
static fx_i128 spend_of(const struct fx_engine *engine,
                        const struct fx_position_state *position,
                        const struct cross *cross)
{
    fx_i128 surplus = cross->surplus;
    if (fx_position_state_is_isolated(position)) {
        surplus = isolated_margin(position) +
                  fx_margin_worth(engine, position, mark_of(engine, position));
    }
    FX_ASSERT(surplus > 0);
    const fx_i128 divided = surplus - (surplus >> UNDIVIDED_SHIFT);
    const fx_i128 value = fx_margin_mark_value(engine, position);
    fx_i128 part = divided;
    if (!fx_position_state_is_isolated(position) && value != cross->value) {
        const bool fits = fx_dec_mul_div(divided, value, cross->value, FX_ROUND_FLOOR, &part);
        FX_ASSERT(fits && part <= divided); /* its value is a part of all of them */
    }
    return part;
}

/* True where the guards of an account hold: R1, from what is remembered where nothing changed. */
static bool is_guarded(struct fx_engine *engine, fx_slot account)
{
    FX_ASSERT(account < engine->account_count);
    const struct fx_account_state *state = &engine->accounts[account];
    fx_i128 surplus = cash_of(state);
    bool is_used = false;
    for (fx_slot slot = state->first_position; slot != FX_SLOT_NONE;
         slot = engine->positions[slot].next) {
        const struct fx_position_state *position = &engine->positions[slot];
        FX_CHECK(position->account == account);
        if (position->lots == 0) {
            continue;
        }
        struct fx_risk *risk = &engine->risks[slot];
        if (risk->place == 0 || risk->side != (uint8_t)side_of(position)) {
            return false;
        }
        if (risk->lots != position->lots || risk->entry_value != position->entry_value) {
            risk->lots = position->lots;
            risk->entry_value = position->entry_value;
            risk->worth = fx_margin_worth(engine, position, (fx_px){risk->guard_ticks});
        }
        if (!fx_position_state_is_isolated(position)) {
            surplus += risk->worth;
            is_used = true;
            continue;
        }
        surplus -= isolated_margin(position);
        if (isolated_margin(position) + risk->worth <= 0) {
            return false;
        }
    }
    return is_used ? surplus > 0 : surplus >= 0;
}

static void guard_all(struct fx_engine *engine, fx_slot account, const struct cross *cross)
{
    FX_ASSERT(account < engine->account_count);
    FX_ASSERT(!cross->is_isolated_short);
    for (fx_slot slot = engine->accounts[account].first_position; slot != FX_SLOT_NONE;
         slot = engine->positions[slot].next) {
        const struct fx_position_state *position = &engine->positions[slot];
        if (position->lots != 0) {
            const fx_i128 spend = spend_of(engine, position, cross);
            const bool is_marked = mark_of(engine, position).ticks > 0;
            set_guard(
                engine, slot, is_marked ? fx_margin_guard(engine, position, spend) : (fx_px){0});
        } else if (engine->risks[slot].place != 0) {
            fx_risk_heap_remove(engine, slot); /* it may have a key that says nothing (R3) */
        }
    }
}

/* All positions of an account with a key that says nothing of a price. */
static void set_keys(struct fx_engine *engine, fx_slot account, int64_t key)
{
    FX_ASSERT(account < engine->account_count);
    FX_ASSERT(key == FX_RISK_KEY_NEVER || key == FX_RISK_KEY_ALWAYS);
    for (fx_slot slot = engine->accounts[account].first_position; slot != FX_SLOT_NONE;
         slot = engine->positions[slot].next) {
        if (engine->positions[slot].lots != 0) {
            fx_risk_heap_put(engine, slot, side_of(&engine->positions[slot]), key);
        }
    }
}

/* ---- the queue: a heap of accounts by id -------------------------------------------------------
 */

static void queue_insert(struct fx_engine *engine, fx_slot account)
{
    FX_ASSERT(account < engine->account_count);
    FX_ASSERT(engine->due_count < engine->limits.accounts_max);
    uint32_t index = engine->due_count;
    engine->due_count++;
    while (index > 0 && engine->due_accounts[(index - 1) / 2] > account) {
        engine->due_accounts[index] = engine->due_accounts[(index - 1) / 2];
        index = (index - 1) / 2;
    }
    FX_ASSERT(index == 0 || engine->due_accounts[(index - 1) / 2] < account);
    engine->due_accounts[index] = account;
}

static void queue_remove_first(struct fx_engine *engine)
{
    FX_ASSERT(engine->due_count > 0);
    engine->due_count--;
    const uint32_t count = engine->due_count;
    const fx_slot moved = engine->due_accounts[count];
    uint32_t index = 0;
    for (uint32_t child = 1; child < count; child = 2 * index + 1) {
        if (child + 1 < count && engine->due_accounts[child + 1] < engine->due_accounts[child]) {
            child++;
        }
        if (engine->due_accounts[child] >= moved) {
            break;
        }
        engine->due_accounts[index] = engine->due_accounts[child];
        index = child;
    }
    FX_ASSERT(index <= count);
    engine->due_accounts[index] = moved;
}

fx_slot fx_risk_next_due(const struct fx_engine *engine)
{
    FX_CHECK(engine->due_count == 0 || engine->due_accounts[0] < engine->account_count);
    return engine->due_count == 0 ? FX_SLOT_NONE : engine->due_accounts[0];
}

static void make_due(struct fx_engine *engine, fx_slot account)
{
    FX_ASSERT(account < engine->account_count);
    FX_ASSERT(engine->accounts[account].risk_state != FX_RISK_STATE_DUE);
    engine->accounts[account].risk_state = FX_RISK_STATE_DUE;
    queue_insert(engine, account);
}

void fx_risk_park(struct fx_engine *engine, fx_slot account)
{
    FX_ASSERT(engine->accounts[account].risk_state == FX_RISK_STATE_DUE);
    FX_ASSERT(fx_risk_next_due(engine) == account);
    queue_remove_first(engine);
    engine->accounts[account].risk_state = FX_RISK_STATE_PARKED;
    set_keys(engine, account, FX_RISK_KEY_ALWAYS);
}

void fx_risk_release(struct fx_engine *engine, fx_slot account)
{
    FX_ASSERT(engine->accounts[account].risk_state == FX_RISK_STATE_DUE);
    FX_ASSERT(fx_risk_next_due(engine) == account);
    queue_remove_first(engine);
    engine->accounts[account].risk_state = FX_RISK_STATE_SAFE;
    fx_risk_examine(engine, account);
    FX_ASSERT(engine->accounts[account].risk_state == FX_RISK_STATE_SAFE);
}

/* ---- when to look ------------------------------------------------------------------------------
 */

void fx_risk_examine(struct fx_engine *engine, fx_slot account)
{
    FX_ASSERT(account < engine->account_count);
    FX_ASSERT(engine->accounts[account].risk_state == FX_RISK_STATE_SAFE);
    const struct cross cross = look_at(engine, account);
    if (is_any_short(&cross)) {
        make_due(engine, account);
        set_keys(engine, account, FX_RISK_KEY_NEVER);
        return;
    }
    guard_all(engine, account, &cross);
    FX_ASSERT(is_guarded(engine, account));
}

void fx_risk_touch(struct fx_engine *engine, fx_slot account)
{
    FX_ASSERT(account < engine->account_count);
    if (engine->accounts[account].is_moved == 0) {
        FX_ASSERT(engine->moved_count < engine->account_count);
        engine->accounts[account].is_moved = 1;
        engine->moved_accounts[engine->moved_count] = account;
        engine->moved_count++;
    }
}

void fx_risk_review(struct fx_engine *engine)
{
    FX_ASSERT(engine->moved_count <= engine->account_count);
    if (engine->moved_count > 0) {
        fx_rank_see(engine);
    }
    for (uint32_t index = 0; index < engine->moved_count; index++) {
        const fx_slot account = engine->moved_accounts[index];
        struct fx_account_state *state = &engine->accounts[account];
        FX_ASSERT(state->is_moved == 1);
        state->is_moved = 0;
        if (state->risk_state == FX_RISK_STATE_PARKED) {
            make_due(engine, account);
        }
        if (state->risk_state == FX_RISK_STATE_DUE) {
            /* A position may be new, or have turned: ADL finds it on its side (R5). */
            set_keys(engine, account, FX_RISK_KEY_NEVER);
        } else if (state->risk_state == FX_RISK_STATE_SAFE && !is_guarded(engine, account)) {
            fx_risk_examine(engine, account);
        }
    }
    FX_ASSERT(engine->due_count <= engine->account_count);
    engine->moved_count = 0;
}

void fx_risk_forget(struct fx_engine *engine)
{
    FX_ASSERT(engine->moved_count <= engine->account_count);
    for (uint32_t index = 0; index < engine->moved_count; index++) {
        engine->accounts[engine->moved_accounts[index]].is_moved = 0;
    }
    engine->moved_count = 0;
}

/* The mark stands beyond the guard of a position. */
static void meet(struct fx_engine *engine, fx_slot slot)
{
    FX_ASSERT(slot < engine->position_count);
    FX_ASSERT(engine->risks[slot].place != 0);
    const struct fx_position_state *position = &engine->positions[slot];
    const enum fx_side side = (enum fx_side)engine->risks[slot].side;
    const fx_slot account = position->account;
    if (position->lots == 0) {
        fx_risk_heap_remove(engine, slot);
        return;
    }
    if (engine->accounts[account].risk_state == FX_RISK_STATE_SAFE) {
        fx_risk_examine(engine, account);
        return;
    }
    fx_risk_heap_put(engine, slot, side, FX_RISK_KEY_NEVER);
    if (engine->accounts[account].risk_state == FX_RISK_STATE_PARKED) {
        make_due(engine, account);
    }
}

void fx_risk_see_mark(struct fx_engine *engine, uint32_t instrument)
{
    FX_ASSERT(instrument < engine->instrument_count);
    const int64_t ticks = engine->listings[instrument].mark.ticks;
    FX_ASSERT(ticks >= 0);
    fx_rank_see(engine);
    for (enum fx_side side = FX_SIDE_BUY; side <= FX_SIDE_SELL; side++) {
        const struct fx_risk_heap *heap = fx_risk_heap_of(engine, instrument, side);
        const int64_t key = key_of(side, ticks);
        while (heap->count > 0 && fx_risk_heap_at(engine, instrument, side, 0)->key < key) {
            meet(engine, fx_risk_heap_at(engine, instrument, side, 0)->position);
        }
    }
}

void fx_risk_see_terms(struct fx_engine *engine, uint32_t instrument)
{
    FX_ASSERT(instrument < engine->instrument_count);
    for (fx_slot slot = 0; slot < engine->position_count; slot++) {
        const struct fx_position_state *position = &engine->positions[slot];
        FX_ASSERT(position->account < engine->account_count);
        if (position->instrument == instrument && position->lots != 0 &&
            engine->accounts[position->account].risk_state == FX_RISK_STATE_SAFE) {
            fx_risk_examine(engine, position->account);
        }
    }
}

void fx_risk_rebuild(struct fx_engine *engine)
{
    FX_ASSERT(engine->due_count == 0);
    for (fx_slot account = 0; account < engine->account_count; account++) {
        const uint8_t state = engine->accounts[account].risk_state;
        FX_ASSERT(state <= FX_RISK_STATE_PARKED);
        if (state == FX_RISK_STATE_SAFE) {
            fx_risk_examine(engine, account);
        } else {
            set_keys(engine,
                     account,
                     state == FX_RISK_STATE_DUE ? FX_RISK_KEY_NEVER : FX_RISK_KEY_ALWAYS);
        }
        if (state == FX_RISK_STATE_DUE) {
            queue_insert(engine, account);
        }
    }
}

/* ---- check -------------------------------------------------------------------------------------
 */

/* R2: an account that is safe has its marks within its guards; what its guards are worth suffices.
 */
static void check_guards(const struct fx_engine *engine, fx_slot account)
{
    fx_i128 surplus = cash_of(&engine->accounts[account]);
    bool is_used = false;
    for (fx_slot slot = engine->accounts[account].first_position; slot != FX_SLOT_NONE;
         slot = engine->positions[slot].next) {
        const struct fx_position_state *position = &engine->positions[slot];
        if (position->lots == 0) {
            continue;
        }
        const struct fx_risk *risk = &engine->risks[slot];
        const enum fx_side side = side_of(position);
        const fx_i128 worth = fx_margin_worth(engine, position, (fx_px){risk->guard_ticks});
        FX_ASSERT(risk->place > 0 && risk->side == (uint8_t)side);
        FX_ASSERT(risk->lots == position->lots && risk->entry_value == position->entry_value);
        FX_ASSERT(risk->worth == worth);
        const struct fx_risk_entry *entry =
            fx_risk_heap_at(engine, position->instrument, side, risk->place - 1);
        FX_ASSERT(entry->key == guard_key(side, (fx_px){risk->guard_ticks}));
        FX_ASSERT((risk->guard_ticks == 0) == (mark_of(engine, position).ticks == 0));
        FX_ASSERT(risk->guard_ticks == 0 ||
                  key_of(side, mark_of(engine, position).ticks) <= entry->key);
        FX_ASSERT(fx_margin_worth(engine, position, mark_of(engine, position)) >= worth);
        if (fx_position_state_is_isolated(position)) {
            FX_ASSERT(isolated_margin(position) + worth > 0);
            surplus -= isolated_margin(position);
        } else {
            surplus += worth;
            is_used = true;
        }
    }
    FX_ASSERT(is_used ? surplus > 0 : surplus >= 0);
}

/* Who is due or parked: each position stands on its side, where ADL looks for it. */
static void check_sides(const struct fx_engine *engine, fx_slot account)
{
    for (fx_slot slot = engine->accounts[account].first_position; slot != FX_SLOT_NONE;
         slot = engine->positions[slot].next) {
        const struct fx_position_state *position = &engine->positions[slot];
        FX_ASSERT(position->lots == 0 || engine->risks[slot].place != 0);
        FX_ASSERT(position->lots == 0 || engine->risks[slot].side == (uint8_t)side_of(position));
    }
}

void fx_risk_check(const struct fx_engine *engine)
{
    uint32_t due = 0;
    for (fx_slot account = 0; account < engine->account_count; account++) {
        const struct fx_account_state *state = &engine->accounts[account];
        FX_ASSERT(state->risk_state <= FX_RISK_STATE_PARKED);
        FX_ASSERT(state->is_moved == 0);
        due += state->risk_state == FX_RISK_STATE_DUE ? 1 : 0;
        if (state->risk_state == FX_RISK_STATE_SAFE) {
            FX_ASSERT(!fx_risk_is_short(engine, account)); /* I-09 */
            check_guards(engine, account);
        } else {
            check_sides(engine, account);
        }
    }
    FX_ASSERT(engine->moved_count == 0);
    FX_ASSERT(engine->due_count == due);
    for (uint32_t index = 0; index < due; index++) {
        FX_ASSERT(engine->accounts[engine->due_accounts[index]].risk_state == FX_RISK_STATE_DUE);
        FX_ASSERT(index == 0 ||
                  engine->due_accounts[(index - 1) / 2] < engine->due_accounts[index]);
    }
    for (uint32_t instrument = 0; instrument < engine->instrument_count; instrument++) {
        fx_risk_heap_check(engine, instrument, FX_SIDE_BUY);
        fx_risk_heap_check(engine, instrument, FX_SIDE_SELL);
    }
}

// NOLINTEND(bugprone-easily-swappable-parameters)
