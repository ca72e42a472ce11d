/* Rows into records, in the seed's order: ids, instruments with their tiers, accounts, positions,
 * orders, start. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "store/store_account.h"
#include "store/store_fee.h"
#include "store/store_instrument.h"
#include "store/store_order.h"
#include "store/store_position.h"
#include "store/store_user.h"
#include "worker/worker_load_int.h"
#include "worker/worker_load_rows.h"

enum { SPECIALS_MAX = 1 << 22, PROTECTING_MAX = 1 << 24, PAGE = FX_STORE_LIMIT_MAX };

/* A user who is not like most: his flags, his fees. */
struct special {
    struct fx_store_fee fee;
    uint32_t flags;
};

/* An order that a position names as its take profit or its stop loss, and whose that has to be. */
struct protecting {
    uint64_t order_id;
    uint64_t position_id;
    uint64_t user_id;
    struct fx_symbol symbol;
    enum fx_position_side position_side;
    enum fx_side side; /* what closes the position; 0: it is flat, so nothing does */
    bool is_found;     /* among the open orders */
};

/* Everything of the reading that is not the loader's. */
struct reading {
    struct fx_worker_load *load;
    struct fx_instrument *instruments; /* FX_INSTRUMENTS_MAX, in the order of their rows */
    uint32_t *owners;                  /* the shard of each */
    fx_i128 *sums;                     /* of the positions on each of this shard */
    uint32_t instrument_count;
    uint32_t own_count;       /* of them, this shard's */
    struct special *specials; /* by user id, rising */
    uint32_t special_count;
    struct protecting *protecting; /* sorted before the orders are read */
    uint32_t protecting_count;
    void *page; /* PAGE rows of any table */
};

static fx_status db_failed(const struct reading *reading, fx_status status)
{
    const char *words = fx_store_error_text(reading->load->options.store);
    return fx_worker_load_fail(reading->load,
                               status,
                               "the database: %s",
                               words[0] != '\0' ? words : "tables that do not fit each other");
}

/* Room for one more item, in steps of doubling. */
static bool grow(void **items, uint32_t count, size_t size, uint32_t most)
{
    if (count != 0 && (count & (count - 1)) != 0) {
        return true;
    }
    const uint32_t capacity = count == 0 ? 1 : 2 * count;
    void *larger = count >= most ? NULL : realloc(*items, capacity * size);
    if (larger == NULL) {
        return false;
    }
    *items = larger;
    return true;
}

/* ---- users --------------------------------------------------------------------------------------
 */

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): the type that qsort asks for
static int by_user(const void *left, const void *right)
{
    const uint64_t one = ((const struct special *)left)->fee.user_id;
    const uint64_t other = ((const struct special *)right)->fee.user_id;
    return (one > other) - (one < other);
}

static const struct special *find_special(const struct reading *reading, uint64_t user_id)
{
    const struct special key = {.fee = {.user_id = user_id}};
    return reading->special_count == 0
               ? NULL
               : bsearch(&key, reading->specials, reading->special_count, sizeof key, by_user);
}

static fx_status add_special(struct reading *reading, const struct special *special)
{
    if (!grow((void **)&reading->specials,
              reading->special_count,
              sizeof reading->specials[0],
              SPECIALS_MAX)) {
        return fx_worker_load_fail(reading->load, FX_NO_MEMORY, "no memory for users");
    }
    reading->specials[reading->special_count++] = *special;
    return FX_OK;
}

/* Who may not trade, pays no fees, is a bot … */
static fx_status read_users(struct reading *reading)
{
    struct fx_rows_user *page = reading->page;
    uint32_t count = PAGE;
    FX_ASSERT(page != NULL);
    for (uint64_t after = 0; count == PAGE;) {
        fx_status status =
            fx_store_user_list_after(reading->load->options.store, after, page, &count);
        if (status != FX_OK) {
            return db_failed(reading, status);
        }
        for (uint32_t index = 0; index < count && status == FX_OK; index++) {
            const struct special special = {.fee = {.user_id = page[index].id},
                                            .flags = fx_worker_load_rows_flags(&page[index])};
            status = special.flags == 0 ? FX_OK : add_special(reading, &special);
        }
        if (status != FX_OK) {
            return status;
        }
        after = count > 0 ? page[count - 1].id : after;
    }
    return FX_OK;
}

