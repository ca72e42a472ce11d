#include "app/app_replay_engine.h"

#include <stdlib.h>
#include <string.h>

#include "app/app_listing.h"
#include "base/panic.h"
#include "base/table.h"
#include "engine/engine.h"

enum {
    ACCOUNTS_PER_SIDE = 16, /* so many that no account reaches its largest number of orders */
    USER_FIRST = 1,
    LISTING_ESH4 = FX_APP_LISTING_COUNT - 1,
    PROGRESS_ROWS = 1024,
    DEPOSIT_WHOLE = 1000000000 /* billions of the settle asset */
};

struct runner {
    const struct fx_app_replay_file *file;
    struct fx_app_replay_result result;
    struct fx_engine *engine;
    struct fx_events events;
    struct fx_table orders; /* the recording's order id to the row that made it last */
    uint32_t *rows;         /* by the engine's order id */
    uint32_t *ids;          /* the reverse */
    int64_t *filled_lots;   /* by the row that made the order */
    uint32_t order_count;   /* the engine's ids given so far */
};

static struct fx_engine_limits limits_of(const struct fx_app_replay_file *file)
{
    return (struct fx_engine_limits){.accounts_max = 2 * ACCOUNTS_PER_SIDE,
                                     .positions_max = 2 * ACCOUNTS_PER_SIDE,
                                     .orders_max = file->count + 1,
                                     .instruments_max = 1,
                                     .assets_max = 1,
                                     .client_ids_max = 1,
                                     .book_window_levels = 16384,
                                     .book_overflow_levels_max = 16384,
                                     .account_orders_max = 16384,
                                     .fills_max = 16384,
                                     .cancels_max = 1024,
                                     .reduce_orders_max = 1};
}

static bool allocate(struct runner *runner)
{
    const struct fx_engine_limits limits = limits_of(runner->file);
    const size_t size = fx_engine_size(&limits);
    const size_t count = (size_t)runner->file->count + 1;
    void *memory = aligned_alloc(64, size);
    runner->events.capacity = fx_engine_events_max(&limits);
    runner->events.items = calloc(runner->events.capacity, sizeof(struct fx_event));
    runner->rows = calloc(count, sizeof *runner->rows);
    runner->ids = calloc(count, sizeof *runner->ids);
    runner->filled_lots = calloc(count, sizeof *runner->filled_lots);
    runner->result.steps = calloc(count, sizeof *runner->result.steps);
    fx_table_init(&runner->orders, runner->file->count);
    if (memory == NULL || runner->events.items == NULL || runner->rows == NULL ||
        runner->ids == NULL || runner->filled_lots == NULL || runner->result.steps == NULL) {
        free(memory);
        return false;
    }
    memset(memory, 0, size);
    runner->engine = fx_engine_init(memory, &limits);
    return true;
}

static void release(struct runner *runner)
{
    fx_table_deinit(&runner->orders);
    free(runner->filled_lots);
    free(runner->rows);
    free(runner->ids);
    free(runner->events.items);
    free(runner->engine);
}

/* ---- setting up -------------------------------------------------------------------------------
 */

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): kind, instrument, user
static struct fx_command blank(enum fx_command_kind kind, uint64_t user_id)
{
    struct fx_command command;
    memset(&command, 0, sizeof command);
    command.kind = (uint16_t)kind;
    command.user_id = user_id;
    return command;
}

static const struct fx_event_result *apply(struct runner *runner,
                                           struct fx_command *command,
                                           int64_t time_us)
{
    command->sequence = fx_engine_sequence(runner->engine) + 1;
    command->time_us = time_us;
    fx_engine_apply(runner->engine, command, &runner->events);
    FX_ASSERT(runner->events.count > 0);
    const struct fx_event *last = &runner->events.items[runner->events.count - 1];
    FX_ASSERT(last->kind == FX_EVENT_RESULT);
    return &last->u.result;
}

/* Part of our own making: the engine cannot refuse it. */
static void set_up(struct runner *runner, struct fx_command *command)
{
    const fx_status status = apply(runner, command, 0)->reject.status;
    FX_ASSERT(status == FX_OK);
}

static int64_t first_price(const struct fx_app_replay_file *file)
{
    for (uint32_t index = 0; index < file->count; index++) {
        if (file->rows[index].price_ticks > 0) {
            return file->rows[index].price_ticks;
        }
    }
    return 1;
}

