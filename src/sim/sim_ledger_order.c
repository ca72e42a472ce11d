/* Orders as their rows tell them: the shadow of every book, kept as one plain list. */
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "sim/sim_ledger_int.h"

enum { STATES_FIRST = 4096, STATUS_MAX = 9, KEY_SIZE_MAX = 8 + FX_CLIENT_ID_SIZE_MAX };

static const int64_t DUE_US = 1000000; /* a TICK may take a moment */
static const int64_t DAY_US = 86400LL * 1000000;

/* I-20: from (0: none yet) to. */
static const bool EDGES[STATUS_MAX][STATUS_MAX] = {
    [0] = {[FX_ORDER_STATUS_PENDING] = true,
           [FX_ORDER_STATUS_UNTRIGGERED] = true,
           [FX_ORDER_STATUS_ACTIVE] = true,
           [FX_ORDER_STATUS_PARTIALLY_FILLED] = true,
           [FX_ORDER_STATUS_FILLED] = true,
           [FX_ORDER_STATUS_CANCELED] = true,
           [FX_ORDER_STATUS_EXPIRED] = true},
    [FX_ORDER_STATUS_PENDING] = {[FX_ORDER_STATUS_PENDING] = true,
                                 [FX_ORDER_STATUS_UNTRIGGERED] = true,
                                 [FX_ORDER_STATUS_CANCELED] = true,
                                 [FX_ORDER_STATUS_EXPIRED] = true},
    [FX_ORDER_STATUS_UNTRIGGERED] = {[FX_ORDER_STATUS_UNTRIGGERED] = true,
                                     [FX_ORDER_STATUS_ACTIVE] = true,
                                     [FX_ORDER_STATUS_PARTIALLY_FILLED] = true,
                                     [FX_ORDER_STATUS_FILLED] = true,
                                     [FX_ORDER_STATUS_CANCELED] = true,
                                     [FX_ORDER_STATUS_EXPIRED] = true,
                                     [FX_ORDER_STATUS_REJECTED] = true},
    [FX_ORDER_STATUS_ACTIVE] = {[FX_ORDER_STATUS_ACTIVE] = true,
                                [FX_ORDER_STATUS_PARTIALLY_FILLED] = true,
                                [FX_ORDER_STATUS_FILLED] = true,
                                [FX_ORDER_STATUS_CANCELED] = true,
                                [FX_ORDER_STATUS_EXPIRED] = true},
    [FX_ORDER_STATUS_PARTIALLY_FILLED] = {[FX_ORDER_STATUS_PARTIALLY_FILLED] = true,
                                          [FX_ORDER_STATUS_FILLED] = true,
                                          [FX_ORDER_STATUS_CANCELED] = true,
                                          [FX_ORDER_STATUS_EXPIRED] = true},
};

static bool is_resting(enum fx_order_status status)
{
    return status == FX_ORDER_STATUS_ACTIVE || status == FX_ORDER_STATUS_PARTIALLY_FILLED;
}

static bool is_open(enum fx_order_status status)
{
    return is_resting(status) || status == FX_ORDER_STATUS_UNTRIGGERED ||
           status == FX_ORDER_STATUS_PENDING;
}

struct fx_sim_ledger_order *fx_sim_ledger_order_find(struct fx_sim_ledger *ledger, uint64_t id)
{
    for (uint32_t index = 0; index < ledger->order_count; index++) {
        if (ledger->orders[index].id == id) {
            return &ledger->orders[index];
        }
    }
    return NULL;
}

bool fx_sim_ledger_order_is_any(const struct fx_sim_ledger *ledger, uint32_t instrument)
{
    for (uint32_t index = 0; index < ledger->order_count; index++) {
        if (ledger->orders[index].instrument == instrument) {
            return true;
        }
    }
    return false;
}

static uint8_t *state_of(struct fx_sim_ledger *ledger, uint64_t id)
{
    if (id >= ledger->state_capacity) {
        const uint64_t first = ledger->state_capacity == 0 ? STATES_FIRST : ledger->state_capacity;
        const uint64_t capacity = id >= 2 * first ? id + 1 : 2 * first;
        uint8_t *grown = realloc(ledger->states, capacity);
        FX_ASSERT(grown != NULL);
        memset(&grown[ledger->state_capacity], 0, capacity - ledger->state_capacity);
        ledger->states = grown;
        ledger->state_capacity = capacity;
    }
    return &ledger->states[id];
}