/* … and who has rates of his own. */
static fx_status read_fees(struct reading *reading)
{
    struct fx_store_fee *page = reading->page;
    const uint32_t known = reading->special_count; /* sorted: by_user() finds them */
    uint32_t count = PAGE;
    for (uint64_t after = 0; count == PAGE;) {
        fx_status status =
            fx_store_fee_list_after(reading->load->options.store, after, page, &count);
        if (status != FX_OK) {
            return db_failed(reading, status);
        }
        for (uint32_t index = 0; index < count && status == FX_OK; index++) {
            const struct special special = {.fee = page[index]};
            struct special *at =
                known == 0 ? NULL
                           : bsearch(&special, reading->specials, known, sizeof special, by_user);
            if (at != NULL) {
                at->fee = page[index];
            } else {
                status = add_special(reading, &special);
            }
        }
        if (status != FX_OK) {
            return status;
        }
        after = count > 0 ? page[count - 1].user_id : after;
    }
    if (reading->special_count > 0) {
        qsort(reading->specials, reading->special_count, sizeof reading->specials[0], by_user);
    }
    return FX_OK;
}

/* ---- shards -------------------------------------------------------------------------------------
 */

/* Whose collateral it is; UINT32_MAX: nobody's. */
static uint32_t shard_of(const struct reading *reading, const struct fx_asset *asset)
{
    const struct fx_worker_load_options *options = &reading->load->options;
    if (options->maps == NULL) {
        return options->shard;
    }
    for (uint32_t shard = 0; shard < options->shards; shard++) {
        if (fx_shard_has(&options->maps[shard], asset)) {
            return shard;
        }
    }
    return UINT32_MAX;
}

/* `what` is its table in the singular, `id` its number there. */
static fx_status nobodys(struct reading *reading,
                         const char *what,
                         uint64_t id,
                         const struct fx_asset *asset)
{
    return fx_worker_load_fail(reading->load,
                               FX_WRONG_SHARD,
                               "WRONG_SHARD: %s %" PRIu64
                               " is in %s, which FUTURE_SHARD_ASSETS gives to no shard",
                               what,
                               id,
                               asset->text);
}

/* An id says who gave it: another shard would look for such a row in vain, or give it twice. */
static fx_status judge_id(struct reading *reading, const char *what, uint64_t id)
{
    const struct fx_shard_map *map = fx_worker_load_map(reading->load);
    return map == NULL || fx_shard_of_id(id) == map->shard
               ? FX_OK
               : fx_worker_load_fail(reading->load,
                                     FX_WRONG_SHARD,
                                     "WRONG_SHARD: %s %" PRIu64 " has an id of shard %" PRIu32
                                     ", and its collateral is of shard %" PRIu32,
                                     what,
                                     id,
                                     fx_shard_of_id(id),
                                     map->shard);
}

/* ---- instruments --------------------------------------------------------------------------------
 */

static fx_status emit_plain(struct reading *reading, struct fx_command *command)
{
    return fx_worker_load_emit(reading->load, command);
}

/* What a symbol did last. */
static fx_status emit_last(struct reading *reading, const struct fx_instrument *instrument)
{
    struct fx_store_preload_symbol last = {0};
    fx_status status = fx_store_preload_symbol(
        reading->load->options.store, fx_ids_symbol_str(&instrument->symbol), &last);
    if (status != FX_OK) {
        return db_failed(reading, status);
    }
    struct fx_command command =
        fx_command_blank(FX_COMMAND_UPDATE_INSTRUMENT_EXTRA, instrument->instrument_id, 0);
    if (last.last_price > 0 && last.last_price % instrument->tick_size == 0) {
        command.u.load_extra.last_ticks = (int64_t)(last.last_price / instrument->tick_size);
        status = emit_plain(reading, &command);
    }
    if (status == FX_OK && last.paid_us > 0 && last.paid_us <= reading->load->options.now_us) {
        command = fx_command_blank(FX_COMMAND_LOAD_FUNDING_HISTORY, instrument->instrument_id, 0);
        command.u.load_funding.instant_us = last.paid_us;
        command.u.load_funding.rate_ppb = last.rate_ppb;
        status = emit_plain(reading, &command);
    }
    return status;
}

