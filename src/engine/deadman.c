/* Dead man's switch (CANCEL_ALL_AFTER): a user's deadline for all or one of the symbols. When it
 * passes, whatever is open in its scope is cancelled, as if the user had sent CANCEL_ALL.
 *
 * Deadlines are a binary heap by value, the earliest on top; a table leads from (user, symbol) to
 * the place in the heap. TICK works off what is due; until it has, an order in the scope of a
 * deadline that has passed does not trade: the taker that meets it cancels it.
 * Source: docs/rules/matching.md section 12. */
#include <string.h>

#include "base/panic.h"
#include "engine/orders_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool a slot, a side and a count are all
// numbers; their names and the assertions tell them apart

static const uint32_t NOWHERE = UINT32_MAX;

static bool is_before(const struct fx_deadman *one, const struct fx_deadman *other)
{
    FX_CHECK(one != other);
    if (one->deadline_us != other->deadline_us) {
        return one->deadline_us < other->deadline_us;
    }
    return one->user_id != other->user_id ? one->user_id < other->user_id
                                          : one->instrument < other->instrument;
}

static uint32_t home_of(const struct fx_engine *engine, uint64_t user_id, uint32_t instrument)
{
    FX_CHECK(engine->deadman_table_size > 0);
    return (uint32_t)(fx_hash_mix(instrument, user_id) >> 32U) & (engine->deadman_table_size - 1);
}

/* The place of a key in the table, or the empty one where it belongs: never full. */
static uint32_t place_of(const struct fx_engine *engine, uint64_t user_id, uint32_t instrument)
{
    FX_ASSERT((engine->deadman_table_size & (engine->deadman_table_size - 1)) == 0);
    uint32_t place = home_of(engine, user_id, instrument);
    while (engine->deadman_table[place] != 0) {
        FX_ASSERT(engine->deadman_table[place] <= engine->deadman_count);
        const struct fx_deadman *entry = &engine->deadmen[engine->deadman_table[place] - 1];
        if (entry->user_id == user_id && entry->instrument == instrument) {
            break;
        }
        place = (place + 1) & (engine->deadman_table_size - 1);
    }
    return place;
}

static uint32_t find(const struct fx_engine *engine, uint64_t user_id, uint32_t instrument)
{
    const uint32_t entry = engine->deadman_table[place_of(engine, user_id, instrument)];
    FX_CHECK(entry <= engine->deadman_count);
    return entry == 0 ? NOWHERE : entry - 1;
}

/* Close the hole: an entry behind it moves in unless its home lies after the hole. */
static void take(struct fx_engine *engine, uint32_t hole)
{
    const uint32_t mask = engine->deadman_table_size - 1;
    FX_ASSERT(hole <= mask);
    FX_ASSERT(engine->deadman_table[hole] != 0);
    uint32_t place = (hole + 1) & mask;
    while (engine->deadman_table[place] != 0) {
        const struct fx_deadman *entry = &engine->deadmen[engine->deadman_table[place] - 1];
        const uint32_t home = home_of(engine, entry->user_id, entry->instrument);
        if (((place - home) & mask) >= ((place - hole) & mask)) {
            engine->deadman_table[hole] = engine->deadman_table[place];
            hole = place;
        }
        place = (place + 1) & mask;
    }
    FX_CHECK(engine->deadman_table[hole] != 0);
    engine->deadman_table[hole] = 0;
}

/* Two entries change places; the table, which finds them where they were, follows. */
static void swap(struct fx_engine *engine, uint32_t left, uint32_t right)
{
    FX_ASSERT(left != right);
    FX_ASSERT(left < engine->deadman_count && right < engine->deadman_count);
    const struct fx_deadman one = engine->deadmen[left], other = engine->deadmen[right];
    const uint32_t one_place = place_of(engine, one.user_id, one.instrument);
    const uint32_t other_place = place_of(engine, other.user_id, other.instrument);
    engine->deadmen[left] = other;
    engine->deadmen[right] = one;
    engine->deadman_table[one_place] = right + 1;
    engine->deadman_table[other_place] = left + 1;
}

static void sift_up(struct fx_engine *engine, uint32_t index)
{
    FX_ASSERT(index < engine->deadman_count);
    while (index > 0 && is_before(&engine->deadmen[index], &engine->deadmen[(index - 1) / 2])) {
        swap(engine, index, (index - 1) / 2);
        index = (index - 1) / 2;
    }
}

static void sift_down(struct fx_engine *engine, uint32_t index)
{
    FX_ASSERT(index < engine->deadman_count);
    uint32_t child = 2 * index + 1;
    while (child < engine->deadman_count) {
        if (child + 1 < engine->deadman_count &&
            is_before(&engine->deadmen[child + 1], &engine->deadmen[child])) {
            child++;
        }
        if (!is_before(&engine->deadmen[child], &engine->deadmen[index])) {
            return;
        }
        FX_ASSERT(child > index);
        swap(engine, index, child);
        index = child;
        child = 2 * index + 1;
    }
}