/* ---- I-13: one client id, one order -----------------------------------------------------------
 */

static void check_client_id(struct fx_sim_world *world, const struct fx_event *event)
{
    struct fx_sim_ledger *ledger = world->ledger;
    const struct fx_event_order *row = &event->u.order;
    char key[KEY_SIZE_MAX];
    if (row->client_id.size == 0) {
        return;
    }
    memcpy(key, &row->account_id, sizeof row->account_id);
    memcpy(key + sizeof row->account_id, row->client_id.text, row->client_id.size);
    const fx_str name = {key, sizeof row->account_id + row->client_id.size};
    const union fx_table_value *known = fx_table_str_find(&ledger->clients, name);
    if (known != NULL && known->number != row->order_id) {
        const union fx_table_value *end = fx_table_find(&ledger->ends, known->number);
        FX_SIM_REQUIRE(world,
                       end != NULL && event->time_us - (int64_t)end->number >= DAY_US,
                       "I-13 one client id, one order");
    }
    FX_ASSERT(
        fx_table_str_put(&ledger->clients, name, (union fx_table_value){.number = row->order_id}));
}

static void note_end(struct fx_sim_world *world, const struct fx_event *event)
{
    if (event->u.order.client_id.size != 0) {
        FX_ASSERT(fx_table_put(&world->ledger->ends,
                               event->u.order.order_id,
                               (union fx_table_value){.number = (uint64_t)event->time_us}));
    }
}

/* ---- rows -------------------------------------------------------------------------------------
 */

static struct fx_sim_ledger_taker *find_taker(struct fx_sim_ledger *ledger, uint64_t id)
{
    for (uint32_t index = 0; index < ledger->taker_count; index++) {
        if (ledger->takers[index].id == id) {
            return &ledger->takers[index];
        }
    }
    return NULL;
}

/* The first row of an order. */
static struct fx_sim_ledger_order *add_order(struct fx_sim_world *world,
                                             const struct fx_event *event)
{
    struct fx_sim_ledger *ledger = world->ledger;
    const struct fx_event_order *row = &event->u.order;
    FX_ASSERT(ledger->order_count < FX_SIM_LEDGER_ORDERS_MAX);
    struct fx_sim_ledger_order *order = &ledger->orders[ledger->order_count];
    ledger->order_count++;
    *order = (struct fx_sim_ledger_order){.id = row->order_id,
                                          .account_id = row->account_id,
                                          .instrument = row->instrument,
                                          .side = row->side,
                                          .type = row->type,
                                          .position_side = row->position_side,
                                          .is_reduce_only = row->is_reduce_only != 0};
    const struct fx_sim_ledger_taker *taker = find_taker(ledger, row->order_id);
    if (taker != NULL) {
        order->filled = taker->lots;
        order->filled_value = taker->value;
        order->has_taken = true;
    }
    check_client_id(world, event);
    return order;
}

/* I-12, I-16, I-17 of the row itself. */
static void check_row(struct fx_sim_world *world,
                      const struct fx_event_order *row,
                      const struct fx_sim_ledger_order *order)
{
    const enum fx_order_status status = (enum fx_order_status)row->status;
    FX_SIM_REQUIRE(world, row->remaining_lots >= 0, "I-12 remaining >= 0");
    FX_SIM_REQUIRE(world,
                   row->lots - row->remaining_lots == order->filled,
                   "I-12 quantity = filled + remaining");
    FX_SIM_REQUIRE(world, row->filled_value == order->filled_value, "I-12 value = sum of fills");
    FX_SIM_REQUIRE(world,
                   (status == FX_ORDER_STATUS_FILLED) ==
                       (row->remaining_lots == 0 && order->filled > 0),
                   "I-12 filled = nothing remains");
    FX_SIM_REQUIRE(world, row->side == order->side, "I-20 the side of an order stays");
    FX_SIM_REQUIRE(world, row->account_id == order->account_id, "I-20 the owner stays");
    FX_SIM_REQUIRE(world, row->instrument == order->instrument, "I-20 the symbol stays");
    if (is_resting(status)) {
        FX_SIM_REQUIRE(world,
                       row->time_in_force == FX_TIME_IN_FORCE_GTC ||
                           row->time_in_force == FX_TIME_IN_FORCE_GTD,
                       "I-17 IOC and FOK never rest");
        FX_SIM_REQUIRE(world, row->price_ticks > 0, "I-17 a market order never rests");
        FX_SIM_REQUIRE(world, row->remaining_lots > 0, "I-12 what rests has something left");
    }
    if (row->time_in_force == FX_TIME_IN_FORCE_FOK && order->filled > 0) {
        FX_SIM_REQUIRE(world, status == FX_ORDER_STATUS_FILLED, "I-17 FOK: all or nothing");
    }
}