static fx_status emit_instrument(struct reading *reading, const struct fx_store_instrument_row *row)
{
    struct fx_worker_load *load = reading->load;
    const struct fx_shard_map *map = fx_worker_load_map(load);
    struct fx_instrument *instrument = &reading->instruments[reading->instrument_count];
    struct fx_command command =
        fx_command_blank(FX_COMMAND_UPDATE_INSTRUMENT, FX_COMMAND_ALL_INSTRUMENTS, 0);
    const uint32_t owner = shard_of(reading, &row->instrument.settle);
    const uint32_t index = reading->own_count + (map == NULL ? 0 : fx_shard_instrument_base(map));
    const uint8_t state = row->instrument.state;
    if (owner == UINT32_MAX) {
        return nobodys(
            reading, "instrument", row->instrument.instrument_id, &row->instrument.settle);
    }
    *instrument = row->instrument;
    reading->owners[reading->instrument_count++] = owner;
    if (owner != load->options.shard || state == FX_INSTRUMENT_STATE_SETTLED) {
        return FX_OK; /* what has ended is not listed again: judge_ended() */
    }
    if (state == FX_INSTRUMENT_STATE_SETTLING) {
        return fx_worker_load_fail(load,
                                   FX_SYMBOL_SETTLED,
                                   "SYMBOL_SETTLED: %s is ending; let it end first",
                                   row->instrument.symbol.text);
    }
    if (reading->own_count++ >= load->limits.instruments_max) {
        return fx_worker_load_fail(
            load,
            FX_CAPACITY,
            "CAPACITY: %s is one symbol too many: this log may have %" PRIu32,
            row->instrument.symbol.text,
            load->limits.instruments_max);
    }
    command.u.instrument = row->instrument;
    command.u.instrument.instrument_id = 0;
    command.u.instrument.tier_count = 0;
    command.u.instrument.state = FX_INSTRUMENT_STATE_PENDING;
    instrument->instrument_id = index;
    fx_status status = emit_plain(reading, &command);
    struct fx_event event;
    memset(&event, 0, sizeof event);
    event.kind = FX_EVENT_INSTRUMENT;
    event.u.instrument = *instrument;
    fx_worker_input_learn(load->input, &event);
    if (status != FX_OK) {
        return status;
    }
    command = fx_command_blank(FX_COMMAND_LOAD_LEVERAGE_MARGIN, index, 0);
    status = fx_store_instrument_tiers(load->options.store,
                                       row->instrument.instrument_id,
                                       command.u.tiers.tiers,
                                       &command.u.tiers.count);
    if (status != FX_OK) {
        return db_failed(reading, status);
    }
    if (command.u.tiers.count > 0) {
        status = emit_plain(reading, &command);
    }
    if (status == FX_OK && state > FX_INSTRUMENT_STATE_PENDING &&
        state <= FX_INSTRUMENT_STATE_HALTED) {
        command = fx_command_blank(FX_COMMAND_SET_STATE, index, 0);
        command.u.set_state.state = state;
        status = emit_plain(reading, &command);
    }
    return status == FX_OK ? emit_last(reading, instrument) : status;
}

/* NULL: it is not listed; *is_own_out says whether it is this shard's. */
static const struct fx_instrument *find_instrument(const struct reading *reading,
                                                   const struct fx_symbol *symbol,
                                                   bool *is_own_out)
{
    *is_own_out = false;
    for (uint32_t index = 0; index < reading->instrument_count; index++) {
        if (memcmp(&reading->instruments[index].symbol, symbol, sizeof *symbol) == 0) {
            *is_own_out = reading->owners[index] == reading->load->options.shard;
            return &reading->instruments[index];
        }
    }
    return NULL;
}

/* The engine counts symbols from 0 in the order of their numbers in the tables, which may begin
 * anywhere and have gaps. The savers give the rows the engine's numbers (store_instrument.c). A
 * contract that has ended holds nothing any more; one that is ending has to end first. */
