#include "app/app_bots.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/dec.h"
#include "base/panic.h"
#include "base/rng.h"
#include "market/market.h"

enum {
    LEVELS = 12,            /* quotes per side */
    QUOTES_MAX = 64,        /* per instrument: the ladder, what is on its way, what was found */
    COMMANDS_PER_STEP = 40, /* at four steps a second: 160 commands a second */
    WAIT_STEPS = 12,        /* without any echo for so long, a command counts as refused */
    INDEX_STEPS = 4,
    FRACTION_BITS = 16,  /* the index price is kept in 1/65,536 ticks */
    GRID_DIVISOR = 5000, /* levels lie two basis points apart */
    NOISE_DIVISOR = 8192,
    PULL_DIVISOR = 16384,
    RANGE_DIVISOR = 10, /* the index price stays within a tenth of where it began */
    QUOTE_MIN = 2000,   /* value of an order in the quote currency */
    QUOTE_MAX = 40000,
    TAKE_MIN = 200,
    TAKE_MAX = 4000,
    TAKER_POSITION_VALUE = 200000 /* beyond it the taker only trades back */
};

/* A living order of the maker, or one that was asked for and did not show up yet (order_id 0). */
struct quote {
    uint64_t order_id;
    int64_t ticks; /* where it is, or was asked to be */
    int64_t lots;  /* whole quantity */
    int64_t filled_lots;
    uint64_t wait_until; /* step; 0: nothing is on its way */
    enum fx_side side;
    bool is_used;
    struct fx_client_id client_id;
};

struct desk {
    uint32_t instrument;
    bool has_definition;
    bool is_index_given;
    bool is_cleared; /* orders of an earlier life were asked to go */
    struct fx_instrument definition;
    fx_i128 unit;
    int64_t anchor; /* in 1/65,536 ticks; 0: no price is known yet */
    int64_t index;
    int64_t grid_ticks;
    int64_t center; /* the ladder's last one */
    int64_t taker_lots;
    struct quote quotes[QUOTES_MAX];
};

struct fx_app_bots {
    struct fx_app_bots_options options;
    struct fx_rng rng;
    uint64_t step;
    uint64_t life; /* sets the client ids of this run apart from those before */
    uint64_t order_count;
    uint32_t budget; /* commands left in this step */
    struct desk desks[FX_APP_BOTS_INSTRUMENTS_MAX];
};

/* ---- what is known ----------------------------------------------------------------------------
 */

static struct desk *desk_of(struct fx_app_bots *bots, uint32_t instrument)
{
    for (uint32_t index = 0; index < bots->options.instrument_count; index++) {
        if (bots->desks[index].instrument == instrument) {
            return &bots->desks[index];
        }
    }
    return NULL;
}

static void learn_definition(struct desk *desk, const struct fx_instrument *definition)
{
    desk->definition = *definition;
    desk->unit = fx_instrument_unit(definition);
    desk->has_definition = true;
}

static void learn_price(struct desk *desk, int64_t ticks)
{
    if (desk->anchor != 0 || ticks <= 0 || ticks > INT64_MAX >> (FRACTION_BITS + 1)) {
        return;
    }
    desk->anchor = ticks << FRACTION_BITS;
    desk->index = desk->anchor;
    desk->grid_ticks = ticks / GRID_DIVISOR > 0 ? ticks / GRID_DIVISOR : 1;
}

static void follow_price(struct desk *desk, int64_t ticks)
{
    if (desk->is_index_given && desk->anchor != 0 && ticks > 0 &&
        ticks <= INT64_MAX >> (FRACTION_BITS + 1)) {
        desk->index = ticks << FRACTION_BITS;
    }
}

static void learn_market(const struct fx_market *market, struct desk *desk)
{
    const struct fx_market_symbol *symbol =
        market == NULL ? NULL : fx_market_at(market, desk->instrument);
    if (symbol != NULL) {
        learn_definition(desk, &symbol->definition);
        learn_price(desk, symbol->mark_ticks);
    }
}