/* The place in the book: kept where the price stays and the quantity does not grow. One that was to
 * grow, and was cut back to what it can close, has lost it. */
static void place(struct fx_sim_world *world,
                  const struct fx_event_order *row,
                  const struct fx_event_result *result,
                  struct fx_sim_ledger_order *order)
{
    struct fx_sim_ledger *ledger = world->ledger;
    if (!is_resting((enum fx_order_status)row->status)) {
        order->arrival = 0;
        return;
    }
    const bool is_new = order->arrival == 0;
    const bool is_amend = result->command_kind == FX_COMMAND_AMEND_ORDER ||
                          result->command_kind == FX_COMMAND_AMEND_CONDITIONAL;
    const bool is_cut = is_amend && result->order_id == row->order_id &&
                        row->note == FX_ORDER_NOTE_REDUCE_ONLY &&
                        row->remaining_lots == order->remaining;
    const bool is_moved = row->price_ticks != order->ticks ||
                          row->remaining_lots > order->remaining || order->has_taken || is_cut;
    if (!is_new && is_moved) {
        fx_sim_world_mark(world, FX_SIM_MARK_AMEND_LOSES_PLACE);
    } else if (!is_new && row->lots != order->lots && row->note != FX_ORDER_NOTE_REDUCE_ONLY) {
        fx_sim_world_mark(world, FX_SIM_MARK_AMEND_KEEPS_PLACE);
    }
    if (is_new || is_moved) {
        ledger->arrivals++;
        order->arrival = ledger->arrivals;
    }
}

static bool is_reached(const struct fx_sim_ledger_order *order, int64_t ticks)
{
    return ticks > 0 &&
           (order->condition == FX_TRIGGER_CONDITION_GT ? ticks >= order->trigger_ticks
                                                        : ticks <= order->trigger_ticks);
}

/* What protects an order and has nothing to close looks at no price. */
static bool is_idle(const struct fx_sim_ledger_order *order)
{
    return order->is_of_order && order->lots == 0;
}

/* It begins with the first fill, and looks at the price as it is then. */
static void take_over(struct fx_sim_world *world,
                      const struct fx_event_order *row,
                      struct fx_sim_ledger_order *order)
{
    const bool begins = row->status == FX_ORDER_STATUS_UNTRIGGERED &&
                        (order->status != FX_ORDER_STATUS_UNTRIGGERED || order->lots == 0);
    if (order->trigger_ticks != row->trigger_ticks || order->source != row->source) {
        order->is_crossed = false;
    }
    order->trigger_ticks = row->trigger_ticks;
    order->source = row->source;
    order->condition = row->condition;
    order->ticks = row->price_ticks;
    order->lots = row->lots;
    order->remaining = row->remaining_lots;
    order->expire_us = row->expire_us;
    order->status = row->status;
    order->has_taken = false;
    order->is_linked = order->is_linked || row->linked_order_id != 0;
    order->is_of_order = row->parent_order_id != 0;
    if (is_idle(order)) {
        order->is_crossed = false;
    } else if (begins && order->is_of_order) {
        const int64_t *prices = world->ledger->symbols[order->instrument].prices;
        order->is_crossed = is_reached(order, prices[order->source]);
    }
}