static fx_status read_instruments(struct reading *reading)
{
    const uint32_t most = FX_INSTRUMENTS_MAX;
    struct fx_store_instrument_row *rows = calloc(most + 1, sizeof *rows);
    uint32_t count = 0;
    fx_status status =
        rows == NULL
            ? FX_NO_MEMORY
            : fx_store_instrument_list(reading->load->options.store, rows, most + 1, &count);
    if (status != FX_OK) {
        status = db_failed(reading, status);
    }
    if (status == FX_OK && count > most) {
        status = fx_worker_load_fail(
            reading->load, FX_CAPACITY, "instruments has more than %" PRIu32 " rows", most);
    }
    for (uint32_t index = 0; index < count && status == FX_OK; index++) {
        const struct fx_instrument *instrument = &rows[index].instrument;
        bool is_own = false;
        if (find_instrument(reading, &instrument->symbol, &is_own) != NULL) {
            status = fx_worker_load_fail(reading->load,
                                         FX_EXISTS,
                                         "instrument %" PRIu32 " is %s, as another one before it",
                                         instrument->instrument_id,
                                         instrument->symbol.text);
        } else {
            status = emit_instrument(reading, &rows[index]);
        }
    }
    free(rows);
    return status;
}

/* ---- accounts, positions, orders ----------------------------------------------------------------
 */

static void tell(struct reading *reading)
{
    const struct fx_store_preload_figures *figures = &reading->load->figures;
    fx_worker_load_tell(reading->load,
                        FX_WORKER_LOAD_READING,
                        reading->load->order_rows,
                        figures->accounts + figures->positions + figures->open_orders);
}

static fx_status emit_account(struct reading *reading, const struct fx_rows_account *row)
{
    struct fx_command command;
    const struct special *special = find_special(reading, row->user_id);
    const uint32_t owner = shard_of(reading, &row->asset);
    if (owner == UINT32_MAX) {
        return nobodys(reading, "account", row->id, &row->asset);
    }
    if (owner != reading->load->options.shard) {
        return FX_OK;
    }
    const fx_status status = judge_id(reading, "account", row->id);
    if (status != FX_OK) {
        return status;
    }
    fx_worker_load_rows_account(row,
                                special == NULL ? 0 : special->flags,
                                special == NULL ? NULL : &special->fee,
                                &command);
    reading->load->report->accounts++;
    return fx_worker_load_emit(reading->load, &command);
}

static fx_status read_accounts(struct reading *reading)
{
    struct fx_worker_load *load = reading->load;
    struct fx_rows_account *page = reading->page;
    fx_status status = FX_OK;
    uint32_t count = PAGE;
    for (uint64_t after = 0; count == PAGE && status == FX_OK; tell(reading)) {
        status = fx_store_account_list_after(load->options.store, after, page, &count);
        if (status != FX_OK) {
            return db_failed(reading, status);
        }
        for (uint32_t index = 0; index < count && status == FX_OK; index++) {
            status = emit_account(reading, &page[index]);
        }
        load->order_rows += count;
        after = count > 0 ? page[count - 1].id : after;
    }
    return status;
}

/* On a symbol that has ended nothing is open: it was paid out. What is, would be lost. */
static fx_status judge_ended(struct reading *reading,
                             const struct fx_instrument *instrument,
                             const char *what,
                             uint64_t id)
{
    return fx_worker_load_fail(reading->load,
                               FX_SYMBOL_SETTLED,
                               "SYMBOL_SETTLED: %s %" PRIu64
                               " is open on %s, which has ended: close it in the tables",
                               what,
                               id,
                               instrument->symbol.text);
}

static bool keep_protecting(struct reading *reading,
                            uint64_t order_id,
                            const struct fx_rows_position *row)
{
    const enum fx_side closing = row->current_qty > 0 ? FX_SIDE_SELL : FX_SIDE_BUY;
    if (order_id == 0) {
        return true;
    }
    if (!grow((void **)&reading->protecting,
              reading->protecting_count,
              sizeof reading->protecting[0],
              PROTECTING_MAX)) {
        return false;
    }
    reading->protecting[reading->protecting_count++] =
        (struct protecting){.order_id = order_id,
                            .position_id = row->id,
                            .user_id = row->user_id,
                            .symbol = row->symbol,
                            .position_side = row->position_side,
                            .side = row->current_qty == 0 ? 0 : closing};
    return true;
}