static struct quote *find_quote(struct desk *desk, const struct fx_event_order *order)
{
    for (uint32_t index = 0; index < QUOTES_MAX; index++) {
        struct quote *quote = &desk->quotes[index];
        if (quote->is_used && quote->order_id == order->order_id) {
            return quote;
        }
    }
    for (uint32_t index = 0; index < QUOTES_MAX; index++) {
        struct quote *quote = &desk->quotes[index];
        if (quote->is_used && quote->order_id == 0 &&
            memcmp(&quote->client_id, &order->client_id, sizeof quote->client_id) == 0) {
            return quote;
        }
    }
    return NULL;
}

static struct quote *find_free(struct desk *desk)
{
    for (uint32_t index = 0; index < QUOTES_MAX; index++) {
        if (!desk->quotes[index].is_used) {
            return &desk->quotes[index];
        }
    }
    return NULL;
}

static void on_order(struct desk *desk, const struct fx_event_order *order)
{
    struct quote *quote = find_quote(desk, order);
    if (fx_order_status_is_final((enum fx_order_status)order->status)) {
        if (quote != NULL) {
            memset(quote, 0, sizeof *quote);
        }
        return;
    }
    if (quote == NULL) {
        quote = find_free(desk);
        if (quote == NULL) {
            desk->is_cleared = false; /* more than ever wanted: begin anew */
            return;
        }
    }
    *quote = (struct quote){.order_id = order->order_id,
                            .ticks = order->price_ticks,
                            .lots = order->lots,
                            .filled_lots = order->lots - order->remaining_lots,
                            .side = (enum fx_side)order->side,
                            .is_used = true,
                            .client_id = order->client_id};
}

static void forget_quotes(struct fx_app_bots *bots)
{
    for (uint32_t index = 0; index < bots->options.instrument_count; index++) {
        memset(bots->desks[index].quotes, 0, sizeof bots->desks[index].quotes);
        bots->desks[index].taker_lots = 0;
    }
}

void fx_app_bots_on_event(struct fx_app_bots *bots, const struct fx_event *event)
{
    struct desk *desk = NULL;
    if (event->kind == FX_EVENT_ORDER && event->u.order.user_id == bots->options.users[0]) {
        desk = desk_of(bots, event->u.order.instrument);
        if (desk != NULL) {
            on_order(desk, &event->u.order);
        }
    } else if (event->kind == FX_EVENT_POSITION &&
               event->u.position.user_id == bots->options.users[1]) {
        desk = desk_of(bots, event->u.position.instrument);
        if (desk != NULL) {
            desk->taker_lots = event->u.position.lots;
        }
    } else if (event->kind == FX_EVENT_INSTRUMENT) {
        desk = desk_of(bots, event->u.instrument.instrument_id);
        if (desk != NULL) {
            learn_definition(desk, &event->u.instrument);
        }
    } else if (event->kind == FX_EVENT_MARK) {
        desk = desk_of(bots, event->u.mark.instrument);
        if (desk != NULL) {
            learn_price(desk, event->u.mark.index_ticks);
            follow_price(desk, event->u.mark.index_ticks);
        }
    } else if (event->kind == FX_EVENT_DUMP_BEGIN) {
        forget_quotes(bots);
    }
}

/* ---- commands ---------------------------------------------------------------------------------
 */

static bool submit(struct fx_app_bots *bots, const struct fx_command *command)
{
    if (bots->budget == 0) {
        return false;
    }
    bots->budget--;
    return bots->options.submit(bots->options.submit_self, 0, command);
}

/* The bots are the only source of the demo's index; mark and funding follow from it. */
static void submit_index(struct fx_app_bots *bots, const struct desk *desk)
{
    struct fx_command command = fx_command_blank(FX_COMMAND_INDEX_PRICE, desk->instrument, 0);
    command.u.index.index_ticks = desk->index >> FRACTION_BITS;
    command.u.index.source_count = 1;
    (void)submit(bots, &command);
}

static void submit_cancel_all(struct fx_app_bots *bots, struct desk *desk)
{
    bool is_sent = true;
    for (int user = 0; user < 2; user++) {
        struct fx_command command =
            fx_command_blank(FX_COMMAND_CANCEL_ALL, desk->instrument, bots->options.users[user]);
        command.u.cancel_all.scope = FX_CANCEL_SCOPE_ALL;
        is_sent = submit(bots, &command) && is_sent;
    }
    desk->is_cleared = is_sent;
}