/* A stop fires when its price was there, of the source that it names. (Trailing stops follow an
 * extreme that no row tells: the engine's own property test walks after them.) */
static void check_fired(struct fx_sim_world *world, const struct fx_sim_ledger_order *order)
{
    static const enum fx_sim_mark TYPES[] = {
        [FX_ORDER_TYPE_STOP_LIMIT] = FX_SIM_MARK_TYPE_STOP_LIMIT,
        [FX_ORDER_TYPE_STOP_MARKET] = FX_SIM_MARK_TYPE_STOP_MARKET,
        [FX_ORDER_TYPE_TAKE_PROFIT_LIMIT] = FX_SIM_MARK_TYPE_TAKE_PROFIT_LIMIT,
        [FX_ORDER_TYPE_TAKE_PROFIT_MARKET] = FX_SIM_MARK_TYPE_TAKE_PROFIT_MARKET,
        [FX_ORDER_TYPE_TRAILING_STOP] = FX_SIM_MARK_TYPE_TRAILING_STOP};
    static const enum fx_sim_mark SOURCES[] = {[FX_TRIGGER_SOURCE_LAST] = FX_SIM_MARK_TRIGGER_LAST,
                                               [FX_TRIGGER_SOURCE_MARK] = FX_SIM_MARK_TRIGGER_MARK,
                                               [FX_TRIGGER_SOURCE_INDEX] =
                                                   FX_SIM_MARK_TRIGGER_INDEX};
    FX_ASSERT(order->type >= FX_ORDER_TYPE_STOP_LIMIT && order->source > 0);
    fx_sim_world_mark(world, TYPES[order->type]);
    fx_sim_world_mark(world, SOURCES[order->source]);
    if (order->is_linked) {
        fx_sim_world_mark(world, FX_SIM_MARK_TP_SL_FIRED);
    }
    FX_SIM_REQUIRE(world,
                   order->is_crossed || order->type == FX_ORDER_TYPE_TRAILING_STOP,
                   "8 a stop fires by its own price only");
}

static void note_row(struct fx_sim_world *world, const struct fx_event_order *row, bool is_new)
{
    static const enum fx_sim_mark TIFS[] = {[FX_TIME_IN_FORCE_GTC] = FX_SIM_MARK_TIF_GTC,
                                            [FX_TIME_IN_FORCE_IOC] = FX_SIM_MARK_TIF_IOC,
                                            [FX_TIME_IN_FORCE_FOK] = FX_SIM_MARK_TIF_FOK,
                                            [FX_TIME_IN_FORCE_GTD] = FX_SIM_MARK_TIF_GTD};
    static const struct {
        enum fx_order_note note;
        enum fx_sim_mark mark;
    } NOTES[] = {{FX_ORDER_NOTE_IOC_REMAINDER, FX_SIM_MARK_IOC_REMAINDER},
                 {FX_ORDER_NOTE_EXPIRED, FX_SIM_MARK_GTD_EXPIRED},
                 {FX_ORDER_NOTE_REDUCE_ONLY, FX_SIM_MARK_REDUCE_ONLY_TRIM},
                 {FX_ORDER_NOTE_TAKER_LIMIT, FX_SIM_MARK_TAKER_LIMIT},
                 {FX_ORDER_NOTE_AMENDED_TO_FILLED, FX_SIM_MARK_AMENDED_TO_FILLED},
                 {FX_ORDER_NOTE_CANCEL_ALL_AFTER, FX_SIM_MARK_DEADMAN},
                 {FX_ORDER_NOTE_INSUFFICIENT_MARGIN, FX_SIM_MARK_FIRED_WITHOUT_MARGIN},
                 {FX_ORDER_NOTE_PRICE_PROTECT, FX_SIM_MARK_PRICE_PROTECT},
                 {FX_ORDER_NOTE_ACCOUNT_FROZEN, FX_SIM_MARK_FREEZE_ENDS_ORDERS},
                 {FX_ORDER_NOTE_INSTRUMENT, FX_SIM_MARK_SETTLEMENT_ENDS_ORDERS},
                 {FX_ORDER_NOTE_CLOSE_INSURANCE, FX_SIM_MARK_INSURANCE_CLOSES}};
    if (is_new && !fx_order_type_is_conditional((enum fx_order_type)row->type)) {
        fx_sim_world_mark(world, TIFS[row->time_in_force]);
        fx_sim_world_mark(world,
                          row->type == FX_ORDER_TYPE_MARKET ? FX_SIM_MARK_TYPE_MARKET
                                                            : FX_SIM_MARK_TYPE_LIMIT);
    }
    if (is_new && row->post_only_mode == FX_POST_ONLY_MODE_SLIDE) {
        fx_sim_world_mark(world, FX_SIM_MARK_POST_ONLY_SLIDE);
    }
    for (size_t index = 0; index < sizeof NOTES / sizeof NOTES[0]; index++) {
        if (row->note == NOTES[index].note) {
            fx_sim_world_mark(world, NOTES[index].mark);
        }
    }
    if (row->status == FX_ORDER_STATUS_PARTIALLY_FILLED) {
        fx_sim_world_mark(world, FX_SIM_MARK_PARTIAL_FILL);
    }
    if (row->parent_order_id != 0 && row->status == FX_ORDER_STATUS_UNTRIGGERED && row->lots > 0) {
        fx_sim_world_mark(world, FX_SIM_MARK_BRACKET);
    }
}

