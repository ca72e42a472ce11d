/* clientOrderId as an idempotency key: (account, id) -> the first answer, while its order is open
 * and 24 h of command time after.
 *
 * Entries lie in a pool; an open-addressing table leads from key to entry (linear probing, a
 * removal moves the followers back). Ended entries form a queue: its head is the oldest, which
 * gives way first, be it by age or by lack of room.
 *
 * Names of movements of money have a part of the pool and a queue of their own, and none of them
 * gives way before its day is over: however many orders come, a deposit is never booked twice.
 * Therefore users may fill their part only: the last quarter is kept for deposits and withdrawals,
 * and one account has no more than its own share. Many accounts together fill half of the users'
 * part with their shares; the other half is for those who have few, so that it takes all accounts
 * there can be, or as many as it has places, to leave anybody without a name. What counts is what
 * is less than a day old: the queue's first fresh entry is remembered (derived, it only goes on).
 */
#include <string.h>

#include "base/panic.h"
#include "engine/bracket_int.h"
#include "engine/orders_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool a slot, a side and a count are all
// numbers; their names and the assertions tell them apart

static const int64_t REMEMBERED_US = 86400000000; /* 24 h */

enum { EXPIRED_PER_INSERT = 2, MOVES_PART = 4, MOVES_LEAST = 1024, ACCOUNT_PART = 64 };

/* Entries of one kind: how many, and those that have ended, the oldest first. */
struct kind {
    uint32_t *count;
    fx_slot *oldest;
    fx_slot *newest;
};

static struct kind kind_of(struct fx_engine *engine, bool is_move)
{
    return is_move ? (struct kind){&engine->move_count, &engine->move_oldest, &engine->move_newest}
                   : (struct kind){
                         &engine->client_count, &engine->client_oldest, &engine->client_newest};
}

/* What has no order is a movement of money. */
static bool is_move(const struct fx_client_entry *entry)
{
    return entry->order_id == 0;
}

uint32_t fx_client_ids_moves_max(const struct fx_engine_limits *limits)
{
    const uint32_t part = limits->client_ids_max / MOVES_PART;
    return part > MOVES_LEAST ? part : MOVES_LEAST;
}

uint32_t fx_client_ids_user_moves_max(const struct fx_engine_limits *limits)
{
    return fx_client_ids_moves_max(limits) / 4 * 3;
}

uint32_t fx_client_ids_account_moves_max(const struct fx_engine_limits *limits)
{
    return fx_client_ids_moves_max(limits) / ACCOUNT_PART;
}

static uint32_t home_of(const struct fx_engine *engine,
                        fx_slot account,
                        const struct fx_client_id *id)
{
    FX_ASSERT(engine->client_table_size > 0);
    FX_ASSERT((engine->client_table_size & (engine->client_table_size - 1)) == 0);
    uint64_t words[sizeof *id / sizeof(uint64_t)];
    _Static_assert(sizeof words == sizeof *id, "an id is whole words");
    memcpy(words, id, sizeof words);
    uint64_t hash = account;
    for (uint32_t index = 0; index < sizeof words / sizeof words[0]; index++) {
        hash = fx_hash_mix(hash, words[index]);
    }
    return (uint32_t)(hash >> 32U) & (engine->client_table_size - 1);
}

static bool is_equal(const struct fx_client_entry *entry,
                     fx_slot account,
                     const struct fx_client_id *id)
{
    FX_CHECK(entry->client_id.size > 0);
    FX_CHECK(id->size > 0);
    return entry->account == account && entry->client_id.size == id->size &&
           memcmp(entry->client_id.text, id->text, sizeof id->text) == 0;
}

/* The place of a key in the table, fresh or not; UINT32_MAX where absent. */
static uint32_t place_of(const struct fx_engine *engine,
                         fx_slot account,
                         const struct fx_client_id *id)
{
    FX_ASSERT(account < engine->account_count);
    const uint32_t mask = engine->client_table_size - 1;
    uint32_t place = home_of(engine, account, id);
    while (engine->client_table[place] != 0) {
        FX_ASSERT(engine->client_table[place] <= engine->client_used);
        if (is_equal(&engine->client_entries[engine->client_table[place] - 1], account, id)) {
            return place;
        }
        place = (place + 1) & mask;
    }
    return UINT32_MAX;
}