/* Lots that are worth about so much of the quote currency: between min and max, at least one. */
static int64_t draw_lots(struct fx_app_bots *bots,
                         const struct desk *desk,
                         // NOLINTNEXTLINE(bugprone-easily-swappable-parameters): min, max
                         int64_t min_value,
                         int64_t max_value)
{
    const fx_i128 value = fx_dec_one() * fx_rng_between(&bots->rng, min_value, max_value);
    const bool is_inverse = desk->definition.contract_type == FX_CONTRACT_TYPE_COIN_M;
    const int64_t ticks = desk->index >> FRACTION_BITS;
    const fx_i128 lot_value = is_inverse ? desk->unit : desk->unit * (ticks > 0 ? ticks : 1);
    FX_ASSERT(lot_value > 0);
    const fx_i128 lots = fx_dec_div_int(value, lot_value, FX_ROUND_DOWN);
    const int64_t min = desk->definition.min_lots;
    const int64_t max = desk->definition.max_lots;
    return lots < min ? min : lots > max ? max : (int64_t)lots;
}

static void submit_place(
    struct fx_app_bots *bots,
    struct desk *desk,
    // NOLINTNEXTLINE(bugprone-easily-swappable-parameters): the side is an enum
    enum fx_side side,
    int64_t ticks)
{
    struct quote *quote = find_free(desk);
    char text[FX_CLIENT_ID_SIZE_MAX + 1];
    if (quote == NULL || bots->budget == 0) {
        return;
    }
    (void)snprintf(text,
                   sizeof text,
                   "mm-%llx-%llu",
                   (unsigned long long)bots->life,
                   (unsigned long long)++bots->order_count);
    struct fx_command command =
        fx_command_blank(FX_COMMAND_PLACE_ORDER, desk->instrument, bots->options.users[0]);
    command.u.place.price_ticks = ticks;
    command.u.place.lots = draw_lots(bots, desk, QUOTE_MIN, QUOTE_MAX);
    command.u.place.side = (uint8_t)side;
    command.u.place.type = FX_ORDER_TYPE_LIMIT;
    command.u.place.time_in_force = FX_TIME_IN_FORCE_GTC;
    const bool is_named = fx_ids_client_id(fx_str_of(text), &command.u.place.client_id);
    FX_ASSERT(is_named);
    *quote = (struct quote){.ticks = ticks,
                            .lots = command.u.place.lots,
                            .wait_until = bots->step + WAIT_STEPS,
                            .side = side,
                            .is_used = true,
                            .client_id = command.u.place.client_id};
    if (!submit(bots, &command)) {
        memset(quote, 0, sizeof *quote);
    }
}

static void submit_amend(struct fx_app_bots *bots,
                         const struct desk *desk,
                         struct quote *quote,
                         int64_t ticks)
{
    struct fx_command command =
        fx_command_blank(FX_COMMAND_AMEND_ORDER, desk->instrument, bots->options.users[0]);
    command.u.amend.order_id = quote->order_id;
    command.u.amend.price_ticks = ticks;
    command.u.amend.lots = quote->filled_lots + draw_lots(bots, desk, QUOTE_MIN, QUOTE_MAX);
    if (submit(bots, &command)) {
        quote->ticks = ticks;
        quote->wait_until = bots->step + WAIT_STEPS;
    }
}

static void submit_cancel(struct fx_app_bots *bots, const struct desk *desk, struct quote *quote)
{
    struct fx_command command =
        fx_command_blank(FX_COMMAND_CANCEL_ORDER, desk->instrument, bots->options.users[0]);
    command.u.cancel.order_id = quote->order_id;
    if (submit(bots, &command)) {
        quote->wait_until = bots->step + WAIT_STEPS;
    }
}

/* ---- the ladder -------------------------------------------------------------------------------
 */

/* The price of a rung: rungs lie a grid apart, moved up by less than half of it so that the book
 * looks less drawn with a ruler. A rung always has the same price. 0 where there is none. */