/* The taker's mode decides who gives way; who rested is the maker. */
static void note_self_trade(struct fx_sim_world *world,
                            const struct fx_event_order *row,
                            bool is_maker)
{
    if (row->note != FX_ORDER_NOTE_SELF_TRADE) {
        return;
    }
    if (is_maker) {
        fx_sim_world_mark(world, FX_SIM_MARK_STP_EXPIRE_MAKER);
    } else {
        fx_sim_world_mark(world,
                          row->stp_mode == FX_STP_MODE_EXPIRE_BOTH ? FX_SIM_MARK_STP_EXPIRE_BOTH
                                                                   : FX_SIM_MARK_STP_EXPIRE_TAKER);
    }
}

/* It has closed something, or stands in the book: its counterpart ends with this command. */
static void note_fired(struct fx_sim_ledger *ledger,
                       const struct fx_event_order *row,
                       const struct fx_sim_ledger_order *order)
{
    if (order->status == FX_ORDER_STATUS_UNTRIGGERED && row->linked_order_id != 0 &&
        (is_resting((enum fx_order_status)row->status) || order->filled > 0)) {
        FX_ASSERT(ledger->fired_count < FX_SIM_LEDGER_FIRED_MAX);
        ledger->fired[ledger->fired_count] = row->linked_order_id;
        ledger->fired_count++;
    }
}

static void check_fired_pairs(struct fx_sim_world *world)
{
    struct fx_sim_ledger *ledger = world->ledger;
    for (uint32_t index = 0; index < ledger->fired_count; index++) {
        FX_SIM_REQUIRE(world,
                       fx_sim_ledger_order_find(ledger, ledger->fired[index]) == NULL,
                       "8 take profit and stop loss end each other");
        fx_sim_world_mark(world, FX_SIM_MARK_ONE_CANCELS_OTHER);
    }
    ledger->fired_count = 0;
}

void fx_sim_ledger_order_row(struct fx_sim_world *world,
                             const struct fx_event *event,
                             const struct fx_event_result *result)
{
    struct fx_sim_ledger *ledger = world->ledger;
    const struct fx_event_order *row = &event->u.order;
    const enum fx_order_status status = (enum fx_order_status)row->status;
    uint8_t *state = state_of(ledger, row->order_id);
    FX_SIM_REQUIRE(world, row->status < STATUS_MAX && EDGES[*state][status], "I-20 allowed edge");
    struct fx_sim_ledger_order *order = fx_sim_ledger_order_find(ledger, row->order_id);
    FX_SIM_REQUIRE(world, (order == NULL) == (*state == 0), "I-20 a final state is final");
    if (world->result->is_violated) {
        return;
    }
    const bool is_new = order == NULL;
    if (is_new) {
        order = add_order(world, event);
    }
    if (!is_new && order->status == FX_ORDER_STATUS_UNTRIGGERED &&
        (is_resting(status) || status == FX_ORDER_STATUS_FILLED ||
         status == FX_ORDER_STATUS_REJECTED)) {
        check_fired(world, order);
    }
    note_fired(ledger, row, order);
    *state = row->status;
    note_row(world, row, is_new);
    note_self_trade(world, row, order->arrival != 0);
    if (row->note == FX_ORDER_NOTE_EXPIRED && result->command_kind != FX_COMMAND_TICK) {
        fx_sim_world_mark(world, FX_SIM_MARK_EXPIRED_BY_TAKER);
    }
    check_row(world, row, order);
    place(world, row, result, order);
    take_over(world, row, order);
    if (!is_open(status)) {
        note_end(world, event);
        ledger->order_count--;
        *order = ledger->orders[ledger->order_count];
    }
}

