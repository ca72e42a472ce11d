/* The whole state as events, in pieces: one stage per kind of object, one step per object. */
#include <string.h>

#include "base/panic.h"
#include "engine/marks_int.h"
#include "engine/orders_int.h"
#include "engine/settle_int.h"
#include "engine/triggers_int.h"

enum stage {
    STAGE_BEGIN = 0,
    STAGE_INSTRUMENTS,
    STAGE_MARKS,
    STAGE_ACCOUNTS,
    STAGE_POSITIONS,
    STAGE_ORDERS,
    STAGE_CONDITIONALS,
    STAGE_BIDS,
    STAGE_ASKS,
    STAGE_END,
    STAGE_DONE
};

static struct fx_event *next_event(const struct fx_engine *engine,
                                   struct fx_events *events,
                                   enum fx_event_kind kind)
{
    FX_ASSERT(events->count < events->capacity);
    struct fx_event *event = &events->items[events->count];
    memset(event, 0, sizeof *event);
    event->kind = (uint16_t)kind;
    event->index = events->count;
    event->sequence = engine->sequence;
    event->time_us = engine->time_us;
    events->count++;
    FX_ASSERT(event->index + 1 == events->count);
    return event;
}

static void advance(struct fx_engine_dump *dump)
{
    FX_ASSERT(dump->stage < STAGE_DONE);
    FX_ASSERT(dump->inner == 0);
    dump->stage++;
    dump->index = 0;
    dump->inner = 0;
    dump->price_ticks = 0;
}

/* The instrument, then its tiers one by one. */
static void step_instrument(const struct fx_engine *engine,
                            struct fx_engine_dump *dump,
                            struct fx_events *out)
{
    FX_ASSERT(dump->index <= engine->instrument_count);
    FX_ASSERT(dump->inner <= FX_TIERS_MAX);
    if (dump->index == engine->instrument_count) {
        advance(dump);
        return;
    }
    const struct fx_listing *listing = &engine->listings[dump->index];
    if (dump->inner == 0) {
        next_event(engine, out, FX_EVENT_INSTRUMENT)->u.instrument = listing->definition;
    } else {
        struct fx_event_tier *tier = &next_event(engine, out, FX_EVENT_TIER)->u.tier;
        tier->tier = listing->tiers[dump->inner - 1];
        tier->instrument = dump->index;
        tier->index = dump->inner - 1;
        tier->count = listing->definition.tier_count;
    }
    dump->inner++;
    if (dump->inner > listing->definition.tier_count) {
        dump->inner = 0;
        dump->index++;
    }
}

/* The mark of an instrument, then how far its end has come. */
static void step_mark(const struct fx_engine *engine,
                      struct fx_engine_dump *dump,
                      struct fx_events *out)
{
    FX_ASSERT(dump->index <= engine->instrument_count);
    FX_ASSERT(dump->inner <= 1);
    if (dump->index == engine->instrument_count) {
        advance(dump);
        return;
    }
    const bool is_marked =
        engine->listings[dump->index].mark.ticks > 0 || engine->marks[dump->index].has_rules != 0;
    const bool is_settling = engine->settlements[dump->index].phase != 0;
    if (dump->inner == 0 && is_marked) {
        fx_mark_row(engine, dump->index, &next_event(engine, out, FX_EVENT_MARK)->u.mark);
    } else if (dump->inner == 1 && is_settling) {
        struct fx_event *event = next_event(engine, out, FX_EVENT_SETTLEMENT);
        fx_settle_row(engine, dump->index, &event->u.settlement);
    }
    dump->inner++;
    if (dump->inner > 1) {
        dump->inner = 0;
        dump->index++;
    }
}

static void step_account(const struct fx_engine *engine,
                         struct fx_engine_dump *dump,
                         struct fx_events *out)
{
    FX_ASSERT(dump->stage == STAGE_ACCOUNTS);
    FX_ASSERT(dump->index <= engine->account_count);
    if (dump->index == engine->account_count) {
        advance(dump);
        return;
    }
    struct fx_event *event = next_event(engine, out, FX_EVENT_ACCOUNT);
    fx_touch_account_row(engine, dump->index, &event->u.account);
    dump->index++;
}

static void step_position(const struct fx_engine *engine,
                          struct fx_engine_dump *dump,
                          struct fx_events *out)
{
    FX_ASSERT(dump->stage == STAGE_POSITIONS);
    FX_ASSERT(dump->index <= engine->position_count);
    if (dump->index == engine->position_count) {
        advance(dump);
        return;
    }
    struct fx_event *event = next_event(engine, out, FX_EVENT_POSITION);
    fx_touch_position_row(engine, dump->index, &event->u.position);
    dump->index++;
}