static int64_t rung_ticks(const struct desk *desk, int64_t rung)
{
    const uint64_t mixed = ((uint64_t)rung + desk->instrument) * 0x9E3779B97F4A7C15ULL;
    const int64_t room = desk->grid_ticks / 2;
    const int64_t shift = room == 0 ? 0 : (int64_t)((mixed >> 33U) % (uint64_t)room);
    const int64_t ticks = rung * desk->grid_ticks + shift;
    return ticks > 0 && ticks <= desk->definition.max_ticks ? ticks : 0;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): the side is an enum
static int64_t wanted_ticks(const struct desk *desk, enum fx_side side, int level)
{
    return rung_ticks(desk, side == FX_SIDE_BUY ? desk->center - level : desk->center + 1 + level);
}

static bool is_wanted(const struct desk *desk, const struct quote *quote)
{
    for (int level = 0; level < LEVELS; level++) {
        if (wanted_ticks(desk, quote->side, level) == quote->ticks) {
            return true;
        }
    }
    return false;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): the side is an enum
static bool is_quoted(const struct desk *desk, enum fx_side side, int64_t ticks)
{
    for (uint32_t index = 0; index < QUOTES_MAX; index++) {
        const struct quote *quote = &desk->quotes[index];
        if (quote->is_used && quote->side == side && quote->ticks == ticks) {
            return true;
        }
    }
    return false;
}

/* A quote of this side that stands where none is wanted, and can be moved. */
static struct quote *find_astray(struct desk *desk, enum fx_side side)
{
    for (uint32_t index = 0; index < QUOTES_MAX; index++) {
        struct quote *quote = &desk->quotes[index];
        if (quote->is_used && quote->side == side && quote->order_id != 0 &&
            quote->wait_until == 0 && !is_wanted(desk, quote)) {
            return quote;
        }
    }
    return NULL;
}

/* Move what stands astray to where something is missing, place what is still missing, cancel what
 * is left over. */
static void quote_side(struct fx_app_bots *bots, struct desk *desk, enum fx_side side)
{
    for (int level = 0; level < LEVELS && bots->budget > 0; level++) {
        const int64_t ticks = wanted_ticks(desk, side, level);
        if (ticks == 0 || is_quoted(desk, side, ticks)) {
            continue;
        }
        struct quote *astray = find_astray(desk, side);
        if (astray != NULL) {
            submit_amend(bots, desk, astray, ticks);
        } else {
            submit_place(bots, desk, side, ticks);
        }
    }
    for (struct quote *astray = find_astray(desk, side); astray != NULL && bots->budget > 0;
         astray = find_astray(desk, side)) {
        submit_cancel(bots, desk, astray);
        if (astray->wait_until == 0) {
            break; /* the intake is full */
        }
    }
}

/* What got no echo was refused, or its order is gone: forget the asking, or the order. */
static void expire_waits(const struct fx_app_bots *bots, struct desk *desk)
{
    for (uint32_t index = 0; index < QUOTES_MAX; index++) {
        struct quote *quote = &desk->quotes[index];
        if (quote->is_used && quote->wait_until != 0 && quote->wait_until <= bots->step) {
            memset(quote, 0, sizeof *quote);
            desk->is_cleared = false; /* it may live after all: begin anew, from an empty book */
        }
    }
}

/* Now and then one quote changes its size where it stands. */
static void refresh(struct fx_app_bots *bots, struct desk *desk)
{
    struct quote *quote = &desk->quotes[fx_rng_below(&bots->rng, QUOTES_MAX)];
    if (quote->is_used && quote->order_id != 0 && quote->wait_until == 0) {
        submit_amend(bots, desk, quote, quote->ticks);
    }
}

/* ---- prices and takers ------------------------------------------------------------------------
 */

/* A random walk that is pulled back to where it began and never leaves a tenth around it. */
static void move_index(struct fx_app_bots *bots, struct desk *desk)
{
    const int64_t reach = desk->index / NOISE_DIVISOR + 1;
    const int64_t low = desk->anchor - desk->anchor / RANGE_DIVISOR;
    const int64_t high = desk->anchor + desk->anchor / RANGE_DIVISOR;
    int64_t next = desk->index + (desk->anchor - desk->index) / PULL_DIVISOR +
                   fx_rng_between(&bots->rng, -reach, reach);
    next = next < low ? low : next > high ? high : next;
    desk->index = next >> FRACTION_BITS > 0 ? next : desk->index;
}