static fx_status emit_position(struct reading *reading, const struct fx_rows_position *row)
{
    struct fx_command command;
    bool is_own = false;
    const struct fx_instrument *instrument = find_instrument(reading, &row->symbol, &is_own);
    if (instrument == NULL) {
        return fx_worker_load_fail(reading->load,
                                   FX_UNKNOWN_SYMBOL,
                                   "position %" PRIu64 " is on %s, which is not in instruments",
                                   row->id,
                                   row->symbol.text);
    }
    if (!is_own) {
        return FX_OK;
    }
    if (instrument->state == FX_INSTRUMENT_STATE_SETTLED) {
        return row->current_qty == 0 ? FX_OK
                                     : judge_ended(reading, instrument, "position", row->id);
    }
    fx_status status = judge_id(reading, "position", row->id);
    if (status != FX_OK) {
        return status;
    }
    status = fx_worker_load_rows_position(row, instrument, &command);
    if (status != FX_OK) {
        return fx_worker_load_fail(reading->load,
                                   status,
                                   "position %" PRIu64 " on %s: %s",
                                   row->id,
                                   row->symbol.text,
                                   fx_status_text(status));
    }
    if (!keep_protecting(reading, row->take_profit_order_id, row) ||
        !keep_protecting(reading, row->stop_loss_order_id, row)) {
        return fx_worker_load_fail(reading->load, FX_NO_MEMORY, "no memory for positions");
    }
    fx_i128 *sum = &reading->sums[instrument - reading->instruments];
    if (!fx_dec_add(*sum, row->current_qty, sum)) {
        return fx_worker_load_fail(reading->load,
                                   FX_AMOUNT_OUT_OF_RANGE,
                                   "position %" PRIu64 " on %s: more than can be counted",
                                   row->id,
                                   row->symbol.text);
    }
    reading->load->report->positions++;
    return fx_worker_load_emit(reading->load, &command);
}

static fx_status read_positions(struct reading *reading)
{
    struct fx_worker_load *load = reading->load;
    struct fx_rows_position *page = reading->page;
    fx_status status = FX_OK;
    uint32_t count = PAGE;
    for (uint64_t after = 0; count == PAGE && status == FX_OK; tell(reading)) {
        status = fx_store_position_list_after(load->options.store, after, page, &count);
        if (status != FX_OK) {
            return db_failed(reading, status);
        }
        for (uint32_t index = 0; index < count && status == FX_OK; index++) {
            status = emit_position(reading, &page[index]);
        }
        load->order_rows += count;
        after = count > 0 ? page[count - 1].id : after;
    }
    return status;
}

/* What is long on a symbol is short on it, too (I-02): START_ENGINE says so as well, but cannot
 * name what it found. */
static fx_status judge_sums(struct reading *reading)
{
    for (uint32_t index = 0; index < reading->instrument_count; index++) {
        char sum[FX_DEC_TEXT_SIZE_MAX];
        (void)fx_dec_format(reading->sums[index], sum);
        if (reading->sums[index] != 0) {
            return fx_worker_load_fail(
                reading->load,
                FX_LOAD_UNBALANCED,
                "LOAD_UNBALANCED: the positions on %s add up to %s, and must to 0",
                reading->instruments[index].symbol.text,
                sum);
        }
    }
    return FX_OK;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): the type that qsort asks for
static int by_order(const void *left, const void *right)
{
    const uint64_t one = ((const struct protecting *)left)->order_id;
    const uint64_t other = ((const struct protecting *)right)->order_id;
    return (one > other) - (one < other);
}

/* Whether a position names the order; NULL where none does. */
static struct protecting *find_protecting(const struct reading *reading, uint64_t order_id)
{
    const struct protecting key = {.order_id = order_id};
    return reading->protecting_count == 0
               ? NULL
               : bsearch(
                     &key, reading->protecting, reading->protecting_count, sizeof key, by_order);
}

/* Sorted, so that they are found; an order closes one position only. */
static fx_status sort_protecting(struct reading *reading)
{
    if (reading->protecting_count == 0) {
        return FX_OK;
    }
    qsort(reading->protecting, reading->protecting_count, sizeof reading->protecting[0], by_order);
    for (uint32_t index = 1; index < reading->protecting_count; index++) {
        const struct protecting *one = &reading->protecting[index - 1];
        const struct protecting *other = &reading->protecting[index];
        if (one->order_id == other->order_id) {
            const bool is_swapped = one->position_id > other->position_id;
            return fx_worker_load_fail(reading->load,
                                       FX_BAD_PARAMETER,
                                       "order %" PRIu64 " is named twice as take profit or stop "
                                       "loss: by position %" PRIu64 " and by position %" PRIu64,
                                       one->order_id,
                                       is_swapped ? other->position_id : one->position_id,
                                       is_swapped ? one->position_id : other->position_id);
        }
    }
    return FX_OK;
}

