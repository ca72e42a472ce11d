/* The published rank: a refresh has two laps. The first goes over all positions, scores those that
 * are open and gives them to a heap; the second takes them from it, best first, and says each rank
 * that has changed. Both laps go on with each TICK, a bounded number of positions at a time;
 * nothing is done on any other command. With marks and positions at rest the result is that of a
 * full sort.
 *
 * The queue of a liquidation does not read this: it is exact at its moment (adl.c). */
#include "base/panic.h"
#include "engine/rank_int.h"
#include "engine/risk_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool slots, counts and sides are all
// numbers; their names and the assertions tell them apart

enum phase { PHASE_IDLE = 0, PHASE_SCORE = 1, PHASE_PLACE = 2 };

enum { RANKS = 5, SHORT_BIT = 8 };

/* ---- the heap ----------------------------------------------------------------------------------
 */

/* By symbol and side, then as the queue goes: higher scores first, of equals the lower account,
 * then the older position. */
static bool is_before(const struct fx_rank_item *one, const struct fx_rank_item *other)
{
    FX_ASSERT(one != other);
    FX_ASSERT(one->position != FX_SLOT_NONE);
    if (one->side != other->side) {
        return one->side < other->side;
    }
    if (one->score != other->score) {
        return one->score > other->score;
    }
    return one->account != other->account ? one->account < other->account
                                          : one->position < other->position;
}

static void insert(struct fx_engine *engine, const struct fx_rank_item *item)
{
    FX_ASSERT(item->position < engine->position_count);
    FX_ASSERT(item->side < 2 * engine->instrument_count);
    struct fx_rank_item *items = engine->rank_items;
    uint32_t index = engine->rank.count;
    FX_ASSERT(index < engine->position_count);
    engine->rank.count++;
    while (index > 0 && is_before(item, &items[(index - 1) / 2])) {
        items[index] = items[(index - 1) / 2];
        index = (index - 1) / 2;
    }
    items[index] = *item;
}

static struct fx_rank_item remove_first(struct fx_engine *engine)
{
    struct fx_rank_item *items = engine->rank_items;
    FX_ASSERT(engine->rank.count > 0);
    engine->rank.count--;
    const uint32_t count = engine->rank.count;
    const struct fx_rank_item first = items[0];
    const struct fx_rank_item moved = items[count];
    uint32_t index = 0;
    for (uint32_t child = 1; child < count; child = 2 * index + 1) {
        if (child + 1 < count && is_before(&items[child + 1], &items[child])) {
            child++;
        }
        if (!is_before(&items[child], &moved)) {
            break;
        }
        items[index] = items[child];
        index = child;
    }
    FX_ASSERT(index <= count);
    FX_ASSERT(first.position < engine->position_count);
    items[index] = moved;
    return first;
}

/* ---- laps --------------------------------------------------------------------------------------
 */

static uint32_t side_of(const struct fx_position_state *position)
{
    FX_ASSERT(position->lots != 0);
    return 2 * position->instrument + (position->lots > 0 ? 0 : 1);
}

static void begin(struct fx_engine *engine)
{
    FX_ASSERT(engine->rank.phase == PHASE_IDLE);
    struct fx_rank *rank = &engine->rank;
    FX_ASSERT(rank->count == 0);
    rank->phase = PHASE_SCORE;
    rank->is_stale = 0;
    rank->cursor = 0;
    rank->began_us = engine->time_us;
    for (uint32_t side = 0; side < 2 * engine->instrument_count; side++) {
        engine->rank_sides[side] = (struct fx_rank_side){0};
    }
}

static void score(struct fx_engine *engine, fx_slot position)
{
    FX_ASSERT(position < engine->position_count);
    FX_ASSERT(engine->rank.phase == PHASE_SCORE);
    const struct fx_position_state *state = &engine->positions[position];
    if (state->lots == 0) {
        return;
    }
    const struct fx_rank_item item = {
        .score = fx_adl_score(engine, position),
        .position = position,
        .account = state->account,
        .side = side_of(state),
    };
    engine->rank_sides[item.side].count++;
    insert(engine, &item);
}

/* The best of those that wait gets the next place of its side. @return true where its rank changed.
 */
static bool place(struct fx_engine *engine)
{
    const struct fx_rank_item item = remove_first(engine);
    struct fx_rank_side *side = &engine->rank_sides[item.side];
    struct fx_position_state *state = &engine->positions[item.position];
    FX_ASSERT(side->placed < side->count);
    const uint32_t fifth = (uint32_t)((uint64_t)RANKS * side->placed / side->count);
    side->placed++;
    FX_ASSERT(fifth < RANKS);
    FX_ASSERT(side->placed <= side->count);
    if (state->lots == 0 || side_of(state) != item.side) {
        return false; /* it was closed or turned meanwhile */
    }
    const uint8_t rank = (uint8_t)((RANKS - fifth) | (state->lots < 0 ? SHORT_BIT : 0U));
    if (state->adl_rank == rank) {
        return false;
    }
    state->adl_rank = rank;
    fx_touch_position(engine, item.position);
    return true;
}

static void end(struct fx_engine *engine)
{
    FX_ASSERT(engine->rank.phase == PHASE_PLACE);
    FX_ASSERT(engine->rank.count == 0);
    engine->rank.phase = PHASE_IDLE;
    const int64_t next_us = engine->rank.began_us + FX_RANK_INTERVAL_US;
    if (engine->rank.due_us < next_us) {
        engine->rank.due_us = next_us;
    }
}

/* ---- doors -------------------------------------------------------------------------------------
 */

