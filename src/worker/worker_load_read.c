/* Rows into records, in the seed's order: ids, instruments with their tiers, accounts, positions,
 * orders, start. */
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "store/store_account.h"
#include "store/store_fee.h"
#include "store/store_order.h"
#include "store/store_position.h"
#include "store/store_user.h"
#include "worker/worker_load_int.h"
#include "worker/worker_load_rows.h"

enum { SPECIALS_MAX = 1 << 22, PAGE = FX_STORE_LIMIT_MAX };

fx_status fx_worker_load_read_failed(const struct fx_worker_load_reading *reading, fx_status status)
{
    const char *words = fx_store_error_text(reading->load->options.store);
    return fx_worker_load_fail(reading->load,
                               status,
                               "the database: %s",
                               words[0] != '\0' ? words : "tables that do not fit each other");
}

/* Room for one more item, in steps of doubling. */
bool fx_worker_load_read_grow(void **items, uint32_t count, size_t size, uint32_t most)
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

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): the type that qsort asks for
static int by_id(const void *left, const void *right)
{
    uint64_t one = 0;
    uint64_t other = 0;
    memcpy(&one, left, sizeof one);
    memcpy(&other, right, sizeof other);
    return (one > other) - (one < other);
}

void fx_worker_load_read_sort(const struct fx_worker_load_list *list)
{
    FX_ASSERT(list->id_at == 0);
    FX_ASSERT(list->items != NULL || list->count == 0);
    if (list->count > 0) {
        qsort(list->items, list->count, list->size, by_id);
    }
}

void *fx_worker_load_read_find(const struct fx_worker_load_list *list, uint64_t id)
{
    FX_ASSERT(list->id_at + sizeof id <= list->size);
    FX_ASSERT(list->items != NULL || list->count == 0);
    char *found = list->count == 0
                      ? NULL
                      : bsearch(&id,
                                (const char *)list->items + list->id_at, /* steps stay the same */
                                list->count,
                                list->size,
                                by_id);
    return found == NULL ? NULL : found - list->id_at;
}

/* ---- users --------------------------------------------------------------------------------------
 */

/* The first `count` of those who are known, by their ids. */
static struct fx_worker_load_list list_specials(const struct fx_worker_load_reading *reading,
                                                uint32_t count)
{
    FX_ASSERT(count <= reading->special_count);
    return (struct fx_worker_load_list){.items = reading->specials,
                                        .size = sizeof reading->specials[0],
                                        .id_at =
                                            offsetof(struct fx_worker_load_special, fee.user_id),
                                        .count = count};
}

static const struct fx_worker_load_special *find_special(
    const struct fx_worker_load_reading *reading, uint64_t user_id)
{
    const struct fx_worker_load_list list = list_specials(reading, reading->special_count);
    return fx_worker_load_read_find(&list, user_id);
}

static fx_status add_special(struct fx_worker_load_reading *reading,
                             const struct fx_worker_load_special *special)
{
    if (!fx_worker_load_read_grow((void **)&reading->specials,
                                  reading->special_count,
                                  sizeof reading->specials[0],
                                  SPECIALS_MAX)) {
        return fx_worker_load_fail(reading->load, FX_NO_MEMORY, "no memory for users");
    }
    reading->specials[reading->special_count++] = *special;
    return FX_OK;
}