static void put(struct fx_engine *engine, fx_slot slot)
{
    FX_ASSERT(slot < engine->client_used);
    const struct fx_client_entry *entry = &engine->client_entries[slot];
    const uint32_t mask = engine->client_table_size - 1;
    uint32_t place = home_of(engine, entry->account, &entry->client_id);
    while (engine->client_table[place] != 0) {
        FX_ASSERT(engine->client_table[place] != slot + 1);
        place = (place + 1) & mask;
    }
    engine->client_table[place] = slot + 1;
}

/* Close the hole: an entry behind it moves in unless its home lies after the hole. */
static void take(struct fx_engine *engine, uint32_t hole)
{
    const uint32_t mask = engine->client_table_size - 1;
    FX_ASSERT(hole <= mask);
    FX_ASSERT(engine->client_table[hole] != 0);
    uint32_t place = (hole + 1) & mask;
    while (engine->client_table[place] != 0) {
        const struct fx_client_entry *entry =
            &engine->client_entries[engine->client_table[place] - 1];
        const uint32_t home = home_of(engine, entry->account, &entry->client_id);
        if (((place - home) & mask) >= ((place - hole) & mask)) {
            engine->client_table[hole] = engine->client_table[place];
            hole = place;
        }
        place = (place + 1) & mask;
    }
    engine->client_table[hole] = 0;
}

/* Forget an ended entry. */
static void forget(struct fx_engine *engine, fx_slot slot)
{
    struct fx_client_entry *entry = &engine->client_entries[slot];
    FX_ASSERT(entry->is_ended == 1);
    const uint32_t place = place_of(engine, entry->account, &entry->client_id);
    FX_ASSERT(place != UINT32_MAX);
    FX_ASSERT(engine->client_table[place] == slot + 1);
    take(engine, place);
    FX_ASSERT(slot != engine->move_fresh); /* then it is not counted any more */
    const struct kind kind = kind_of(engine, is_move(entry));
    fx_slot *from_older =
        entry->older == FX_SLOT_NONE ? kind.oldest : &engine->client_entries[entry->older].newer;
    fx_slot *from_newer =
        entry->newer == FX_SLOT_NONE ? kind.newest : &engine->client_entries[entry->newer].older;
    FX_ASSERT(*from_older == slot);
    FX_ASSERT(*from_newer == slot);
    *from_older = entry->newer;
    *from_newer = entry->older;
    memset(entry, 0, sizeof *entry);
    entry->newer = engine->client_free;
    engine->client_free = slot;
    (*kind.count)--;
}

static bool is_expired(const struct fx_engine *engine, fx_slot slot)
{
    FX_CHECK(slot < engine->client_used);
    const struct fx_client_entry *entry = &engine->client_entries[slot];
    return entry->is_ended != 0 && engine->time_us - entry->ended_us >= REMEMBERED_US;
}

fx_slot fx_client_ids_find(const struct fx_engine *engine,
                           fx_slot account,
                           const struct fx_client_id *id)
{
    FX_ASSERT(id->size > 0);
    const uint32_t place = place_of(engine, account, id);
    if (place == UINT32_MAX) {
        return FX_SLOT_NONE;
    }
    const fx_slot slot = engine->client_table[place] - 1;
    FX_ASSERT(slot < engine->client_used);
    return is_expired(engine, slot) ? FX_SLOT_NONE : slot;
}

fx_slot fx_client_ids_find_order(const struct fx_engine *engine,
                                 fx_slot account,
                                 const struct fx_client_id *id)
{
    const fx_slot entry = fx_client_ids_find(engine, account, id);
    if (entry == FX_SLOT_NONE || engine->client_entries[entry].is_ended != 0) {
        return FX_SLOT_NONE;
    }
    const fx_slot order = fx_order_pool_find(engine, engine->client_entries[entry].order_id);
    FX_ASSERT(order != FX_SLOT_NONE);
    FX_ASSERT(engine->resting[order].account == account);
    return order;
}

/* All slots of the pool. */
static uint32_t pool_size(const struct fx_engine *engine)
{
    return engine->limits.client_ids_max + fx_client_ids_moves_max(&engine->limits);
}

/* Names of orders that may be held. An older snapshot may have more movements than their part
 * holds: until they have expired, orders have less. */