/* The taker's order: at most three rungs deep, and back towards a flat position where it is large.
 */
static void take(struct fx_app_bots *bots, struct desk *desk)
{
    const int64_t lots_max = draw_lots(bots, desk, TAKER_POSITION_VALUE, TAKER_POSITION_VALUE);
    enum fx_side side = fx_rng_below(&bots->rng, 2) == 0 ? FX_SIDE_BUY : FX_SIDE_SELL;
    if (desk->taker_lots > lots_max) {
        side = FX_SIDE_SELL;
    } else if (desk->taker_lots < -lots_max) {
        side = FX_SIDE_BUY;
    }
    struct fx_command command =
        fx_command_blank(FX_COMMAND_PLACE_ORDER, desk->instrument, bots->options.users[1]);
    command.u.place.price_ticks = wanted_ticks(desk, fx_order_opposite(side), 2);
    command.u.place.lots = draw_lots(bots, desk, TAKE_MIN, TAKE_MAX);
    command.u.place.side = (uint8_t)side;
    command.u.place.type = FX_ORDER_TYPE_LIMIT;
    command.u.place.time_in_force = FX_TIME_IN_FORCE_IOC;
    if (command.u.place.price_ticks > 0) {
        (void)submit(bots, &command);
    }
}

static void step_desk(struct fx_app_bots *bots, struct desk *desk)
{
    if (!desk->has_definition || desk->anchor == 0) {
        learn_market(bots->options.market, desk);
    }
    if (!desk->has_definition || desk->anchor == 0) {
        return;
    }
    expire_waits(bots, desk);
    if (!desk->is_cleared) {
        submit_cancel_all(bots, desk);
        return; /* the ladder begins with the next step, when the orders have ended */
    }
    if (!desk->is_index_given) {
        move_index(bots, desk);
    }
    if (!desk->is_index_given && (bots->step + desk->instrument) % INDEX_STEPS == 0) {
        submit_index(bots, desk);
    }
    const int64_t center = (desk->index >> FRACTION_BITS) / desk->grid_ticks;
    /* Where the price goes, room is made first: the bots never meet their own quotes. */
    const enum fx_side first = center >= desk->center ? FX_SIDE_SELL : FX_SIDE_BUY;
    desk->center = center;
    quote_side(bots, desk, first);
    quote_side(bots, desk, fx_order_opposite(first));
    if (fx_rng_below(&bots->rng, 4) == 0) {
        refresh(bots, desk);
    }
    if (fx_rng_below(&bots->rng, 3) == 0) {
        take(bots, desk);
    }
}

/* ---- life -------------------------------------------------------------------------------------
 */

fx_status fx_app_bots_create(const struct fx_app_bots_options *options,
                             struct fx_app_bots **bots_out)
{
    if (options->submit == NULL || options->instrument_count > FX_APP_BOTS_INSTRUMENTS_MAX ||
        options->users[0] == 0 || options->users[1] == 0 ||
        options->users[0] == options->users[1]) {
        return FX_BAD_PARAMETER;
    }
    struct fx_app_bots *bots = calloc(1, sizeof *bots);
    if (bots == NULL) {
        return FX_NO_MEMORY;
    }
    bots->options = *options;
    fx_rng_init(&bots->rng, options->seed);
    for (uint32_t index = 0; index < options->instrument_count; index++) {
        bots->desks[index].instrument = options->instruments[index];
        bots->desks[index].is_index_given = options->is_index_given[index];
        learn_market(options->market, &bots->desks[index]);
    }
    *bots_out = bots;
    return FX_OK;
}

void fx_app_bots_step(struct fx_app_bots *bots, int64_t now_us)
{
    const uint32_t count = bots->options.instrument_count;
    if (bots->step == 0) {
        bots->life = (uint64_t)now_us;
    }
    bots->step++;
    bots->budget = COMMANDS_PER_STEP;
    for (uint32_t index = 0; index < count; index++) {
        /* Another one comes first each time, so that no desk starves where the budget is short. */
        step_desk(bots, &bots->desks[(index + bots->step) % count]);
    }
}

void fx_app_bots_destroy(struct fx_app_bots *bots)
{
    free(bots);
}