/* The order behind the last one said, whose slot plus 1 is `inner`; of the list of the stage. */
static fx_slot next_order(const struct fx_engine *engine, const struct fx_engine_dump *dump)
{
    FX_ASSERT(dump->stage == STAGE_ORDERS || dump->stage == STAGE_CONDITIONALS);
    FX_ASSERT(dump->index < engine->position_count);
    if (dump->stage == STAGE_ORDERS) {
        return dump->inner == 0 ? engine->positions[dump->index].oldest_order
                                : engine->orders[dump->inner - 1].newer;
    }
    return dump->inner == 0 ? fx_conditional_oldest(engine, dump->index)
                            : fx_conditional_newer(engine, dump->inner - 1);
}

/* Orders by position, in order of arrival: those in the book, then those that have not fired. */
static void step_order(const struct fx_engine *engine,
                       struct fx_engine_dump *dump,
                       struct fx_events *out)
{
    FX_ASSERT(dump->stage == STAGE_ORDERS || dump->stage == STAGE_CONDITIONALS);
    FX_ASSERT(dump->index <= engine->position_count);
    if (dump->index == engine->position_count) {
        advance(dump);
        return;
    }
    const fx_slot order = next_order(engine, dump);
    if (order == FX_SLOT_NONE) {
        dump->inner = 0;
        dump->index++;
        return;
    }
    struct fx_event *event = next_event(engine, out, FX_EVENT_ORDER);
    fx_touch_order_row(engine, order, &event->u.order);
    dump->inner = order + 1;
}

static void step_level(const struct fx_engine *engine,
                       struct fx_engine_dump *dump,
                       enum fx_side side,
                       struct fx_events *out)
{
    FX_ASSERT(dump->index <= engine->instrument_count);
    FX_ASSERT(dump->price_ticks >= 0);
    if (dump->index == engine->instrument_count) {
        advance(dump);
        return;
    }
    struct fx_book_row row;
    if (!fx_book_next(engine->listings[dump->index].book, side, (fx_px){dump->price_ticks}, &row)) {
        dump->price_ticks = 0;
        dump->index++;
        return;
    }
    struct fx_event_book *book = &next_event(engine, out, FX_EVENT_BOOK)->u.book;
    book->price_ticks = row.price.ticks;
    book->lots = row.total.lots;
    book->count = row.count;
    book->instrument = dump->index;
    book->side = (uint8_t)side;
    dump->price_ticks = row.price.ticks;
}

/* One object, or the move to the next stage. */
static void step(const struct fx_engine *engine,
                 struct fx_engine_dump *dump,
                 struct fx_events *events)
{
    FX_ASSERT(dump->stage < STAGE_DONE);
    switch ((enum stage)dump->stage) {
    case STAGE_BEGIN:
        (void)next_event(engine, events, FX_EVENT_DUMP_BEGIN);
        advance(dump);
        break;
    case STAGE_INSTRUMENTS:
        step_instrument(engine, dump, events);
        break;
    case STAGE_MARKS:
        step_mark(engine, dump, events);
        break;
    case STAGE_ACCOUNTS:
        step_account(engine, dump, events);
        break;
    case STAGE_POSITIONS:
        step_position(engine, dump, events);
        break;
    case STAGE_ORDERS:
    case STAGE_CONDITIONALS:
        step_order(engine, dump, events);
        break;
    case STAGE_BIDS:
        step_level(engine, dump, FX_SIDE_BUY, events);
        break;
    case STAGE_ASKS:
        step_level(engine, dump, FX_SIDE_SELL, events);
        break;
    case STAGE_END:
    case STAGE_DONE:
    default:
        FX_ASSERT(dump->stage == STAGE_END); /* a finished dump takes no step */
        (void)next_event(engine, events, FX_EVENT_DUMP_END);
        advance(dump);
        break;
    }
}

bool fx_dump_step(const struct fx_engine *engine,
                  struct fx_engine_dump *dump,
                  struct fx_events *events)
{
    FX_ASSERT(dump->stage <= STAGE_DONE);
    FX_ASSERT(events->capacity >= 64);
    events->count = 0;
    while (dump->stage < STAGE_DONE && events->count < events->capacity) {
        step(engine, dump, events);
    }
    return dump->stage < STAGE_DONE;
}
