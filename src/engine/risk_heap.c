/* Heaps of guards: per instrument and side the open positions, the guard that the mark meets first
 * on top. A heap is an array in chunks from one pool, so that any symbol may have all positions and
 * memory follows their number. Keys lie beside the slots: a comparison touches nothing else.
 * Insert O(1) expected, all else O(log n). */
#include "base/panic.h"
#include "engine/risk_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool slots, indexes and keys are all
// numbers; their names and the assertions tell them apart

uint32_t fx_risk_heap_chunks(const struct fx_engine_limits *limits)
{
    FX_ASSERT(limits->positions_max > 0);
    return limits->positions_max / FX_RISK_CHUNK + 1;
}

static uint32_t number_of(uint32_t instrument, enum fx_side side)
{
    FX_CHECK(side == FX_SIDE_BUY || side == FX_SIDE_SELL);
    return 2 * instrument + (side == FX_SIDE_BUY ? 0U : 1U);
}

struct fx_risk_heap *fx_risk_heap_of(const struct fx_engine *engine,
                                     uint32_t instrument,
                                     enum fx_side side)
{
    FX_ASSERT(instrument < engine->instrument_count);
    FX_ASSERT(side == FX_SIDE_BUY || side == FX_SIDE_SELL);
    return &engine->risk_heaps[number_of(instrument, side)];
}

static uint32_t *chunk_table(const struct fx_engine *engine, uint32_t number)
{
    FX_CHECK(number < 2 * engine->limits.instruments_max);
    return &engine->risk_chunks[(size_t)number * fx_risk_heap_chunks(&engine->limits)];
}

/* Entries of one heap, by index. */
struct view {
    struct fx_risk_entry *entries;
    const uint32_t *chunks;
    struct fx_risk *risks;
};

static struct view view_of(const struct fx_engine *engine, uint32_t instrument, enum fx_side side)
{
    FX_CHECK(instrument < engine->instrument_count);
    return (struct view){
        .entries = engine->risk_entries,
        .chunks = chunk_table(engine, number_of(instrument, side)),
        .risks = engine->risks,
    };
}

static struct fx_risk_entry *entry_at(const struct view *view, uint32_t index)
{
    return &view->entries[(size_t)view->chunks[index / FX_RISK_CHUNK] * FX_RISK_CHUNK +
                          index % FX_RISK_CHUNK];
}

struct fx_risk_entry *fx_risk_heap_at(const struct fx_engine *engine,
                                      uint32_t instrument,
                                      enum fx_side side,
                                      uint32_t index)
{
    FX_ASSERT(index < fx_risk_heap_of(engine, instrument, side)->count);
    const struct view view = view_of(engine, instrument, side);
    return entry_at(&view, index);
}

static void set(const struct view *view, uint32_t index, struct fx_risk_entry entry)
{
    FX_CHECK(entry.position != FX_SLOT_NONE);
    *entry_at(view, index) = entry;
    view->risks[entry.position].place = index + 1;
}

static uint32_t sift_up(const struct view *view, uint32_t index, struct fx_risk_entry entry)
{
    FX_ASSERT(entry.position != FX_SLOT_NONE);
    while (index > 0) {
        const struct fx_risk_entry parent = *entry_at(view, (index - 1) / 2);
        if (entry.key >= parent.key) {
            break;
        }
        set(view, index, parent);
        index = (index - 1) / 2;
    }
    set(view, index, entry);
    FX_ASSERT(entry_at(view, index)->position == entry.position);
    return index;
}

static void sift_down(const struct view *view,
                      uint32_t count,
                      uint32_t index,
                      struct fx_risk_entry entry)
{
    FX_ASSERT(index < count);
    FX_ASSERT(entry.position != FX_SLOT_NONE);
    for (uint32_t child = 2 * index + 1; child < count; child = 2 * index + 1) {
        struct fx_risk_entry least = *entry_at(view, child);
        if (child + 1 < count) {
            const struct fx_risk_entry right = *entry_at(view, child + 1);
            child += right.key < least.key ? 1 : 0;
            least = right.key < least.key ? right : least;
        }
        if (least.key >= entry.key) {
            break;
        }
        set(view, index, least);
        index = child;
    }
    set(view, index, entry);
}