static void list(struct runner *runner)
{
    struct fx_app_listing listing;
    fx_app_listing_make(LISTING_ESH4, &listing);
    listing.instrument.max_ticks = FX_APP_REPLAY_FILE_TICKS_MAX;
    listing.instrument.max_lots = FX_APP_REPLAY_FILE_LOTS_MAX;
    listing.instrument.max_market_lots = FX_APP_REPLAY_FILE_LOTS_MAX;
    listing.instrument.orders_max = FX_APP_REPLAY_FILE_ROWS_MAX;
    FX_ASSERT(listing.instrument.band_up_ppb == 0 && listing.instrument.taker_fee_ppb == 0);
    struct fx_command command = blank(FX_COMMAND_UPDATE_INSTRUMENT, 0);
    command.instrument = FX_COMMAND_ALL_INSTRUMENTS;
    command.u.instrument = listing.instrument;
    set_up(runner, &command);
    command = blank(FX_COMMAND_LOAD_LEVERAGE_MARGIN, 0);
    command.u.tiers.count = listing.tier_count;
    memcpy(command.u.tiers.tiers, listing.tiers, sizeof listing.tiers);
    set_up(runner, &command);
    command = blank(FX_COMMAND_MARK_PRICE, 0);
    command.u.mark.mark_ticks = first_price(runner->file);
    command.u.mark.index_ticks = command.u.mark.mark_ticks;
    set_up(runner, &command);
    command = blank(FX_COMMAND_SET_STATE, 0);
    command.u.set_state.state = FX_INSTRUMENT_STATE_TRADING;
    set_up(runner, &command);
    for (uint64_t user = 0; user < 2ULL * ACCOUNTS_PER_SIDE; user++) {
        command = blank(FX_COMMAND_CREATE_ACCOUNT, USER_FIRST + user);
        command.instrument = FX_COMMAND_ALL_INSTRUMENTS;
        command.u.account.asset = listing.instrument.settle;
        set_up(runner, &command);
        command.kind = FX_COMMAND_DEPOSIT;
        memset(&command.u, 0, sizeof command.u);
        command.u.transfer.asset = listing.instrument.settle;
        command.u.transfer.type = FX_TRANSACTION_DEPOSIT;
        command.u.transfer.amount = fx_dec_one() * DEPOSIT_WHOLE * 10000000;
        set_up(runner, &command);
    }
}

/* ---- one row ----------------------------------------------------------------------------------
 */

static bool append_fill(struct fx_app_replay_result *result, const struct fx_app_replay_fill *fill)
{
    if (result->fill_count == result->fill_capacity) {
        const uint32_t capacity = result->fill_capacity == 0 ? 4096 : 2 * result->fill_capacity;
        struct fx_app_replay_fill *fills = calloc(capacity, sizeof *fills);
        if (fills == NULL) {
            return false;
        }
        if (result->fill_count > 0) {
            memcpy(fills, result->fills, result->fill_count * sizeof *fills);
        }
        free(result->fills);
        result->fills = fills;
        result->fill_capacity = capacity;
    }
    result->fills[result->fill_count++] = *fill;
    return true;
}

/* Take the fills out of the events of one row. */
static bool collect(struct runner *runner, uint64_t sequence)
{
    for (uint32_t index = 0; index < runner->events.count; index++) {
        const struct fx_event *event = &runner->events.items[index];
        if (event->kind != FX_EVENT_TRADE) {
            continue;
        }
        const struct fx_event_trade *trade = &event->u.trade;
        const uint64_t maker =
            trade->buyer_is_taker != 0 ? trade->sell_order_id : trade->buy_order_id;
        const uint64_t taker =
            trade->buyer_is_taker != 0 ? trade->buy_order_id : trade->sell_order_id;
        FX_ASSERT(maker <= runner->order_count && taker <= runner->order_count);
        const uint32_t maker_row = runner->rows[maker];
        runner->filled_lots[maker_row] += trade->lots;
        runner->filled_lots[runner->rows[taker]] += trade->lots;
        runner->result.lots += trade->lots;
        const struct fx_app_replay_fill fill = {.sequence = sequence,
                                                .maker_order_id =
                                                    runner->file->rows[maker_row].order_id,
                                                .price_ticks = trade->price_ticks,
                                                .lots = trade->lots};
        if (!append_fill(&runner->result, &fill)) {
            return false;
        }
    }
    return true;
}

static uint64_t user_of(const struct fx_app_replay_file *file, uint32_t order)
{
    const uint64_t group = file->rows[order].side == FX_SIDE_BUY ? 0 : ACCOUNTS_PER_SIDE;
    return USER_FIRST + group + order % ACCOUNTS_PER_SIDE;
}

static struct fx_command place_of(const struct runner *runner, uint32_t index)
{
    const struct fx_app_replay_file_row *row = &runner->file->rows[index];
    struct fx_command command = blank(FX_COMMAND_PLACE_ORDER, user_of(runner->file, index));
    command.u.place.price_ticks = row->price_ticks;
    command.u.place.lots = row->lots;
    command.u.place.side = (uint8_t)row->side;
    command.u.place.type = FX_ORDER_TYPE_LIMIT;
    command.u.place.time_in_force =
        row->op == FX_APP_REPLAY_FILE_TAKE ? FX_TIME_IN_FORCE_IOC : FX_TIME_IN_FORCE_GTC;
    return command;
}