static uint32_t orders_max(const struct fx_engine *engine)
{
    FX_ASSERT(engine->move_count <= pool_size(engine));
    const uint32_t left = pool_size(engine) - engine->move_count;
    return left < engine->limits.client_ids_max ? left : engine->limits.client_ids_max;
}

bool fx_client_ids_has_room(const struct fx_engine *engine)
{
    FX_ASSERT(engine->client_count <= engine->limits.client_ids_max);
    return engine->client_count < orders_max(engine) || engine->client_oldest != FX_SLOT_NONE;
}

/* Count no longer what was named a day ago. */
static void age_moves(struct fx_engine *engine)
{
    FX_ASSERT(engine->move_fresh_count <= engine->move_count);
    while (engine->move_fresh != FX_SLOT_NONE && is_expired(engine, engine->move_fresh)) {
        const struct fx_client_entry *entry = &engine->client_entries[engine->move_fresh];
        FX_ASSERT(engine->account_moves[entry->account] > 0 && engine->move_fresh_count > 0);
        engine->account_moves[entry->account]--;
        engine->move_fresh_count--;
        engine->move_fresh = entry->newer;
    }
}

uint32_t fx_client_ids_few_moves(const struct fx_engine_limits *limits)
{
    FX_ASSERT(limits->accounts_max > 0);
    const uint32_t few = fx_client_ids_user_moves_max(limits) / 2 / limits->accounts_max;
    return few > 0 ? few : 1;
}

/* Fresh names below which an account gets one more for a transfer. */
static uint32_t share_of(const struct fx_engine *engine)
{
    const uint32_t most = fx_client_ids_account_moves_max(&engine->limits);
    const uint32_t few = fx_client_ids_few_moves(&engine->limits);
    FX_ASSERT(most > 0);
    FX_ASSERT(few > 0);
    const bool is_plenty =
        engine->preload.rules < FX_ENGINE_RULES_FEW ||
        engine->move_fresh_count < fx_client_ids_user_moves_max(&engine->limits) / 2;
    return is_plenty || most < few ? most : few;
}

fx_status fx_client_ids_judge_move(struct fx_engine *engine, fx_slot account, bool is_of_user)
{
    FX_ASSERT(account < engine->account_count);
    const struct fx_engine_limits *limits = &engine->limits;
    age_moves(engine);
    FX_ASSERT(engine->account_moves[account] <= engine->move_fresh_count);
    if (is_of_user && engine->account_moves[account] >= share_of(engine)) {
        return FX_MAX_NUM_NAMED_TRANSFERS;
    }
    const uint32_t max =
        is_of_user ? fx_client_ids_user_moves_max(limits) : fx_client_ids_moves_max(limits);
    /* Fewer than all are fresh: where the part is full, its oldest has expired and gives way. */
    FX_ASSERT(max > 0);
    return engine->move_fresh_count < max ? FX_OK : FX_CAPACITY;
}

static void forget_expired(struct fx_engine *engine, const struct kind *kind)
{
    FX_ASSERT((*kind->oldest == FX_SLOT_NONE) == (*kind->newest == FX_SLOT_NONE));
    for (uint32_t count = 0; count < EXPIRED_PER_INSERT; count++) {
        if (*kind->oldest != FX_SLOT_NONE && is_expired(engine, *kind->oldest)) {
            forget(engine, *kind->oldest);
        }
    }
}

static void make_room(struct fx_engine *engine,
                      bool is_of_move,
                      fx_slot account,
                      const struct fx_client_id *id)
{
    const struct kind kind = kind_of(engine, is_of_move);
    const uint32_t same = place_of(engine, account, id);
    age_moves(engine);
    if (same != UINT32_MAX) {
        FX_ASSERT(is_expired(engine, engine->client_table[same] - 1));
        forget(engine, engine->client_table[same] - 1);
    }
    forget_expired(engine, &kind);
    if (!is_of_move && engine->client_count >= orders_max(engine)) {
        FX_ASSERT(engine->client_oldest != FX_SLOT_NONE);
        forget(engine, engine->client_oldest);
    }
}