/* The order that a position names is its owner's, on its symbol, and closes it. */
static fx_status judge_protector(struct reading *reading,
                                 const struct protecting *protecting,
                                 const struct fx_rows_order *row)
{
    const char *what = NULL;
    if (row->user_id != protecting->user_id) {
        what = "of another user";
    } else if (memcmp(&row->symbol, &protecting->symbol, sizeof row->symbol) != 0) {
        what = "on another symbol";
    } else if (row->position_side != protecting->position_side || row->side != protecting->side) {
        what = "of a side that does not close it";
    }
    return what == NULL ? FX_OK
                        : fx_worker_load_fail(reading->load,
                                              FX_BAD_PARAMETER,
                                              "position %" PRIu64 " names order %" PRIu64
                                              " as its take profit or stop loss, and that is %s",
                                              protecting->position_id,
                                              row->id,
                                              what);
}

/* A position would silently be without the protection that its row promises. */
static fx_status judge_protecting(struct reading *reading)
{
    for (uint32_t index = 0; index < reading->protecting_count; index++) {
        const struct protecting *one = &reading->protecting[index];
        if (!one->is_found) {
            return fx_worker_load_fail(reading->load,
                                       FX_ORDER_NOT_FOUND,
                                       "position %" PRIu64 " names order %" PRIu64
                                       " as its take profit or stop loss, and that is no open "
                                       "order: set the column to NULL, or bring the order back",
                                       one->position_id,
                                       one->order_id);
        }
    }
    return FX_OK;
}

static fx_status emit_order(struct reading *reading, const struct fx_rows_order *row)
{
    struct fx_command command;
    bool is_own = false;
    const struct fx_instrument *instrument = find_instrument(reading, &row->symbol, &is_own);
    struct protecting *protecting = find_protecting(reading, row->id);
    if (instrument == NULL) {
        return fx_worker_load_fail(reading->load,
                                   FX_UNKNOWN_SYMBOL,
                                   "order %" PRIu64 " is on %s, which is not in instruments",
                                   row->id,
                                   row->symbol.text);
    }
    if (!is_own) {
        return FX_OK;
    }
    if (instrument->state == FX_INSTRUMENT_STATE_SETTLED) {
        return judge_ended(reading, instrument, "order", row->id);
    }
    if (row->take_profit_order_id != 0 || row->stop_loss_order_id != 0) {
        return fx_worker_load_fail(reading->load,
                                   FX_BAD_PARAMETER,
                                   "order %" PRIu64 " is protected by order %" PRIu64
                                   ": a load knows no take profit and stop loss of an order; "
                                   "cancel them in the tables, or give them to the position",
                                   row->id,
                                   row->take_profit_order_id != 0 ? row->take_profit_order_id
                                                                  : row->stop_loss_order_id);
    }
    if (row->parent_order_id != 0) {
        return fx_worker_load_fail(reading->load,
                                   FX_BAD_PARAMETER,
                                   "order %" PRIu64 " protects order %" PRIu64
                                   ": a load knows no take profit and stop loss of an order; "
                                   "cancel it in the tables, or give it to the position",
                                   row->id,
                                   row->parent_order_id);
    }
    fx_status status = judge_id(reading, "order", row->id);
    if (status == FX_OK && protecting != NULL) {
        protecting->is_found = true;
        status = judge_protector(reading, protecting, row);
    }
    if (status != FX_OK) {
        return status;
    }
    status = fx_worker_load_rows_order(row, instrument, protecting != NULL, &command);
    if (status != FX_OK) {
        return fx_worker_load_fail(reading->load,
                                   status,
                                   "order %" PRIu64 " on %s: %s",
                                   row->id,
                                   row->symbol.text,
                                   row->status == FX_ORDER_STATUS_PENDING
                                       ? "it is PENDING: no engine has judged it yet"
                                       : fx_status_text(status));
    }
    reading->load->report->orders++;
    return fx_worker_load_emit(reading->load, &command);
}