static void grow(struct fx_engine *engine, uint32_t number)
{
    struct fx_risk_heap *heap = &engine->risk_heaps[number];
    uint32_t chunk = engine->risk_chunk_free;
    if (chunk != FX_SLOT_NONE) {
        engine->risk_chunk_free = engine->risk_entries[(size_t)chunk * FX_RISK_CHUNK].position;
    } else {
        chunk = engine->risk_chunk_used;
        engine->risk_chunk_used++;
    }
    FX_ASSERT(heap->chunk_count < fx_risk_heap_chunks(&engine->limits));
    FX_ASSERT(chunk < engine->risk_chunk_used);
    chunk_table(engine, number)[heap->chunk_count] = chunk;
    heap->chunk_count++;
}

static void shrink(struct fx_engine *engine, uint32_t number)
{
    struct fx_risk_heap *heap = &engine->risk_heaps[number];
    FX_ASSERT(heap->chunk_count > 0);
    heap->chunk_count--;
    const uint32_t chunk = chunk_table(engine, number)[heap->chunk_count];
    FX_ASSERT(chunk < engine->risk_chunk_used);
    engine->risk_entries[(size_t)chunk * FX_RISK_CHUNK].position = engine->risk_chunk_free;
    engine->risk_chunk_free = chunk;
}

void fx_risk_heap_remove(struct fx_engine *engine, fx_slot position)
{
    FX_ASSERT(position < engine->position_count);
    struct fx_risk *risk = &engine->risks[position];
    const uint32_t instrument = engine->positions[position].instrument;
    const enum fx_side side = (enum fx_side)risk->side;
    struct fx_risk_heap *heap = fx_risk_heap_of(engine, instrument, side);
    FX_ASSERT(risk->place > 0 && risk->place <= heap->count);
    const struct view view = view_of(engine, instrument, side);
    const uint32_t index = risk->place - 1;
    risk->place = 0;
    heap->count--;
    if (index < heap->count) {
        const struct fx_risk_entry moved = *entry_at(&view, heap->count);
        if (sift_up(&view, index, moved) == index) {
            sift_down(&view, heap->count, index, moved);
        }
    }
    FX_CHECK(index >= heap->count ||
             engine->risks[entry_at(&view, index)->position].place == index + 1);
    if (heap->count % FX_RISK_CHUNK == 0) {
        shrink(engine, number_of(instrument, side));
    }
}

void fx_risk_heap_put(struct fx_engine *engine, fx_slot position, enum fx_side side, int64_t key)
{
    FX_ASSERT(position < engine->position_count);
    struct fx_risk *risk = &engine->risks[position];
    const uint32_t instrument = engine->positions[position].instrument;
    struct fx_risk_heap *heap = fx_risk_heap_of(engine, instrument, side);
    const struct fx_risk_entry entry = {.key = key, .position = position};
    if (risk->place != 0 && risk->side != (uint8_t)side) {
        fx_risk_heap_remove(engine, position);
    }
    const struct view view = view_of(engine, instrument, side);
    if (risk->place == 0) {
        if (heap->count % FX_RISK_CHUNK == 0) {
            grow(engine, number_of(instrument, side));
        }
        risk->side = (uint8_t)side;
        heap->count++;
        (void)sift_up(&view, heap->count - 1, entry);
        return;
    }
    const uint32_t index = risk->place - 1;
    FX_ASSERT(entry_at(&view, index)->position == position);
    if (sift_up(&view, index, entry) == index) {
        sift_down(&view, heap->count, index, entry);
    }
}

void fx_risk_heap_check(const struct fx_engine *engine, uint32_t instrument, enum fx_side side)
{
    const struct fx_risk_heap *heap = fx_risk_heap_of(engine, instrument, side);
    const struct view view = view_of(engine, instrument, side);
    FX_ASSERT(heap->chunk_count == (heap->count + FX_RISK_CHUNK - 1) / FX_RISK_CHUNK);
    for (uint32_t index = 0; index < heap->count; index++) {
        const struct fx_risk_entry *entry = entry_at(&view, index);
        const struct fx_risk *risk = &engine->risks[entry->position];
        FX_ASSERT(risk->place == index + 1);
        FX_ASSERT(risk->side == (uint8_t)side);
        FX_ASSERT(engine->positions[entry->position].instrument == instrument);
        FX_ASSERT(index == 0 || entry_at(&view, (index - 1) / 2)->key <= entry->key);
    }
}

// NOLINTEND(bugprone-easily-swappable-parameters)