/* A new entry of an account, fresh, with its key in the table. */
static fx_slot insert(struct fx_engine *engine,
                      bool is_of_move,
                      fx_slot account,
                      const struct fx_client_id *id)
{
    FX_ASSERT(id->size > 0);
    FX_ASSERT(is_of_move || fx_client_ids_has_room(engine));
    make_room(engine, is_of_move, account, id);
    fx_slot slot = engine->client_free;
    if (slot == FX_SLOT_NONE) {
        FX_ASSERT(engine->client_used < pool_size(engine));
        slot = engine->client_used;
        engine->client_used++;
    } else {
        engine->client_free = engine->client_entries[slot].newer;
    }
    struct fx_client_entry *entry = &engine->client_entries[slot];
    memset(entry, 0, sizeof *entry);
    entry->account = account;
    entry->older = FX_SLOT_NONE;
    entry->newer = FX_SLOT_NONE;
    entry->client_id = *id;
    put(engine, slot);
    (*kind_of(engine, is_of_move).count)++;
    FX_CHECK(engine->client_table[place_of(engine, account, id)] == slot + 1);
    return slot;
}

fx_slot fx_client_ids_insert(struct fx_engine *engine, fx_slot order, uint64_t body_hash)
{
    FX_ASSERT(engine->orders[order].order_id != 0);
    FX_ASSERT(engine->orders[order].client_id.size > 0);
    const fx_slot slot =
        insert(engine, false, engine->resting[order].account, &engine->orders[order].client_id);
    struct fx_client_entry *entry = &engine->client_entries[slot];
    entry->body_hash = body_hash;
    entry->order_id = engine->orders[order].order_id;
    entry->tmp_id = engine->orders[order].tmp_id;
    FX_CHECK(entry->is_ended == 0);
    return slot;
}

void fx_client_ids_insert_done(struct fx_engine *engine,
                               const struct fx_client_id *id,
                               const struct fx_client_ids_done *done)
{
    FX_ASSERT(done->account < engine->account_count);
    FX_ASSERT(id->size > 0);
    const fx_slot slot = insert(engine, true, done->account, id);
    engine->client_entries[slot].body_hash = done->body_hash;
    engine->client_entries[slot].tmp_id = done->number;
    fx_client_ids_end(engine, slot);
    engine->account_moves[done->account]++;
    engine->move_fresh_count++;
    if (engine->move_fresh == FX_SLOT_NONE) {
        engine->move_fresh = slot;
    }
}

/* Behind the youngest of the ended ones of its kind. */
static void append(struct fx_engine *engine, fx_slot slot)
{
    FX_ASSERT(slot < engine->client_used);
    struct fx_client_entry *entry = &engine->client_entries[slot];
    const struct kind kind = kind_of(engine, is_move(entry));
    entry->older = *kind.newest;
    entry->newer = FX_SLOT_NONE;
    fx_slot *link =
        *kind.newest == FX_SLOT_NONE ? kind.oldest : &engine->client_entries[*kind.newest].newer;
    FX_ASSERT(*link == FX_SLOT_NONE);
    *link = slot;
    *kind.newest = slot;
}

void fx_client_ids_end(struct fx_engine *engine, fx_slot slot)
{
    FX_ASSERT(slot < engine->client_used);
    struct fx_client_entry *entry = &engine->client_entries[slot];
    FX_ASSERT(entry->client_id.size > 0);
    FX_ASSERT(entry->is_ended == 0);
    entry->is_ended = 1;
    entry->ended_us = engine->time_us;
    append(engine, slot);
}

void fx_client_ids_part(struct fx_engine *engine)
{
    FX_ASSERT(engine->move_oldest == FX_SLOT_NONE);
    fx_slot slot = engine->client_oldest;
    FX_ASSERT(engine->move_count == 0);
    engine->client_oldest = FX_SLOT_NONE;
    engine->client_newest = FX_SLOT_NONE;
    while (slot != FX_SLOT_NONE) {
        const fx_slot newer = engine->client_entries[slot].newer;
        if (is_move(&engine->client_entries[slot])) {
            engine->client_count--;
            engine->move_count++;
        }
        append(engine, slot);
        slot = newer;
    }
}