/* ---- trades -----------------------------------------------------------------------------------
 */

/* The next row of an order in the command: its terms while it takes. */
// NOLINTBEGIN(bugprone-easily-swappable-parameters): how many, where to begin, which order
static const struct fx_event_order *next_row(const struct fx_event events[],
                                             uint32_t count,
                                             uint32_t index,
                                             uint64_t id)
{
    for (uint32_t next = index + 1; next < count; next++) {
        if (events[next].kind == FX_EVENT_ORDER && events[next].u.order.order_id == id) {
            return &events[next].u.order;
        }
    }
    return NULL;
}
// NOLINTEND(bugprone-easily-swappable-parameters)

static bool is_better(enum fx_side side, int64_t ticks, int64_t other)
{
    return side == FX_SIDE_BUY ? ticks > other : ticks < other;
}

/* I-15: nobody on the maker's side has a better price, or the same and came earlier. */
static void check_priority(struct fx_sim_world *world, const struct fx_sim_ledger_order *maker)
{
    const struct fx_sim_ledger *ledger = world->ledger;
    const enum fx_side side = (enum fx_side)maker->side;
    for (uint32_t index = 0; index < ledger->order_count; index++) {
        const struct fx_sim_ledger_order *other = &ledger->orders[index];
        if (other->arrival == 0 || other->side != maker->side ||
            other->instrument != maker->instrument || other == maker) {
            continue;
        }
        FX_SIM_REQUIRE(
            world, !is_better(side, other->ticks, maker->ticks), "I-15 the best price first");
        FX_SIM_REQUIRE(world,
                       other->ticks != maker->ticks || other->arrival > maker->arrival,
                       "I-15 of equal prices the older order first");
    }
}

static void check_maker(struct fx_sim_world *world,
                        const struct fx_event *event,
                        const struct fx_sim_ledger_order *maker)
{
    const struct fx_event_trade *trade = &event->u.trade;
    const enum fx_side side = trade->buyer_is_taker != 0 ? FX_SIDE_SELL : FX_SIDE_BUY;
    FX_SIM_REQUIRE(world, maker->arrival != 0, "I-11 the maker rests");
    FX_SIM_REQUIRE(world, maker->side == side, "I-11 opposite sides");
    FX_SIM_REQUIRE(world, maker->instrument == trade->instrument, "I-11 one symbol");
    FX_SIM_REQUIRE(world, maker->ticks == trade->price_ticks, "I-11 the maker's price");
    FX_SIM_REQUIRE(world,
                   trade->lots > 0 && trade->lots <= maker->remaining,
                   "I-11 no more than the maker has");
    FX_SIM_REQUIRE(world,
                   maker->expire_us == 0 || maker->expire_us > event->time_us,
                   "3 an order past its date never trades");
    check_priority(world, maker);
}

static void check_taker(struct fx_sim_world *world,
                        const struct fx_event_trade *trade,
                        const struct fx_event_order *taker)
{
    const enum fx_side side = trade->buyer_is_taker != 0 ? FX_SIDE_BUY : FX_SIDE_SELL;
    const bool is_own = trade->buy_account_id == trade->sell_account_id;
    FX_SIM_REQUIRE(world, taker->side == (uint8_t)side, "I-11 opposite sides");
    FX_SIM_REQUIRE(world, taker->instrument == trade->instrument, "I-11 one symbol");
    FX_SIM_REQUIRE(world,
                   taker->price_ticks == 0 ||
                       !is_better(side, trade->price_ticks, taker->price_ticks),
                   "I-11 within the taker's limit");
    FX_SIM_REQUIRE(
        world, taker->post_only_mode == FX_POST_ONLY_MODE_OFF, "I-16 post-only never takes");
    FX_SIM_REQUIRE(world, !is_own || taker->stp_mode == FX_STP_MODE_NONE, "I-22 self-trade");
    if (is_own) {
        fx_sim_world_mark(world, FX_SIM_MARK_STP_NONE);
    }
}