static fx_status read_orders(struct reading *reading)
{
    struct fx_worker_load *load = reading->load;
    struct fx_rows_order *page = reading->page;
    fx_status status = FX_OK;
    uint32_t count = PAGE;
    for (uint64_t after = 0; count == PAGE && status == FX_OK; tell(reading)) {
        status = fx_store_order_list_open_after(load->options.store, after, page, &count);
        if (status != FX_OK) {
            return db_failed(reading, status);
        }
        for (uint32_t index = 0; index < count && status == FX_OK; index++) {
            status = emit_order(reading, &page[index]);
        }
        load->order_rows += count;
        after = count > 0 ? page[count - 1].id : after;
    }
    return status;
}

/* ---- the whole ----------------------------------------------------------------------------------
 */

static fx_status emit_begin(struct reading *reading)
{
    struct fx_worker_load *load = reading->load;
    struct fx_command command =
        fx_command_blank(FX_COMMAND_INITIALIZE_ENGINE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.rules = FX_ENGINE_RULES_MAX;
    command.u.limits = load->limits;
    fx_status status = emit_plain(reading, &command);
    if (status == FX_OK && fx_worker_load_map(load) != NULL) {
        command = fx_command_blank(FX_COMMAND_SET_SHARD, FX_COMMAND_ALL_INSTRUMENTS, 0);
        command.u.shard = *fx_worker_load_map(load);
        status = emit_plain(reading, &command);
    }
    if (status == FX_OK) {
        command = fx_command_blank(FX_COMMAND_LOAD_ENGINE, FX_COMMAND_ALL_INSTRUMENTS, 0);
        command.u.load.next_order_id = load->figures.order_id + 1;
        command.u.load.next_trade_id = load->figures.trade_id + 1;
        command.u.load.next_liquidation_id = load->figures.liquidation_id + 1;
        status = emit_plain(reading, &command);
    }
    return status;
}

/* What was counted before the rows were read is what was read; START_ENGINE wants what of it is
 * this shard's. */
static fx_status emit_start(struct reading *reading)
{
    struct fx_worker_load *load = reading->load;
    struct fx_command command =
        fx_command_blank(FX_COMMAND_START_ENGINE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    const uint64_t counted =
        load->figures.accounts + load->figures.positions + load->figures.open_orders;
    if (load->order_rows != counted) {
        return fx_worker_load_fail(reading->load,
                                   FX_LOAD_INCOMPLETE,
                                   "of %" PRIu64 " rows %" PRIu64 " were read",
                                   counted,
                                   load->order_rows);
    }
    command.u.start = (struct fx_command_start){.accounts = load->report->accounts,
                                                .positions = load->report->positions,
                                                .orders = load->report->orders,
                                                .instruments = reading->own_count,
                                                .is_counted = 1};
    reading->load->report->instruments = reading->own_count;
    return emit_plain(reading, &command);
}

fx_status fx_worker_load_read(struct fx_worker_load *load)
{
    static fx_status (*const STEPS[])(struct reading * reading) = {emit_begin,
                                                                   read_users,
                                                                   read_fees,
                                                                   read_instruments,
                                                                   read_accounts,
                                                                   read_positions,
                                                                   judge_sums,
                                                                   sort_protecting,
                                                                   read_orders,
                                                                   judge_protecting,
                                                                   emit_start};
    struct reading reading = {.load = load};
    const size_t row_size = sizeof(struct fx_rows_order) > sizeof(struct fx_rows_user)
                                ? sizeof(struct fx_rows_order)
                                : sizeof(struct fx_rows_user);
    reading.instruments = calloc(FX_INSTRUMENTS_MAX, sizeof reading.instruments[0]);
    reading.owners = calloc(FX_INSTRUMENTS_MAX, sizeof reading.owners[0]);
    reading.sums = calloc(FX_INSTRUMENTS_MAX, sizeof reading.sums[0]);
    reading.page = calloc(PAGE, row_size);
    fx_status status = reading.instruments == NULL || reading.owners == NULL ||
                               reading.sums == NULL || reading.page == NULL
                           ? fx_worker_load_fail(load, FX_NO_MEMORY, "no memory for rows")
                           : FX_OK;
    for (size_t step = 0; step < sizeof STEPS / sizeof STEPS[0] && status == FX_OK; step++) {
        status = STEPS[step](&reading);
    }
    free(reading.instruments);
    free(reading.owners);
    free(reading.sums);
    free(reading.specials);
    free(reading.protecting);
    free(reading.page);
    return status;
}