static void insert(struct fx_engine *engine, const struct fx_deadman *entry)
{
    const uint32_t index = engine->deadman_count;
    const uint32_t place = place_of(engine, entry->user_id, entry->instrument);
    FX_ASSERT(index < engine->limits.accounts_max);
    FX_ASSERT(engine->deadman_table[place] == 0);
    engine->deadmen[index] = *entry;
    engine->deadman_table[place] = index + 1;
    engine->deadman_count++;
    FX_CHECK(find(engine, entry->user_id, entry->instrument) == index);
    sift_up(engine, index);
}

static void remove_at(struct fx_engine *engine, uint32_t index)
{
    FX_ASSERT(engine->deadman_count > 0);
    const uint32_t last = engine->deadman_count - 1;
    FX_ASSERT(index < engine->deadman_count);
    if (index != last) {
        swap(engine, index, last);
    }
    const struct fx_deadman *entry = &engine->deadmen[last];
    take(engine, place_of(engine, entry->user_id, entry->instrument));
    memset(&engine->deadmen[last], 0, sizeof engine->deadmen[last]);
    engine->deadman_count--;
    if (index != last) {
        sift_up(engine, index); /* one of the two moves it, the other finds it in place */
        sift_down(engine, index);
    }
}

/* Cancel what is open in the scope of an entry. @return false where orders are left. */
static bool fire(struct fx_engine *engine,
                 const struct fx_deadman *entry,
                 uint32_t work_max,
                 struct fx_event_result *result)
{
    FX_ASSERT(work_max > 0);
    FX_ASSERT(entry->instrument == FX_COMMAND_ALL_INSTRUMENTS ||
              entry->instrument < engine->instrument_count);
    const struct fx_cancel_sweep sweep = {
        .user_id = entry->user_id,
        .instrument = entry->instrument,
        .scope = FX_CANCEL_SCOPE_ALL,
        .note = fx_freeze_is_frozen(engine, entry->user_id) ? FX_ORDER_NOTE_ACCOUNT_FROZEN
                                                            : FX_ORDER_NOTE_CANCEL_ALL_AFTER,
        .work_max = work_max,
    };
    result->has_more = 0;
    fx_cancel_sweep(engine, &sweep, result);
    return result->has_more == 0;
}

bool fx_deadman_is_over(const struct fx_engine *engine, fx_slot order)
{
    FX_ASSERT(order < engine->order_used);
    const struct fx_resting *hot = &engine->resting[order];
    FX_ASSERT(hot->account < engine->account_count);
    const uint64_t user_id = engine->accounts[hot->account].user_id;
    const uint32_t scopes[] = {hot->instrument, FX_COMMAND_ALL_INSTRUMENTS};
    for (uint32_t index = 0; index < sizeof scopes / sizeof scopes[0]; index++) {
        const uint32_t entry = find(engine, user_id, scopes[index]);
        if (entry != NOWHERE && engine->deadmen[entry].deadline_us <= engine->time_us) {
            return true;
        }
    }
    return false;
}

int64_t fx_deadman_next_us(const struct fx_engine *engine)
{
    FX_CHECK(engine->deadman_count == 0 || engine->deadmen[0].deadline_us >= 0);
    return engine->deadman_count == 0 ? INT64_MAX : engine->deadmen[0].deadline_us;
}

bool fx_deadman_tick(struct fx_engine *engine, struct fx_event_result *result)
{
    FX_ASSERT(engine->deadman_count <= engine->limits.accounts_max);
    bool has_fired = false;
    while (fx_deadman_next_us(engine) <= engine->time_us && engine->work < FX_EXPIRY_STEP_MAX) {
        const struct fx_deadman entry = engine->deadmen[0];
        FX_ASSERT(entry.deadline_us <= engine->time_us);
        has_fired = true;
        engine->work++; /* a deadline without orders is work too */
        if (!fire(engine, &entry, FX_EXPIRY_STEP_MAX, result)) {
            break;
        }
        remove_at(engine, find(engine, entry.user_id, entry.instrument));
    }
    return has_fired;
}

/* A deadline that has passed is kept: what it must cancel goes first, before the new one is set. */
static bool settle(struct fx_engine *engine, uint32_t index, struct fx_event_result *result)
{
    FX_ASSERT(index < engine->deadman_count);
    FX_ASSERT(engine->deadmen[index].deadline_us >= 0);
    const struct fx_deadman entry = engine->deadmen[index];
    return entry.deadline_us > engine->time_us ||
           fire(engine, &entry, engine->limits.cancels_max, result);
}

bool fx_deadman_has_room(const struct fx_engine *engine, uint64_t user_id)
{
    FX_ASSERT(user_id != 0);
    FX_ASSERT(engine->deadman_count <= engine->limits.accounts_max);
    return engine->deadman_count < engine->limits.accounts_max ||
           find(engine, user_id, FX_COMMAND_ALL_INSTRUMENTS) != NOWHERE;
}