/* What an order has filled; one that is not known yet is remembered until its first row. */
static void add_fill(struct fx_sim_world *world,
                     uint64_t id,
                     const struct fx_event_trade *trade,
                     bool is_taker)
{
    struct fx_sim_ledger *ledger = world->ledger;
    struct fx_sim_ledger_order *order = fx_sim_ledger_order_find(ledger, id);
    if (order != NULL) {
        order->filled += trade->lots;
        order->filled_value += trade->value;
        if (is_taker) {
            order->has_taken = true;
        } else {
            order->remaining -= trade->lots;
        }
        return;
    }
    struct fx_sim_ledger_taker *taker = find_taker(ledger, id);
    if (taker == NULL) {
        FX_ASSERT(ledger->taker_count < FX_SIM_LEDGER_TAKERS_MAX);
        taker = &ledger->takers[ledger->taker_count];
        ledger->taker_count++;
        *taker = (struct fx_sim_ledger_taker){.id = id};
    }
    taker->lots += trade->lots;
    taker->value += trade->value;
}

void fx_sim_ledger_order_trade(struct fx_sim_world *world,
                               const struct fx_event events[],
                               uint32_t count,
                               uint32_t index)
{
    struct fx_sim_ledger *ledger = world->ledger;
    const struct fx_event *event = &events[index];
    const struct fx_event_trade *trade = &event->u.trade;
    const bool is_buyer = trade->buyer_is_taker != 0;
    const uint64_t maker_id = is_buyer ? trade->sell_order_id : trade->buy_order_id;
    const uint64_t taker_id = is_buyer ? trade->buy_order_id : trade->sell_order_id;
    const struct fx_sim_ledger_order *maker = fx_sim_ledger_order_find(ledger, maker_id);
    const struct fx_event_order *taker = next_row(events, count, index, taker_id);
    FX_SIM_REQUIRE(world, maker != NULL, "I-11 the maker is an open order");
    FX_SIM_REQUIRE(world, taker != NULL, "I-11 the taker's row follows");
    FX_SIM_REQUIRE(world, trade->trade_id == ledger->last_trade_id + 1, "I-35 trade ids are dense");
    ledger->last_trade_id = trade->trade_id;
    if (world->result->is_violated || maker == NULL || taker == NULL) {
        return;
    }
    check_maker(world, event, maker);
    check_taker(world, trade, taker);
    fx_sim_world_mark(world, FX_SIM_MARK_FILL_MAKER);
    add_fill(world, maker_id, trade, false);
    add_fill(world, taker_id, trade, true);
}

void fx_sim_ledger_order_see(struct fx_sim_world *world,
                             uint32_t instrument,
                             enum fx_trigger_source source,
                             int64_t ticks)
{
    struct fx_sim_ledger *ledger = world->ledger;
    ledger->symbols[instrument].prices[source] = ticks;
    for (uint32_t index = 0; index < ledger->order_count; index++) {
        struct fx_sim_ledger_order *order = &ledger->orders[index];
        if (order->status == FX_ORDER_STATUS_UNTRIGGERED && order->instrument == instrument &&
            order->type != FX_ORDER_TYPE_TRAILING_STOP && order->source == source &&
            !is_idle(order)) {
            order->is_crossed = order->is_crossed || is_reached(order, ticks);
        }
    }
}

/* ---- after a command --------------------------------------------------------------------------
 */

/* What was due has happened: dates, and stops whose price was there. Trailing stops and those of
 * brackets follow what no row tells. */