static uint64_t mix_conditional(uint64_t hash, const struct fx_command *command)
{
    FX_CHECK(fx_order_type_is_conditional((enum fx_order_type)command->u.place.type));
    const struct fx_command_conditional *conditional = &command->u.conditional;
    const uint64_t words[] = {
        (uint64_t)conditional->trigger_ticks,
        (uint64_t)(uint32_t)conditional->callback_ppb | (uint64_t)conditional->source << 32U |
            (uint64_t)conditional->condition << 40U |
            (uint64_t)conditional->is_close_position << 48U |
            (uint64_t)conditional->is_price_protected << 56U,
    };
    return fx_hash_mix(fx_hash_mix(hash, words[0]), words[1]);
}

static uint64_t mix_protection(uint64_t hash, const struct fx_command_protection *protection)
{
    _Static_assert(sizeof *protection == 40, "what is new must be mixed in, too");
    FX_ASSERT(protection->take_profit_source <= FX_TRIGGER_SOURCE_INDEX);
    const uint64_t words[] = {
        (uint64_t)protection->take_profit_ticks,
        (uint64_t)protection->stop_loss_ticks,
        (uint64_t)protection->take_profit_limit_ticks,
        (uint64_t)protection->stop_loss_limit_ticks,
        (uint64_t)protection->take_profit_source | (uint64_t)protection->stop_loss_source << 8U,
    };
    for (uint32_t index = 0; index < sizeof words / sizeof words[0]; index++) {
        hash = fx_hash_mix(hash, words[index]);
    }
    return hash;
}

uint64_t fx_client_ids_body_hash(const struct fx_command *command)
{
    FX_ASSERT(command->u.place.client_id.size > 0);
    _Static_assert(sizeof(struct fx_command_place) == 88, "what is new must be mixed in, too");
    const struct fx_command_place *place = &command->u.place;
    const uint64_t words[] = {
        command->instrument,
        (uint64_t)place->price_ticks,
        (uint64_t)place->lots,
        (uint64_t)place->expire_us,
        (uint64_t)(uint32_t)place->leverage_centi,
        (uint64_t)place->margin_mode | (uint64_t)place->side << 8U | (uint64_t)place->type << 16U |
            (uint64_t)place->time_in_force << 24U | (uint64_t)place->stp_mode << 32U |
            (uint64_t)place->post_only_mode << 40U | (uint64_t)place->is_reduce_only << 48U |
            (uint64_t)place->position_side << 56U,
    };
    uint64_t hash = 1;
    for (uint32_t index = 0; index < sizeof words / sizeof words[0]; index++) {
        hash = fx_hash_mix(hash, words[index]);
    }
    if (fx_order_type_is_conditional((enum fx_order_type)place->type)) {
        hash = mix_conditional(hash, command);
    }
    const struct fx_command_protection *protection = fx_bracket_judge_read(command);
    return protection == NULL ? hash : mix_protection(hash, protection);
}

void fx_client_ids_rebuild(struct fx_engine *engine)
{
    FX_ASSERT(engine->client_used <=
              engine->limits.client_ids_max + fx_client_ids_moves_max(&engine->limits));
    FX_ASSERT(engine->move_count <= engine->client_used);
    for (fx_slot slot = 0; slot < engine->client_used; slot++) {
        if (engine->client_entries[slot].client_id.size > 0) {
            put(engine, slot);
        }
    }
    engine->move_fresh = engine->move_oldest;
    engine->move_fresh_count = engine->move_count;
    for (fx_slot slot = engine->move_oldest; slot != FX_SLOT_NONE;
         slot = engine->client_entries[slot].newer) {
        engine->account_moves[engine->client_entries[slot].account]++;
    }
}

void fx_client_ids_check(const struct fx_engine *engine)
{
    uint64_t of_accounts = 0;
    uint32_t fresh = 0;
    for (fx_slot slot = engine->move_fresh; slot != FX_SLOT_NONE;
         slot = engine->client_entries[slot].newer) {
        fresh++;
        FX_ASSERT(fresh <= engine->move_count);
    }
    for (fx_slot account = 0; account < engine->account_count; account++) {
        of_accounts += engine->account_moves[account];
    }
    FX_ASSERT(fresh == engine->move_fresh_count && of_accounts == fresh);
    FX_ASSERT(engine->client_count <= engine->limits.client_ids_max);
    FX_ASSERT(engine->client_count <= orders_max(engine));
}

// NOLINTEND(bugprone-easily-swappable-parameters)