/* Who may not trade, pays no fees, is a bot … */
static fx_status read_users(struct fx_worker_load_reading *reading)
{
    struct fx_rows_user *page = reading->page;
    uint32_t count = PAGE;
    FX_ASSERT(page != NULL);
    for (uint64_t after = 0; count == PAGE;) {
        fx_status status =
            fx_store_user_list_after(reading->load->options.store, after, page, &count);
        if (status != FX_OK) {
            return fx_worker_load_read_failed(reading, status);
        }
        for (uint32_t index = 0; index < count && status == FX_OK; index++) {
            const struct fx_worker_load_special special = {
                .fee = {.user_id = page[index].id},
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
static fx_status read_fees(struct fx_worker_load_reading *reading)
{
    struct fx_store_fee *page = reading->page;
    const uint32_t known = reading->special_count; /* sorted */
    uint32_t count = PAGE;
    for (uint64_t after = 0; count == PAGE;) {
        fx_status status =
            fx_store_fee_list_after(reading->load->options.store, after, page, &count);
        if (status != FX_OK) {
            return fx_worker_load_read_failed(reading, status);
        }
        for (uint32_t index = 0; index < count && status == FX_OK; index++) {
            const struct fx_worker_load_special special = {.fee = page[index]};
            const struct fx_worker_load_list list = list_specials(reading, known);
            struct fx_worker_load_special *at =
                fx_worker_load_read_find(&list, page[index].user_id);
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
    const struct fx_worker_load_list list = list_specials(reading, reading->special_count);
    fx_worker_load_read_sort(&list);
    return FX_OK;
}

/* ---- accounts, positions, orders ----------------------------------------------------------------
 */

static void tell(struct fx_worker_load_reading *reading)
{
    const struct fx_store_preload_figures *figures = &reading->load->figures;
    fx_worker_load_tell(reading->load,
                        FX_WORKER_LOAD_READING,
                        reading->load->order_rows,
                        figures->accounts + figures->positions + figures->open_orders);
}

static fx_status emit_account(struct fx_worker_load_reading *reading,
                              const struct fx_rows_account *row)
{
    struct fx_command command;
    const struct fx_worker_load_special *special = find_special(reading, row->user_id);
    const uint32_t owner = fx_worker_load_symbol_shard(reading, &row->asset);
    if (owner == UINT32_MAX) {
        return fx_worker_load_symbol_nobodys(reading, "account", row->id, &row->asset);
    }
    if (owner != reading->load->options.shard) {
        return FX_OK;
    }
    const fx_status status = fx_worker_load_symbol_judge_id(reading, "account", row->id);
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

static fx_status read_accounts(struct fx_worker_load_reading *reading)
{
    struct fx_worker_load *load = reading->load;
    struct fx_rows_account *page = reading->page;
    fx_status status = FX_OK;
    uint32_t count = PAGE;
    for (uint64_t after = 0; count == PAGE && status == FX_OK; tell(reading)) {
        status = fx_store_account_list_after(load->options.store, after, page, &count);
        if (status != FX_OK) {
            return fx_worker_load_read_failed(reading, status);
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
static fx_status judge_ended(struct fx_worker_load_reading *reading,
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

static fx_status emit_position(struct fx_worker_load_reading *reading,
                               const struct fx_rows_position *row)
{
    struct fx_command command;
    bool is_own = false;
    const struct fx_instrument *instrument =
        fx_worker_load_symbol_find(reading, &row->symbol, &is_own);
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
    fx_status status = fx_worker_load_symbol_judge_id(reading, "position", row->id);
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
    if (!fx_worker_load_protect_keep(reading, row->take_profit_order_id, row) ||
        !fx_worker_load_protect_keep(reading, row->stop_loss_order_id, row)) {
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

static fx_status read_positions(struct fx_worker_load_reading *reading)
{
    struct fx_worker_load *load = reading->load;
    struct fx_rows_position *page = reading->page;
    fx_status status = FX_OK;
    uint32_t count = PAGE;
    for (uint64_t after = 0; count == PAGE && status == FX_OK; tell(reading)) {
        status = fx_store_position_list_after(load->options.store, after, page, &count);
        if (status != FX_OK) {
            return fx_worker_load_read_failed(reading, status);
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
static fx_status judge_sums(struct fx_worker_load_reading *reading)
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

static fx_status emit_order(struct fx_worker_load_reading *reading, const struct fx_rows_order *row)
{
    struct fx_command command;
    bool is_own = false;
    const struct fx_instrument *instrument =
        fx_worker_load_symbol_find(reading, &row->symbol, &is_own);
    struct fx_worker_load_protecting *protecting = fx_worker_load_protect_find(reading, row->id);
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
    fx_status status = fx_worker_load_symbol_judge_id(reading, "order", row->id);
    if (status == FX_OK && protecting != NULL) {
        protecting->is_found = true;
        status = fx_worker_load_protect_judge(reading, protecting, row);
    }
    if (status == FX_OK) {
        status = fx_worker_load_bracket_judge(reading, row);
    }
    if (status == FX_OK) {
        status = fx_worker_load_bracket_keep(reading, row);
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
                                       ? "it is PENDING and protects no order: no engine has "
                                         "judged it; cancel it in the tables, and place it again"
                                       : fx_status_text(status));
    }
    reading->load->report->orders++;
    return fx_worker_load_emit(reading->load, &command);
}

static fx_status read_orders(struct fx_worker_load_reading *reading)
{
    struct fx_worker_load *load = reading->load;
    struct fx_rows_order *page = reading->page;
    fx_status status = FX_OK;
    uint32_t count = PAGE;
    for (uint64_t after = 0; count == PAGE && status == FX_OK; tell(reading)) {
        status = fx_store_order_list_open_after(load->options.store, after, page, &count);
        if (status != FX_OK) {
            return fx_worker_load_read_failed(reading, status);
        }
        status = fx_worker_load_bracket_page(reading, page, count);
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

static fx_status emit_begin(struct fx_worker_load_reading *reading)
{
    struct fx_worker_load *load = reading->load;
    struct fx_command command =
        fx_command_blank(FX_COMMAND_INITIALIZE_ENGINE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.rules = FX_ENGINE_RULES_MAX;
    command.u.limits = load->limits;
    fx_status status = fx_worker_load_emit(reading->load, &command);
    if (status == FX_OK && fx_worker_load_map(load) != NULL) {
        command = fx_command_blank(FX_COMMAND_SET_SHARD, FX_COMMAND_ALL_INSTRUMENTS, 0);
        command.u.shard = *fx_worker_load_map(load);
        status = fx_worker_load_emit(reading->load, &command);
    }
    if (status == FX_OK) {
        command = fx_command_blank(FX_COMMAND_LOAD_ENGINE, FX_COMMAND_ALL_INSTRUMENTS, 0);
        command.u.load.next_order_id = load->figures.order_id + 1;
        command.u.load.next_trade_id = load->figures.trade_id + 1;
        command.u.load.next_liquidation_id = load->figures.liquidation_id + 1;
        status = fx_worker_load_emit(reading->load, &command);
    }
    return status;
}

/* What was counted before the rows were read is what was read; START_ENGINE wants what of it is
 * this shard's. */
static fx_status emit_start(struct fx_worker_load_reading *reading)
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
    return fx_worker_load_emit(reading->load, &command);
}

fx_status fx_worker_load_read(struct fx_worker_load *load)
{
    static fx_status (*const STEPS[])(struct fx_worker_load_reading *
                                      reading) = {emit_begin,
                                                  read_users,
                                                  read_fees,
                                                  fx_worker_load_symbol_read,
                                                  read_accounts,
                                                  read_positions,
                                                  judge_sums,
                                                  fx_worker_load_protect_sort,
                                                  read_orders,
                                                  fx_worker_load_protect_end,
                                                  fx_worker_load_bracket_end,
                                                  emit_start};
    struct fx_worker_load_reading reading = {.load = load};
    const size_t row_size = sizeof(struct fx_rows_order) > sizeof(struct fx_rows_user)
                                ? sizeof(struct fx_rows_order)
                                : sizeof(struct fx_rows_user);
    reading.instruments = calloc(FX_INSTRUMENTS_MAX, sizeof reading.instruments[0]);
    reading.owners = calloc(FX_INSTRUMENTS_MAX, sizeof reading.owners[0]);
    reading.sums = calloc(FX_INSTRUMENTS_MAX, sizeof reading.sums[0]);
    reading.page = calloc(PAGE, row_size);
    reading.parents = calloc(PAGE, sizeof reading.parents[0]);
    fx_status status = reading.instruments == NULL || reading.owners == NULL ||
                               reading.sums == NULL || reading.page == NULL ||
                               reading.parents == NULL
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
    free(reading.guarded);
    free(reading.parents);
    free(reading.page);
    return status;
}