void fx_sim_ledger_order_rest(struct fx_sim_world *world)
{
    const struct fx_sim_ledger *ledger = world->ledger;
    const int64_t wall_us = fx_sim_world_wall_us(world);
    for (uint32_t index = 0; index < ledger->order_count; index++) {
        const struct fx_sim_ledger_order *order = &ledger->orders[index];
        const struct fx_instrument *definition = &ledger->symbols[order->instrument].definition;
        FX_SIM_REQUIRE(world,
                       order->expire_us == 0 ||
                           order->expire_us + DUE_US * world->plan.clock_speed > wall_us,
                       "3 an order ends by its date");
        FX_SIM_REQUIRE(world,
                       !order->is_crossed || order->status != FX_ORDER_STATUS_UNTRIGGERED ||
                           definition->state != FX_INSTRUMENT_STATE_TRADING,
                       "8 a stop fires when its price was there");
    }
}

static void check_level(struct fx_sim_world *world, const struct fx_event_book *level)
{
    const struct fx_sim_ledger *ledger = world->ledger;
    int64_t lots = 0;
    uint32_t count = 0;
    for (uint32_t index = 0; index < ledger->order_count; index++) {
        const struct fx_sim_ledger_order *order = &ledger->orders[index];
        if (order->arrival != 0 && order->instrument == level->instrument &&
            order->side == level->side && order->ticks == level->price_ticks) {
            lots += order->remaining;
            count++;
        }
    }
    FX_SIM_REQUIRE(
        world, lots == level->lots && count == level->count, "I-38 a level = sum of its orders");
}

/* I-14. */
static void check_spread(struct fx_sim_world *world, uint32_t instrument)
{
    const struct fx_sim_ledger *ledger = world->ledger;
    int64_t bid = 0, ask = INT64_MAX;
    for (uint32_t index = 0; index < ledger->order_count; index++) {
        const struct fx_sim_ledger_order *order = &ledger->orders[index];
        if (order->arrival == 0 || order->instrument != instrument) {
            continue;
        }
        if (order->side == FX_SIDE_BUY) {
            bid = order->ticks > bid ? order->ticks : bid;
        } else {
            ask = order->ticks < ask ? order->ticks : ask;
        }
    }
    FX_SIM_REQUIRE(world, bid < ask, "I-14 best bid < best ask");
}

/* I-18: what rests reduce-only with this order, on its side of its position, can at most close it.
 */
static void check_reducing(struct fx_sim_world *world, const struct fx_sim_ledger_order *order)
{
    const struct fx_sim_ledger *ledger = world->ledger;
    int64_t sum = 0;
    for (uint32_t index = 0; index < ledger->order_count; index++) {
        const struct fx_sim_ledger_order *other = &ledger->orders[index];
        if (other->arrival != 0 && other->is_reduce_only && other->side == order->side &&
            other->account_id == order->account_id && other->instrument == order->instrument &&
            other->position_side == order->position_side) {
            sum += other->remaining;
        }
    }
    const int64_t held =
        ledger->positions[order->account_id - 1][order->instrument][order->position_side].lots;
    const int64_t closable = order->side == FX_SIDE_BUY ? -held : held;
    FX_SIM_REQUIRE(world, sum <= closable, "I-18 reduce-only reduces");
}

void fx_sim_ledger_order_check(struct fx_sim_world *world,
                               const struct fx_event events[],
                               uint32_t count)
{
    struct fx_sim_ledger *ledger = world->ledger;
    bool is_changed[FX_SIM_PLAN_CONTRACTS_MAX] = {false};
    ledger->taker_count = 0;
    check_fired_pairs(world);
    for (uint32_t index = 0; index < count; index++) {
        if (events[index].kind == FX_EVENT_BOOK) {
            check_level(world, &events[index].u.book);
            is_changed[events[index].u.book.instrument] = true;
        }
    }
    for (uint32_t id = 0; id < FX_SIM_PLAN_CONTRACTS_MAX; id++) {
        if (is_changed[id]) {
            check_spread(world, id);
        }
    }
    for (uint32_t index = 0; index < ledger->order_count; index++) {
        ledger->orders[index].has_taken = false;
        if (ledger->orders[index].arrival != 0 && ledger->orders[index].is_reduce_only) {
            check_reducing(world, &ledger->orders[index]);
        }
    }
}