static const char *run_place(struct runner *runner, uint32_t index)
{
    const struct fx_app_replay_file_row *row = &runner->file->rows[index];
    struct fx_command command = place_of(runner, index);
    runner->result.steps[index].order = index;
    /* The order's id is known before the answer: its own fills need it. */
    runner->order_count++;
    runner->rows[runner->order_count] = index;
    runner->ids[index] = runner->order_count;
    const struct fx_event_result *result = apply(runner, &command, row->ts_ns / 1000);
    if (result->reject.status != FX_OK) {
        return fx_status_text(result->reject.status);
    }
    FX_ASSERT(result->order_id == runner->order_count);
    if (row->op == FX_APP_REPLAY_FILE_ADD &&
        !fx_table_put(&runner->orders, row->order_id, (union fx_table_value){.number = index})) {
        return fx_status_text(FX_NO_MEMORY);
    }
    return NULL;
}

static const char *run_change(struct runner *runner, uint32_t index)
{
    const struct fx_app_replay_file_row *row = &runner->file->rows[index];
    struct fx_app_replay_step *step = &runner->result.steps[index];
    const union fx_table_value *found = fx_table_find(&runner->orders, row->order_id);
    if (found == NULL) {
        step->order = FX_APP_REPLAY_ENGINE_NO_ORDER;
        runner->result.unknown++;
        runner->events.count = 0;
        return NULL;
    }
    step->order = (uint32_t)found->number;
    const bool is_amend = row->op == FX_APP_REPLAY_FILE_AMEND;
    if (is_amend && row->side != runner->file->rows[step->order].side) {
        return "the amend names another side than the order has";
    }
    struct fx_command command = blank(is_amend ? FX_COMMAND_AMEND_ORDER : FX_COMMAND_CANCEL_ORDER,
                                      user_of(runner->file, step->order));
    const uint64_t id = runner->ids[step->order];
    if (is_amend) {
        step->total_lots = row->lots + runner->filled_lots[step->order];
        command.u.amend.order_id = id;
        command.u.amend.price_ticks = row->price_ticks;
        command.u.amend.lots = step->total_lots;
    } else {
        command.u.cancel.order_id = id;
    }
    step->expected = apply(runner, &command, row->ts_ns / 1000)->reject.status;
    if (step->expected == FX_ORDER_NOT_FOUND) {
        runner->result.ended++;
        return NULL;
    }
    return step->expected == FX_OK ? NULL : fx_status_text(step->expected);
}

static const char *run_row(struct runner *runner, uint32_t index)
{
    const struct fx_app_replay_file_row *row = &runner->file->rows[index];
    const bool is_place = row->op == FX_APP_REPLAY_FILE_ADD || row->op == FX_APP_REPLAY_FILE_TAKE;
    const char *problem = is_place ? run_place(runner, index) : run_change(runner, index);
    if (problem == NULL && !collect(runner, row->sequence)) {
        problem = fx_status_text(FX_NO_MEMORY);
    }
    return problem;
}

fx_status fx_app_replay_engine_run(const struct fx_app_replay_file *file,
                                   fx_app_replay_progress_fn progress,
                                   void *self,
                                   struct fx_app_replay_result *result_out,
                                   struct fx_app_replay_file_error *error_out)
{
    struct runner runner = {.file = file};
    if (!allocate(&runner)) {
        fx_app_replay_engine_deinit(&runner.result);
        release(&runner);
        return FX_NO_MEMORY;
    }
    list(&runner);
    const char *problem = NULL;
    for (uint32_t index = 0; index < file->count && problem == NULL; index++) {
        problem = run_row(&runner, index);
        if (problem != NULL) {
            *error_out = (struct fx_app_replay_file_error){fx_app_replay_file_line(index), problem};
        } else if (progress != NULL && (index + 1) % PROGRESS_ROWS == 0) {
            progress(self, index + 1, file->count);
        }
    }
    if (problem == NULL) {
        fx_engine_check(runner.engine);
        runner.result.hash = fx_engine_hash(runner.engine);
        *result_out = runner.result;
    } else {
        fx_app_replay_engine_deinit(&runner.result);
    }
    release(&runner);
    return problem == NULL ? FX_OK : FX_BAD_FILE;
}

void fx_app_replay_engine_deinit(struct fx_app_replay_result *result)
{
    free(result->steps);
    free(result->fills);
    memset(result, 0, sizeof *result);
}

void fx_app_replay_engine_format(const struct fx_app_replay_fill fills[],
                                 uint32_t count,
                                 struct fx_buf *text)
{
    fx_buf_append(text, FX_STR("seq,maker_order_id,price_ticks,lots\n"));
    for (uint32_t index = 0; index < count; index++) {
        fx_buf_append_u64(text, fills[index].sequence);
        fx_buf_append_byte(text, ',');
        fx_buf_append_u64(text, fills[index].maker_order_id);
        fx_buf_append_byte(text, ',');
        fx_buf_append_i64(text, fills[index].price_ticks);
        fx_buf_append_byte(text, ',');
        fx_buf_append_i64(text, fills[index].lots);
        fx_buf_append_byte(text, '\n');
    }
}