void fx_deadman_end_now(struct fx_engine *engine, uint64_t user_id)
{
    FX_ASSERT(user_id != 0);
    const uint32_t index = find(engine, user_id, FX_COMMAND_ALL_INSTRUMENTS);
    const struct fx_deadman entry = {
        .deadline_us = engine->time_us,
        .user_id = user_id,
        .instrument = FX_COMMAND_ALL_INSTRUMENTS,
    };
    FX_ASSERT(fx_deadman_has_room(engine, user_id));
    if (index != NOWHERE && engine->deadmen[index].deadline_us <= engine->time_us) {
        return;
    }
    if (index != NOWHERE) {
        remove_at(engine, index);
    }
    insert(engine, &entry);
    engine->has_overdue = true;
}

bool fx_deadman_work_off(struct fx_engine *engine, uint64_t user_id, struct fx_event_result *result)
{
    FX_ASSERT(user_id != 0);
    const uint32_t index = find(engine, user_id, FX_COMMAND_ALL_INSTRUMENTS);
    if (index == NOWHERE || engine->deadmen[index].deadline_us > engine->time_us) {
        return true;
    }
    FX_ASSERT(index < engine->deadman_count);
    if (!settle(engine, index, result)) {
        return false;
    }
    remove_at(engine, index);
    return true;
}

static bool has_account(const struct fx_engine *engine, uint64_t user_id)
{
    FX_ASSERT(engine->asset_count <= engine->limits.assets_max);
    FX_ASSERT(engine->account_count <= engine->limits.accounts_max);
    for (uint32_t asset = 0; asset < engine->asset_count; asset++) {
        if (fx_account_state_find(engine, user_id, asset) != FX_SLOT_NONE) {
            return true;
        }
    }
    return false;
}

fx_status fx_deadman_apply(struct fx_engine *engine,
                           const struct fx_command *command,
                           struct fx_event_result *result)
{
    FX_ASSERT(command->kind == FX_COMMAND_CANCEL_ALL_AFTER);
    FX_ASSERT(result->count == 0);
    const int64_t countdown_us = command->u.countdown.countdown_us;
    if (countdown_us < 0 || countdown_us > FX_COMMAND_COUNTDOWN_US_MAX) {
        return FX_BAD_PARAMETER;
    }
    if (command->instrument != FX_COMMAND_ALL_INSTRUMENTS &&
        command->instrument >= engine->instrument_count) {
        result->reject.field = FX_FIELD_SYMBOL;
        return FX_UNKNOWN_SYMBOL;
    }
    if (!has_account(engine, command->user_id)) {
        return FX_ACCOUNT_NOT_FOUND;
    }
    const uint32_t index = find(engine, command->user_id, command->instrument);
    if (countdown_us > 0 && index == NOWHERE &&
        engine->deadman_count == engine->limits.accounts_max) {
        return FX_CAPACITY;
    }
    result->is_changed = index != NOWHERE || countdown_us > 0;
    if (index != NOWHERE) {
        if (!settle(engine, index, result)) {
            result->amount = engine->deadmen[index].deadline_us;
            return FX_OK;
        }
        remove_at(engine, index);
    }
    if (countdown_us > 0) {
        const struct fx_deadman entry = {
            .deadline_us = engine->time_us + countdown_us,
            .user_id = command->user_id,
            .instrument = command->instrument,
        };
        insert(engine, &entry);
        result->amount = entry.deadline_us;
    }
    return FX_OK;
}

void fx_deadman_rebuild(struct fx_engine *engine)
{
    FX_ASSERT(engine->deadman_count <= engine->limits.accounts_max);
    for (uint32_t index = 0; index < engine->deadman_count; index++) {
        const struct fx_deadman *entry = &engine->deadmen[index];
        engine->deadman_table[place_of(engine, entry->user_id, entry->instrument)] = index + 1;
    }
}

void fx_deadman_check(const struct fx_engine *engine)
{
    uint32_t entries = 0;
    FX_ASSERT(engine->deadman_count <= engine->limits.accounts_max);
    for (uint32_t index = 0; index < engine->deadman_count; index++) {
        const struct fx_deadman *entry = &engine->deadmen[index];
        FX_ASSERT(entry->deadline_us >= 0);
        FX_ASSERT(entry->instrument < engine->instrument_count ||
                  entry->instrument == FX_COMMAND_ALL_INSTRUMENTS);
        FX_ASSERT(find(engine, entry->user_id, entry->instrument) == index);
        FX_ASSERT(index == 0 || is_before(&engine->deadmen[(index - 1) / 2], entry));
    }
    for (uint32_t place = 0; place < engine->deadman_table_size; place++) {
        entries += engine->deadman_table[place] != 0 ? 1 : 0;
    }
    FX_ASSERT(entries == engine->deadman_count);
}

// NOLINTEND(bugprone-easily-swappable-parameters)