int64_t fx_rank_due_us(const struct fx_engine *engine)
{
    FX_ASSERT(engine->rank.phase <= PHASE_PLACE);
    FX_ASSERT(engine->rank.due_us >= 0);
    const struct fx_rank *rank = &engine->rank;
    /* Before the first refresh nothing says what has moved: older snapshots do not. */
    const bool is_stale = rank->is_stale != 0 || rank->due_us == 0;
    const bool is_wanted = is_stale && engine->position_count > 0;
    return rank->phase != PHASE_IDLE || is_wanted ? rank->due_us : INT64_MAX;
}

fx_status fx_rank_apply(struct fx_engine *engine, struct fx_event_result *result)
{
    FX_ASSERT(result->is_changed == 0);
    struct fx_rank *rank = &engine->rank;
    uint32_t visits = 0;
    uint32_t rows = 0;
    if (fx_rank_due_us(engine) > engine->time_us) {
        return FX_OK;
    }
    rank->due_us = engine->time_us + FX_RANK_PAUSE_US;
    if (rank->phase == PHASE_IDLE) {
        begin(engine);
    }
    while (rank->phase == PHASE_SCORE && visits < FX_RANK_STEP_MAX) {
        if (rank->cursor == engine->position_count) {
            rank->phase = PHASE_PLACE;
            break;
        }
        score(engine, rank->cursor);
        rank->cursor++;
        visits++;
    }
    while (rank->phase == PHASE_PLACE && visits < FX_RANK_STEP_MAX && rows < FX_RANK_ROWS_MAX) {
        if (rank->count == 0) {
            end(engine);
            break;
        }
        rows += place(engine) ? 1 : 0;
        visits++;
    }
    FX_ASSERT(rows <= FX_RANK_ROWS_MAX);
    result->is_changed = rows > 0 ? 1 : 0;
    return FX_OK;
}

uint8_t fx_rank_of(const struct fx_position_state *position)
{
    const bool is_short = (position->adl_rank & SHORT_BIT) != 0;
    FX_CHECK((position->adl_rank & (SHORT_BIT - 1U)) <= RANKS);
    return position->lots == 0 || is_short != (position->lots < 0)
               ? 0
               : (uint8_t)(position->adl_rank & (SHORT_BIT - 1U));
}

/* Each side waits for as many as lie in the heap. Counted in `placed`, which is put back. */
static bool has_its_items(struct fx_rank_side sides[],
                          uint32_t side_count,
                          const struct fx_rank *rank,
                          const struct fx_rank_item items[])
{
    FX_ASSERT(rank->count <= rank->cursor);
    FX_ASSERT(side_count > 0 || rank->count == 0);
    bool is_sound = true;
    for (uint32_t index = 0; index < rank->count; index++) {
        sides[items[index].side].placed++;
    }
    for (uint32_t side = 0; side < side_count; side++) {
        is_sound = is_sound && sides[side].placed == sides[side].count;
    }
    for (uint32_t index = 0; index < rank->count; index++) {
        sides[items[index].side].placed--;
    }
    return is_sound;
}

bool fx_rank_is_sound(const struct fx_engine *engine)
{
    FX_ASSERT(engine->position_count <= engine->limits.positions_max);
    FX_ASSERT(engine->instrument_count <= engine->limits.instruments_max);
    const struct fx_rank *rank = &engine->rank;
    const uint32_t side_count = 2 * engine->instrument_count;
    if (rank->phase > PHASE_PLACE || rank->is_stale > 1 || rank->due_us < 0 ||
        rank->cursor > engine->position_count || rank->count > rank->cursor ||
        (rank->phase == PHASE_IDLE && rank->count != 0)) {
        return false;
    }
    for (uint32_t index = 0; index < rank->count; index++) {
        const struct fx_rank_item *item = &engine->rank_items[index];
        if (item->position >= rank->cursor || item->side >= side_count ||
            (index > 0 && !is_before(&engine->rank_items[(index - 1) / 2], item))) {
            return false;
        }
    }
    for (fx_slot slot = 0; slot < engine->position_count; slot++) {
        if ((engine->positions[slot].adl_rank & (SHORT_BIT - 1U)) > RANKS) {
            return false;
        }
    }
    return has_its_items(engine->rank_sides, side_count, rank, engine->rank_items);
}

void fx_rank_check(const struct fx_engine *engine)
{
    const struct fx_rank *rank = &engine->rank;
    uint64_t waiting = 0;
    FX_ASSERT(rank->phase <= PHASE_PLACE && rank->is_stale <= 1);
    FX_ASSERT(rank->cursor <= engine->position_count && rank->count <= rank->cursor);
    FX_ASSERT(rank->phase != PHASE_IDLE || rank->count == 0);
    for (uint32_t side = 0; side < 2 * engine->instrument_count; side++) {
        FX_ASSERT(engine->rank_sides[side].placed <= engine->rank_sides[side].count);
        FX_ASSERT(rank->phase == PHASE_PLACE || rank->phase == PHASE_IDLE ||
                  engine->rank_sides[side].placed == 0);
        waiting += engine->rank_sides[side].count - engine->rank_sides[side].placed;
    }
    FX_ASSERT(waiting == rank->count);
    for (uint32_t index = 0; index < rank->count; index++) {
        const struct fx_rank_item *item = &engine->rank_items[index];
        FX_ASSERT(item->position < rank->cursor && item->side < 2 * engine->instrument_count);
        FX_ASSERT(index == 0 || is_before(&engine->rank_items[(index - 1) / 2], item));
    }
    for (fx_slot slot = 0; slot < engine->position_count; slot++) {
        FX_ASSERT(fx_rank_of(&engine->positions[slot]) <= RANKS);
    }
}

// NOLINTEND(bugprone-easily-swappable-parameters)
