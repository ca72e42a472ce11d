/* Savers: whatever the batches, crashes and repetitions, the tables are the fold of the events up
 * to the watermark. The model is a plain array per kind of row. */
#include "worker/worker_save.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/rng.h"
#include "fx_test.h"
#include "model/rows.h"
#include "model/rows_funding.h"
#include "save_kit.h"
#include "store/store_account.h"
#include "store/store_candle.h"
#include "store/store_funding.h"
#include "store/store_history.h"
#include "store/store_instrument.h"
#include "store/store_liquidation.h"
#include "store/store_migrate.h"
#include "store/store_order.h"
#include "store/store_position.h"
#include "store/store_progress.h"
#include "store/store_settlement.h"
#include "store/store_sqlite.h"
#include "store/store_trade.h"
#include "store/store_transaction.h"

enum {
    SEED = 7071,
    EVENTS = 4000,
    OBJECTS = 60, /* orders, accounts and positions each */
    USER = 5,     /* all objects are his, so that a list shows all */
    INSTRUMENTS = 2,
    LENGTHS = 5,
    RISK_TABLES = 7,
    BARS_MAX = FX_STORE_LIMIT_MAX
};

static const int64_t MINUTE_US = 60LL * 1000 * 1000;

struct fixture {
    char folder[64];
    char path[96];
    struct fx_store *store;
    struct fx_worker_save save;
};

static struct fx_instrument instrument_of(uint32_t id)
{
    struct fx_instrument instrument = save_kit_instrument(id == 0 ? "BTCUSDT" : "ETHUSDT");
    instrument.instrument_id = id;
    assert_true(fx_ids_asset(FX_STR("USDT"), &instrument.quote));
    assert_true(fx_ids_asset(FX_STR("BTC"), &instrument.base));
    return instrument;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): the order of operationId
static struct fx_event event_of(enum fx_event_kind kind, uint64_t sequence, uint32_t index)
{
    struct fx_event event;
    memset(&event, 0, sizeof event);
    event.kind = (uint16_t)kind;
    event.sequence = sequence;
    event.index = index;
    event.time_us = 1700000000000000 + (int64_t)sequence * 137000000; /* 17 hours in all */
    return event;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): the order of operationId
static struct fx_event instrument_event(uint64_t sequence, uint32_t index, uint32_t id)
{
    struct fx_event event = event_of(FX_EVENT_INSTRUMENT, sequence, index);
    event.u.instrument = instrument_of(id);
    return event;
}

static void fill_order(struct fx_rng *rng, struct fx_event *event, uint64_t id)
{
    struct fx_event_order *order = &event->u.order;
    order->order_id = id;
    order->account_id = 1;
    order->user_id = USER;
    order->tmp_id = id + 1000;
    order->price_ticks = fx_rng_between(rng, 1, 1000000);
    order->lots = fx_rng_between(rng, 1, 1000000);
    order->remaining_lots = fx_rng_between(rng, 0, order->lots);
    order->filled_value = (order->lots - order->remaining_lots) * (fx_dec_one() / 7);
    order->created_us = event->time_us;
    order->updated_us = event->time_us;
    order->instrument = (uint32_t)fx_rng_below(rng, INSTRUMENTS);
    order->leverage_centi = 1000;
    order->side = FX_SIDE_SELL;
    order->type = FX_ORDER_TYPE_LIMIT;
    order->time_in_force = FX_TIME_IN_FORCE_GTC;
    order->status = (uint8_t)(1 + fx_rng_below(rng, 8));
    order->stp_mode = FX_STP_MODE_EXPIRE_MAKER;
    order->position_side = FX_POSITION_SIDE_BOTH;
    order->margin_mode = FX_MARGIN_MODE_CROSS;
}

static void fill_trade(struct fx_rng *rng, struct fx_event *event, uint64_t id)
{
    struct fx_event_trade *trade = &event->u.trade;
    trade->trade_id = id;
    trade->buy_user_id = USER;
    trade->sell_user_id = USER;
    trade->buy_account_id = 1;
    trade->sell_account_id = 2;
    trade->buy_order_id = 3;
    trade->sell_order_id = 4;
    trade->price_ticks = fx_rng_between(rng, 1, 1000000);
    trade->lots = fx_rng_between(rng, 1, 1000);
    trade->value = fx_dec_one() * trade->lots;
    trade->buy_fee = trade->value / 1000;
    trade->sell_fee = fx_rng_below(rng, 2) == 0 ? 0 : -trade->value / 10000;
    trade->buy_pnl = fx_rng_between(rng, -5, 5);
    trade->buyer_is_taker = (uint8_t)fx_rng_below(rng, 2);
    trade->instrument = (uint32_t)fx_rng_below(rng, INSTRUMENTS);
}

static void fill_mark(struct fx_rng *rng, struct fx_event *event)
{
    event->u.mark.mark_ticks = fx_rng_between(rng, 1, 1000);
    event->u.mark.index_ticks = fx_rng_between(rng, 1, 1000);
    event->u.mark.instrument = (uint32_t)fx_rng_below(rng, INSTRUMENTS);
}

static void fill_position(struct fx_rng *rng, struct fx_event *event, uint64_t id)
{
    struct fx_event_position *position = &event->u.position;
    position->position_id = id;
    position->account_id = 1;
    position->user_id = USER;
    position->lots = fx_rng_below(rng, 2) == 0 ? 500 : fx_rng_between(rng, -1000, 1000);
    position->position_margin = fx_rng_below(rng, 3) * fx_dec_one();
    position->adjust_margin = fx_rng_below(rng, 2) * fx_dec_one();
    position->realized_pnl = fx_rng_between(rng, -9, 9) * fx_dec_one();
    position->adl_rank = (uint8_t)fx_rng_below(rng, 6);
    position->entry_value = fx_dec_one() * (position->lots < 0 ? -position->lots : position->lots);
    position->instrument = (uint32_t)fx_rng_below(rng, INSTRUMENTS);
    position->leverage_centi = 500;
    position->margin_mode = FX_MARGIN_MODE_CROSS;
    position->position_side = FX_POSITION_SIDE_BOTH;
}

static void fill_account(struct fx_rng *rng, struct fx_event *event, uint64_t id)
{
    event->u.account.account_id = id;
    event->u.account.user_id = USER;
    event->u.account.balance = fx_rng_between(rng, -1000000, 1000000);
    assert_true(fx_ids_asset(FX_STR("USDT"), &event->u.account.asset));
}

static void fill_transaction(struct fx_rng *rng, struct fx_event *event)
{
    event->u.transaction.amount = fx_rng_between(rng, -100, 100);
    event->u.transaction.account_id = 1;
    event->u.transaction.user_id = USER;
    event->u.transaction.type = (uint32_t)(1 + fx_rng_below(rng, 12));
    event->u.transaction.instrument = fx_rng_below(rng, 2) == 0 ? FX_COMMAND_ALL_INSTRUMENTS : 1;
    assert_true(fx_ids_asset(FX_STR("USDT"), &event->u.transaction.asset));
}

static void fill_liquidation(struct fx_rng *rng, struct fx_event *event, uint64_t id)
{
    struct fx_event_liquidation *step = &event->u.liquidation;
    step->id = id;
    step->account_id = 1;
    step->user_id = USER;
    step->position_id = 1 + fx_rng_below(rng, OBJECTS);
    step->lots = fx_rng_between(rng, -1000, 1000);
    step->price_ticks = fx_rng_between(rng, 0, 1000);
    step->mark_ticks = 7;
    step->fee = fx_rng_between(rng, 0, 9);
    step->instrument = (uint32_t)fx_rng_below(rng, INSTRUMENTS);
    step->side = FX_SIDE_BUY;
    step->position_side = FX_POSITION_SIDE_BOTH;
    step->margin_mode = FX_MARGIN_MODE_CROSS;
    step->step = (uint8_t)(1 + fx_rng_below(rng, 5));
}

static void fill_insurance(struct fx_rng *rng, struct fx_event *event)
{
    event->u.insurance.balance = fx_rng_between(rng, 0, 1000);
    event->u.insurance.change = fx_rng_between(rng, -1000, 1000);
    event->u.insurance.instrument = fx_rng_below(rng, 2) == 0 ? FX_COMMAND_ALL_INSTRUMENTS : 1;
    event->u.insurance.reason = (uint32_t)(1 + fx_rng_below(rng, 5));
    assert_true(fx_ids_asset(FX_STR("USDT"), &event->u.insurance.asset));
}

static void fill_settlement(struct fx_rng *rng, struct fx_event *event)
{
    event->u.settlement.remainder = fx_rng_between(rng, -1000, 1000);
    event->u.settlement.price_ticks = fx_rng_between(rng, 0, 1000);
    event->u.settlement.positions = fx_rng_below(rng, 9);
    event->u.settlement.instrument = (uint32_t)fx_rng_below(rng, INSTRUMENTS);
    event->u.settlement.phase = (uint8_t)(1 + fx_rng_below(rng, 4));
}

/* One of three only begins: it has no row. */
static void fill_funding(struct fx_rng *rng, struct fx_event *event)
{
    const uint64_t kind = fx_rng_below(rng, 3);
    event->u.funding.paid = fx_rng_between(rng, 0, 1000);
    event->u.funding.rate_ppb = fx_rng_between(rng, -1000, 1000);
    event->u.funding.mark_ticks = 5;
    event->u.funding.index_ticks = 6;
    event->u.funding.instant_us = event->time_us; /* another one for each command */
    event->u.funding.instrument = (uint32_t)fx_rng_below(rng, INSTRUMENTS);
    event->u.funding.is_complete = kind == 1;
    event->u.funding.is_skipped = kind == 2;
}

/* A payment of a funding. */
static void fill_payment(struct fx_rng *rng, struct fx_event *event)
{
    event->u.transaction.type = FX_TRANSACTION_FUNDING_FEE;
    event->u.transaction.instrument = (uint32_t)fx_rng_below(rng, INSTRUMENTS);
    event->u.transaction.position_id = 1 + fx_rng_below(rng, OBJECTS);
    event->u.transaction.lots = fx_rng_between(rng, -1000, 1000);
    event->u.transaction.rate_ppb = 100;
    event->u.transaction.mark_ticks = 5;
    event->u.transaction.instant_us = event->time_us;
}

/* Commands of 1..8 events that end with a RESULT, after two instruments. */
static void make_events(struct fx_event events[EVENTS])
{
    struct fx_rng rng;
    uint64_t sequence = 2, trade_id = 0, liquidation_id = 0;
    bool has_funding = false; /* at most one per command: of a symbol and instant there is one */
    uint32_t index = 0;
    fx_rng_init(&rng, SEED);
    events[0] = instrument_event(1, 0, 0);
    events[1] = instrument_event(1, 1, 1);
    for (uint32_t at = 2; at < EVENTS; at++) {
        static const enum fx_event_kind KINDS[] = {FX_EVENT_ORDER,
                                                   FX_EVENT_ORDER,
                                                   FX_EVENT_TRADE,
                                                   FX_EVENT_ACCOUNT,
                                                   FX_EVENT_POSITION,
                                                   FX_EVENT_TRANSACTION,
                                                   FX_EVENT_BOOK,
                                                   FX_EVENT_MARK,
                                                   FX_EVENT_POSITION,
                                                   FX_EVENT_LIQUIDATION,
                                                   FX_EVENT_INSURANCE,
                                                   FX_EVENT_FUNDING,
                                                   FX_EVENT_SETTLEMENT,
                                                   FX_EVENT_RESULT,
                                                   FX_EVENT_RESULT};
        enum fx_event_kind kind = KINDS[fx_rng_below(&rng, sizeof KINDS / sizeof KINDS[0])];
        kind = kind == FX_EVENT_FUNDING && has_funding ? FX_EVENT_BOOK : kind;
        const uint64_t id = 1 + fx_rng_below(&rng, OBJECTS);
        events[at] = event_of(kind, sequence, index++);
        if (kind == FX_EVENT_ORDER) {
            fill_order(&rng, &events[at], id);
        } else if (kind == FX_EVENT_TRADE) {
            fill_trade(&rng, &events[at], ++trade_id);
        } else if (kind == FX_EVENT_ACCOUNT) {
            fill_account(&rng, &events[at], id);
        } else if (kind == FX_EVENT_POSITION) {
            fill_position(&rng, &events[at], id);
        } else if (kind == FX_EVENT_TRANSACTION) {
            fill_transaction(&rng, &events[at]);
            if (fx_rng_below(&rng, 3) == 0) {
                fill_payment(&rng, &events[at]);
            }
        } else if (kind == FX_EVENT_LIQUIDATION) {
            fill_liquidation(&rng, &events[at], ++liquidation_id);
        } else if (kind == FX_EVENT_SETTLEMENT) {
            fill_settlement(&rng, &events[at]);
        } else if (kind == FX_EVENT_INSURANCE) {
            fill_insurance(&rng, &events[at]);
        } else if (kind == FX_EVENT_FUNDING) {
            fill_funding(&rng, &events[at]);
            has_funding = true;
        } else if (kind == FX_EVENT_MARK) {
            fill_mark(&rng, &events[at]);
        } else if (kind == FX_EVENT_RESULT) {
            sequence++;
            index = 0;
            has_funding = false;
        }
    }
}

static void start_saver(struct fixture *fixture, uint32_t kinds, fx_str worker)
{
    const struct fx_worker_save_options options = {
        .store = fixture->store, .shard = FX_STR("USDT"), .worker = worker, .kinds = kinds};
    assert_int_equal(fx_worker_save_init(&fixture->save, &options), FX_OK);
}

static int setup(void **state)
{
    static struct fixture fixture;
    uint32_t applied = 0;
    memset(&fixture, 0, sizeof fixture);
    (void)snprintf(fixture.folder, sizeof fixture.folder, "%s", "/tmp/fx_save_XXXXXX");
    assert_non_null(mkdtemp(fixture.folder));
    (void)snprintf(fixture.path, sizeof fixture.path, "%s/store.db", fixture.folder);
    assert_int_equal(fx_store_sqlite_open(fixture.path, FX_STORE_SQLITE_WRITER, &fixture.store),
                     FX_OK);
    assert_int_equal(fx_store_migrate(fixture.store, &applied), FX_OK);
    start_saver(&fixture, FX_WORKER_SAVE_ALL, FX_STR("saver"));
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    static const char *const SUFFIXES[] = {"", "-wal", "-shm"};
    fx_worker_save_deinit(&fixture->save);
    fx_store_close(fixture->store);
    for (size_t index = 0; index < 3; index++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s%s", fixture->path, SUFFIXES[index]);
        (void)unlink(path);
    }
    return rmdir(fixture->folder);
}

/* A crash: the memory of the saver is gone, the connection too. */
static void crash(struct fixture *fixture)
{
    fx_worker_save_deinit(&fixture->save);
    fx_store_close(fixture->store);
    assert_int_equal(fx_store_sqlite_open(fixture->path, FX_STORE_SQLITE_WRITER, &fixture->store),
                     FX_OK);
    start_saver(fixture, FX_WORKER_SAVE_ALL, FX_STR("saver"));
}

/* What the tables show of a time: milliseconds. All times here are whole ones. */
static void check_states(struct fx_store *store, const struct fx_event events[], uint32_t count)
{
    const struct fx_event *orders[OBJECTS + 1] = {NULL};
    const struct fx_event *accounts[OBJECTS + 1] = {NULL};
    const struct fx_event *positions[OBJECTS + 1] = {NULL};
    for (uint32_t index = 0; index < count; index++) {
        const struct fx_event *event = &events[index];
        if (event->kind == FX_EVENT_ORDER) {
            orders[event->u.order.order_id] = event;
        } else if (event->kind == FX_EVENT_ACCOUNT) {
            accounts[event->u.account.account_id] = event;
        } else if (event->kind == FX_EVENT_POSITION) {
            positions[event->u.position.position_id] = event;
        }
    }
    for (uint64_t id = 1; id <= OBJECTS; id++) {
        const struct fx_store_key key = {USER, id};
        struct fx_rows_order order, stored_order;
        struct fx_rows_account account, stored_account;
        struct fx_rows_position position, stored_position;
        assert_int_equal(fx_store_order_find(store, key, &stored_order),
                         orders[id] != NULL ? FX_OK : FX_NOT_FOUND);
        assert_int_equal(fx_store_account_find(store, key, &stored_account),
                         accounts[id] != NULL ? FX_OK : FX_NOT_FOUND);
        assert_int_equal(fx_store_position_find(store, key, &stored_position),
                         positions[id] != NULL ? FX_OK : FX_NOT_FOUND);
        if (orders[id] != NULL) {
            const struct fx_instrument instrument = instrument_of(orders[id]->u.order.instrument);
            fx_rows_order_of(orders[id], &instrument, &order);
            assert_memory_equal(&stored_order, &order, sizeof order);
        }
        if (accounts[id] != NULL) {
            fx_rows_account_of(accounts[id], &account);
            assert_memory_equal(&stored_account, &account, sizeof account);
        }
        if (positions[id] != NULL) {
            const struct fx_instrument instrument =
                instrument_of(positions[id]->u.position.instrument);
            fx_rows_position_of(positions[id], &instrument, &position);
            assert_memory_equal(&stored_position, &position, sizeof position);
        }
    }
}

/* `foreign` trades are in the table that no event told. */
// NOLINTBEGIN(bugprone-easily-swappable-parameters): counts, the usual one first
static void check_facts(struct fx_store *store,
                        const struct fx_event events[],
                        uint32_t count,
                        uint64_t foreign)
{
    uint64_t trades = foreign, transactions = 0, stored = 0;
    fx_i128 sum = 0, stored_sum = 0;
    for (uint32_t index = 0; index < count; index++) {
        const struct fx_event *event = &events[index];
        if (event->kind == FX_EVENT_TRADE) {
            trades++;
            transactions += event->u.trade.buy_fee != 0 ? 1 : 0;
            transactions += event->u.trade.sell_fee != 0 ? 1 : 0;
            transactions += event->u.trade.buy_pnl != 0 ? 1 : 0;
            sum += event->u.trade.buy_pnl - event->u.trade.buy_fee - event->u.trade.sell_fee;
        } else if (event->kind == FX_EVENT_TRANSACTION) {
            transactions++;
            sum += event->u.transaction.amount;
        }
    }
    assert_int_equal(fx_store_trade_count(store, &stored), FX_OK);
    assert_int_equal(stored, trades);
    assert_int_equal(fx_store_transaction_count(store, &stored), FX_OK);
    assert_int_equal(stored, transactions);
    struct fx_store_transaction_query query = {.user_id = USER, .page = {.limit = 100}};
    struct fx_rows_transaction page[100];
    uint32_t page_count = 100;
    while (page_count == 100) {
        assert_int_equal(fx_store_transaction_list(store, &query, page, &page_count), FX_OK);
        for (uint32_t index = 0; index < page_count; index++) {
            stored_sum += page[index].amount;
        }
        query.page.before_id = page_count > 0 ? page[page_count - 1].id : 0;
    }
    assert_true(stored_sum == sum);
}
// NOLINTEND(bugprone-easily-swappable-parameters)

/* What facts of risk add up to: a number and a sum over each table. */
struct risk_sums {
    uint64_t counts[RISK_TABLES];
    fx_i128 sums[RISK_TABLES];
};

static void add_sum(struct risk_sums *sums, uint32_t table, fx_i128 amount)
{
    sums->counts[table]++;
    sums->sums[table] += amount;
}

/* What a position closed, or how its margin changed: by its state before and the trades of its
 * command so far. */
static void model_position(struct risk_sums *sums,
                           const struct fx_event events[],
                           uint32_t at,
                           const struct fx_event_position *before)
{
    const struct fx_event_position *after = &events[at].u.position;
    const int64_t old = before->lots, now = after->lots;
    if (old == now) {
        const fx_i128 grown = after->position_margin + after->adjust_margin -
                              before->position_margin - before->adjust_margin;
        const bool is_changed = after->position_margin != before->position_margin ||
                                after->adjust_margin != before->adjust_margin;
        if (old != 0 && is_changed) {
            add_sum(sums, 4, grown);
        }
        return;
    }
    const bool is_turned = (old > 0 && now < 0) || (old < 0 && now > 0);
    const int64_t closed = is_turned ? old : old - now;
    if (old == 0 || (!is_turned && (closed > 0) != (old > 0))) {
        return; /* opened, or grown */
    }
    fx_i128 pnl = 0;
    bool has_trades = false;
    for (uint32_t back = at; back-- > 0 && events[back].sequence == events[at].sequence;) {
        const struct fx_event_trade *trade = &events[back].u.trade;
        if (events[back].kind == FX_EVENT_TRADE && trade->instrument == after->instrument) {
            has_trades = true;
            pnl += trade->buy_pnl; /* the account of all positions is that of all buyers */
        }
    }
    pnl = has_trades ? pnl : after->realized_pnl - before->realized_pnl;
    add_sum(sums, 5, pnl * 1000003 + closed);
}

static void model_risk(const struct fx_event events[], uint32_t count, struct risk_sums *sums)
{
    static const struct fx_event_position FLAT;
    const struct fx_event_position *positions[OBJECTS + 1];
    memset(sums, 0, sizeof *sums);
    for (uint32_t id = 0; id <= OBJECTS; id++) {
        positions[id] = &FLAT;
    }
    for (uint32_t at = 0; at < count; at++) {
        const struct fx_event *event = &events[at];
        if (event->kind == FX_EVENT_LIQUIDATION) {
            add_sum(sums, 0, event->u.liquidation.fee);
        } else if (event->kind == FX_EVENT_INSURANCE) {
            add_sum(sums, 1, event->u.insurance.change);
        } else if (event->kind == FX_EVENT_SETTLEMENT) {
            add_sum(sums, 6, event->u.settlement.remainder);
        } else if (event->kind == FX_EVENT_FUNDING &&
                   (event->u.funding.is_complete != 0 || event->u.funding.is_skipped != 0)) {
            add_sum(sums, 2, event->u.funding.paid);
        } else if (fx_rows_funding_is_payment(event)) {
            add_sum(sums, 3, event->u.transaction.amount);
        } else if (event->kind == FX_EVENT_POSITION) {
            const uint64_t id = event->u.position.position_id;
            model_position(sums, events, at, positions[id]);
            positions[id] = &event->u.position;
        }
    }
}

/* A row of any of these tables. */
union risk_row {
    struct fx_rows_liquidation liquidation;
    struct fx_rows_funding_insurance insurance;
    struct fx_rows_funding funding;
    struct fx_rows_funding_payment payment;
    struct fx_rows_margin margin;
    struct fx_rows_closed closed;
    struct fx_rows_settlement settlement;
};

/* Read one row behind a cursor. @return its id; 0 where there is none. */
static uint64_t read_risk(struct fx_store *store,
                          uint32_t table,
                          uint64_t before,
                          struct risk_sums *sums)
{
    const struct fx_store_page page = {.before_id = before, .limit = 1};
    const struct fx_store_liquidation_query liquidations = {.user_id = USER, .page = page};
    const struct fx_store_funding_query fundings = {.user_id = USER, .page = page};
    const struct fx_store_history_query histories = {.user_id = USER, .page = page};
    const struct fx_store_settlement_query settlements = {.page = page};
    union risk_row row;
    memset(&row, 0, sizeof row);
    uint32_t count = 0;
    fx_status status = FX_OK;
    if (table == 0) {
        status = fx_store_liquidation_list(store, &liquidations, &row.liquidation, &count);
    } else if (table == 1) {
        status = fx_store_funding_list_insurance(store, &fundings, &row.insurance, &count);
    } else if (table == 2) {
        status = fx_store_funding_list(store, &fundings, &row.funding, &count);
    } else if (table == 3) {
        status = fx_store_funding_list_payments(store, &fundings, &row.payment, &count);
    } else if (table == 4) {
        status = fx_store_history_list_margins(store, &histories, &row.margin, &count);
    } else if (table == 6) {
        status = fx_store_settlement_list(store, &settlements, &row.settlement, &count);
    } else {
        status = fx_store_history_list_closed(store, &histories, &row.closed, &count);
    }
    assert_int_equal(status, FX_OK);
    if (count == 0) {
        return 0;
    }
    const fx_i128 lot = fx_dec_one() / 1000;
    const uint64_t ids[] = {row.liquidation.id,
                            row.insurance.id,
                            row.funding.id,
                            row.payment.id,
                            row.margin.id,
                            row.closed.id,
                            row.settlement.id};
    const fx_i128 amounts[] = {
        row.liquidation.fee,
        row.insurance.amount,
        row.funding.paid,
        row.payment.amount,
        row.margin.amount,
        table == 5 ? row.closed.realized_pnl * 1000003 + row.closed.closed_qty / lot : 0,
        row.settlement.remainder};
    add_sum(sums, table, amounts[table]);
    return ids[table];
}

static void check_risk(struct fx_store *store, const struct fx_event events[], uint32_t count)
{
    struct risk_sums expected, stored;
    model_risk(events, count, &expected);
    memset(&stored, 0, sizeof stored);
    for (uint32_t table = 0; table < RISK_TABLES; table++) {
        uint64_t before = 0;
        while ((before = read_risk(store, table, before, &stored)) != 0) {
            /* the next one */
        }
        assert_int_equal(stored.counts[table], expected.counts[table]);
        assert_true(stored.sums[table] == expected.sums[table]);
        assert_true(count < EVENTS || stored.counts[table] > 50);
    }
}

/* One event in a model's bar of decimals; false where it says nothing of this price. */
static bool count_in(const struct fx_event *event,
                     uint32_t instrument,
                     enum fx_rows_candle_price price,
                     struct fx_rows_candle *bar)
{
    const struct fx_event_trade *trade = &event->u.trade;
    const struct fx_event_mark *mark = &event->u.mark;
    fx_i128 value = 0;
    if (price == FX_ROWS_CANDLE_PRICE_LAST) {
        if (event->kind != FX_EVENT_TRADE || trade->instrument != instrument) {
            return false;
        }
        const fx_i128 quantity = trade->lots * (fx_dec_one() / 1000);
        value = trade->price_ticks * (fx_dec_one() / 10);
        bar->volume += quantity;
        bar->value += trade->value;
        bar->taker_buy_volume += trade->buyer_is_taker != 0 ? quantity : 0;
        bar->taker_buy_value += trade->buyer_is_taker != 0 ? trade->value : 0;
    } else {
        if (event->kind != FX_EVENT_MARK || mark->instrument != instrument) {
            return false;
        }
        value = (price == FX_ROWS_CANDLE_PRICE_MARK ? mark->mark_ticks : mark->index_ticks) *
                (fx_dec_one() / 10);
        if (price == FX_ROWS_CANDLE_PRICE_PREMIUM) {
            value = (fx_i128)(mark->mark_ticks - mark->index_ticks) * 1000000000;
            value = fx_dec_div_int(value, mark->index_ticks, FX_ROUND_HALF_EVEN) * 1000000000;
        }
    }
    const bool is_first = bar->count++ == 0;
    bar->open = is_first ? value : bar->open;
    bar->high = is_first || value > bar->high ? value : bar->high;
    bar->low = is_first || value < bar->low ? value : bar->low;
    bar->close = value;
    bar->operation_id = fx_event_operation_id(event);
    return true;
}

/* The stored bars of one kind are the fold of the events, bar by bar. @return how many. */
static uint32_t check_bars(struct fx_store *store,
                           const struct fx_event events[],
                           uint32_t count,
                           const struct fx_rows_candle *kind)
{
    static struct fx_rows_candle stored[BARS_MAX], expected[BARS_MAX];
    const struct fx_store_candle_query query = {.symbol = fx_ids_symbol_str(&kind->symbol),
                                                .price = kind->price,
                                                .minutes = kind->minutes,
                                                .limit = BARS_MAX};
    const uint32_t instrument =
        fx_str_is_equal(query.symbol, FX_STR("BTCUSDT")) ? 0 : 1; /* as instrument_of() */
    uint32_t bars = 0, stored_count = 0;
    for (uint32_t index = 0; index < count; index++) {
        const int64_t length_us = kind->minutes * MINUTE_US;
        const int64_t start_us = events[index].time_us / length_us * length_us;
        struct fx_rows_candle next = *kind;
        const bool is_next = bars == 0 || expected[bars - 1].start_us != start_us;
        struct fx_rows_candle *bar = is_next ? &next : &expected[bars - 1];
        bar->start_us = start_us;
        if (count_in(&events[index], instrument, kind->price, bar) && is_next) {
            expected[bars++] = next;
        }
    }
    assert_int_equal(fx_store_candle_list(store, &query, stored, &stored_count), FX_OK);
    assert_int_equal(stored_count, bars);
    if (bars > 0) {
        assert_memory_equal(stored, expected, bars * sizeof stored[0]);
    }
    return bars;
}

static void check_candles(struct fx_store *store, const struct fx_event events[], uint32_t count)
{
    static const uint32_t MINUTES[LENGTHS] = {1, 5, 30, 120, 1440};
    uint64_t all = 0, bars = 0;
    for (uint32_t at = 0; at < INSTRUMENTS * FX_ROWS_CANDLE_PRICES * LENGTHS; at++) {
        struct fx_rows_candle kind;
        memset(&kind, 0, sizeof kind);
        kind.symbol = instrument_of(at % INSTRUMENTS).symbol;
        kind.price = (enum fx_rows_candle_price)(1 + at / INSTRUMENTS % FX_ROWS_CANDLE_PRICES);
        kind.minutes = MINUTES[at / INSTRUMENTS / FX_ROWS_CANDLE_PRICES];
        bars += check_bars(store, events, count, &kind);
    }
    assert_int_equal(fx_store_candle_count(store, &all), FX_OK);
    assert_int_equal(all, bars);
}

static void check_watermark(const struct fixture *fixture, uint64_t expected)
{
    const struct fx_store_progress_key key = {FX_STR("USDT"), FX_STR("saver")};
    uint64_t stored = 0;
    assert_int_equal(fx_store_progress_find(fixture->store, &key, &stored), FX_OK);
    assert_int_equal(stored, expected);
    assert_int_equal(fixture->save.watermark, expected);
}

static void worker_save_events_with_crashes_equals_model(void **state)
{
    struct fixture *fixture = *state;
    static struct fx_event events[EVENTS];
    struct fx_rng rng;
    fx_rng_init(&rng, SEED + 1);
    make_events(events);
    print_message("seed %d\n", SEED);
    for (uint32_t at = 0; at < EVENTS;) {
        const uint32_t left = EVENTS - at;
        uint32_t count = (uint32_t)(1 + fx_rng_below(&rng, 400));
        count = count < left ? count : left;
        while (count < left && events[at + count - 1].kind != FX_EVENT_RESULT) {
            count++; /* S1: what a position won is in the trades of its command */
        }
        /* Some repetition of what is in the tables already comes before the new part. */
        const uint32_t back = (uint32_t)fx_rng_below(&rng, (at < 300 ? at : 300) + 1);
        assert_int_equal(fx_worker_save_events(&fixture->save, &events[at - back], count + back),
                         FX_OK);
        at += count;
        check_watermark(fixture, fx_event_operation_id(&events[at - 1]));
        check_states(fixture->store, events, at);
        check_facts(fixture->store, events, at, 0);
        check_candles(fixture->store, events, at);
        if (at == EVENTS || fx_rng_below(&rng, 8) == 0) {
            check_risk(fixture->store, events, at);
        }
        if (fx_rng_below(&rng, 3) == 0) {
            crash(fixture);
        }
    }
}

/* The child of the next test: save from the watermark on, one byte to the pipe per batch. */
static _Noreturn void save_until_killed(const char *path, const struct fx_event events[], int pipe)
{
    struct fixture child;
    memset(&child, 0, sizeof child);
    if (fx_store_sqlite_open(path, FX_STORE_SQLITE_WRITER, &child.store) != FX_OK) {
        _exit(1);
    }
    const struct fx_worker_save_options options = {.store = child.store,
                                                   .shard = FX_STR("USDT"),
                                                   .worker = FX_STR("saver"),
                                                   .kinds = FX_WORKER_SAVE_ALL};
    if (fx_worker_save_init(&child.save, &options) != FX_OK) {
        _exit(1);
    }
    for (uint32_t at = 0; at < EVENTS; at += 40) {
        if (fx_worker_save_events(&child.save, &events[at], 40) != FX_OK ||
            write(pipe, "x", 1) != 1) {
            _exit(1);
        }
    }
    _exit(0);
}

/* Let a child save until it has told `batches` batches, then kill it wherever it is. */
static void kill_a_saver(const char *path, const struct fx_event events[], uint64_t batches)
{
    int ends[2];
    char byte = 0;
    int code = 0;
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        save_until_killed(path, events, ends[1]);
    }
    assert_int_equal(close(ends[1]), 0);
    for (uint64_t told = 0; told < batches; told++) {
        if (read(ends[0], &byte, 1) != 1) {
            break; /* it came to the end */
        }
    }
    (void)kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_true(WIFSIGNALED(code) || WEXITSTATUS(code) == 0);
    assert_int_equal(close(ends[0]), 0);
}

static void worker_save_killed_process_leaves_whole_batches(void **state)
{
    struct fixture *fixture = *state;
    static struct fx_event events[EVENTS];
    struct fx_rng rng;
    fx_rng_init(&rng, SEED + 3);
    make_events(events);
    for (uint32_t at = 0; at < EVENTS;) {
        fx_worker_save_deinit(&fixture->save);
        fx_store_close(fixture->store);
        fixture->store = NULL;
        kill_a_saver(fixture->path, events, at / 40 + 1 + fx_rng_below(&rng, 20));
        assert_int_equal(
            fx_store_sqlite_open(fixture->path, FX_STORE_SQLITE_WRITER, &fixture->store), FX_OK);
        start_saver(fixture, FX_WORKER_SAVE_ALL, FX_STR("saver"));
        const uint32_t before = at;
        while (at < EVENTS && fx_event_operation_id(&events[at]) <= fixture->save.watermark) {
            at++;
        }
        assert_true(at > before && at % 40 == 0);
        check_states(fixture->store, events, at);
        check_facts(fixture->store, events, at, 0);
        check_candles(fixture->store, events, at);
    }
}

static void worker_save_events_repeated_writes_nothing(void **state)
{
    struct fixture *fixture = *state;
    static struct fx_event events[EVENTS];
    make_events(events);
    assert_int_equal(fx_worker_save_events(&fixture->save, events, EVENTS), FX_OK);
    const uint64_t row_count = fixture->save.row_count;
    assert_int_equal(fx_worker_save_events(&fixture->save, events, EVENTS), FX_OK);
    assert_int_equal(fixture->save.row_count, row_count);
    assert_int_equal(fx_worker_save_events(&fixture->save, events, 0), FX_OK);
    check_states(fixture->store, events, EVENTS);
}

static void worker_save_batch_writes_last_state_only(void **state)
{
    struct fixture *fixture = *state;
    struct fx_rng rng;
    struct fx_event events[20];
    fx_rng_init(&rng, SEED);
    events[0] = instrument_event(1, 0, 0);
    events[1] = instrument_event(1, 1, 1);
    for (uint32_t index = 2; index < 20; index++) {
        events[index] = event_of(FX_EVENT_ORDER, 2, index);
        fill_order(&rng, &events[index], 1);
    }
    assert_int_equal(fx_worker_save_events(&fixture->save, events, 20), FX_OK);
    assert_int_equal(fixture->save.row_count, 3); /* two instruments, one order */
    check_states(fixture->store, events, 20);
}

static void worker_save_differing_trade_writes_nothing(void **state)
{
    struct fixture *fixture = *state;
    static struct fx_event events[EVENTS];
    make_events(events);
    assert_int_equal(fx_worker_save_events(&fixture->save, events, 1000), FX_OK);
    const uint64_t watermark = fixture->save.watermark;
    /* A trade of the next batch is in the table with another price: the log was rewritten. */
    uint32_t at = 1500;
    while (events[at].kind != FX_EVENT_TRADE) {
        at++;
    }
    const struct fx_instrument instrument = instrument_of(events[at].u.trade.instrument);
    struct fx_rows_trade trade;
    fx_rows_trade_of(&events[at], &instrument, &trade);
    trade.price++;
    assert_int_equal(fx_store_trade_save(fixture->store, &trade, 1), FX_OK);
    assert_int_equal(fx_worker_save_events(&fixture->save, &events[1000], 1000), FX_CORRUPT);
    check_watermark(fixture, watermark);
    check_states(fixture->store, events, 1000); /* rolled back as a whole */
    check_candles(fixture->store, events, 1000);
    assert_false(fx_store_is_in_transaction(fixture->store));
    /* What comes before the trade can still be saved. */
    assert_int_equal(fx_worker_save_events(&fixture->save, &events[1000], at - 1000), FX_OK);
    check_states(fixture->store, events, at);
    check_facts(fixture->store, events, at, 1);
    check_candles(fixture->store, events, at);
}

static void worker_save_unknown_instrument_is_corrupt(void **state)
{
    struct fixture *fixture = *state;
    struct fx_rng rng;
    fx_rng_init(&rng, SEED);
    struct fx_event event = event_of(FX_EVENT_ORDER, 2, 0);
    fill_order(&rng, &event, 1);
    event.u.order.instrument = 1;
    assert_int_equal(fx_worker_save_events(&fixture->save, &event, 1), FX_CORRUPT);
    event.u.order.instrument = FX_INSTRUMENTS_MAX;
    assert_int_equal(fx_worker_save_events(&fixture->save, &event, 1), FX_CORRUPT);
    event.u.order.instrument = 1;
    const struct fx_instrument instrument = instrument_of(1);
    fx_worker_save_instrument(&fixture->save, &instrument);
    assert_int_equal(fx_worker_save_events(&fixture->save, &event, 1), FX_OK);
    check_states(fixture->store, &event, 1);
}

static void worker_save_dump_upserts_and_never_moves_back(void **state)
{
    struct fixture *fixture = *state;
    static struct fx_event events[EVENTS];
    struct fx_event dump[5];
    struct fx_rng rng;
    fx_rng_init(&rng, SEED + 2);
    make_events(events);
    assert_int_equal(fx_worker_save_events(&fixture->save, events, EVENTS), FX_OK);
    const uint64_t watermark = fixture->save.watermark;
    /* A dump of an old moment: newer rows stay, an unknown object appears. Its indices mean
     * nothing, so one beyond the range is no matter. */
    dump[0] = event_of(FX_EVENT_DUMP_BEGIN, 2, 0);
    dump[1] = event_of(FX_EVENT_ACCOUNT, 2, 1);
    fill_account(&rng, &dump[1], events[EVENTS - 1].kind == FX_EVENT_ACCOUNT ? 1 : 2);
    dump[2] = event_of(FX_EVENT_ACCOUNT, 2, UINT32_MAX);
    fill_account(&rng, &dump[2], 1000);
    dump[3] = event_of(FX_EVENT_MARK, 2, 3);
    fill_mark(&rng, &dump[3]);
    dump[4] = event_of(FX_EVENT_DUMP_END, 2, 4);
    assert_int_equal(fx_worker_save_events(&fixture->save, dump, 2), FX_OK);
    assert_true(fixture->save.is_in_dump);
    assert_int_equal(fx_worker_save_events(&fixture->save, &dump[2], 3), FX_OK);
    assert_false(fixture->save.is_in_dump);
    check_watermark(fixture, watermark);
    check_states(fixture->store, events, EVENTS);
    struct fx_rows_account account;
    const struct fx_store_key key = {USER, 1000};
    assert_int_equal(fx_store_account_find(fixture->store, key, &account), FX_OK);
    assert_true(account.balance == dump[2].u.account.balance);
    /* A dump of now wins over the row, and all of its command is then behind the watermark. */
    const uint64_t now = events[EVENTS - 1].sequence + 1;
    for (uint32_t index = 0; index < 5; index++) {
        dump[index].sequence = now;
    }
    assert_int_equal(fx_worker_save_events(&fixture->save, dump, 5), FX_OK);
    check_candles(fixture->store, events, EVENTS); /* a mark that is told is no update */
    check_watermark(fixture, (now << 20U) + (1U << 20U) - 1);
    const struct fx_store_key known = {USER, dump[1].u.account.account_id};
    assert_int_equal(fx_store_account_find(fixture->store, known, &account), FX_OK);
    assert_true(account.balance == dump[1].u.account.balance);
}

static void worker_save_instruments_survive_a_restart(void **state)
{
    struct fixture *fixture = *state;
    static struct fx_event events[EVENTS];
    struct fx_store_instrument_row rows[3];
    uint32_t count = 0;
    make_events(events);
    struct fx_event tier = event_of(FX_EVENT_TIER, 1, 2);
    tier.u.tier =
        (struct fx_event_tier){.tier = {.cap = 5, .rate_ppb = 1000, .leverage_max_centi = 100},
                               .instrument = 1,
                               .count = 1};
    assert_int_equal(fx_worker_save_events(&fixture->save, events, 2), FX_OK);
    assert_int_equal(fx_worker_save_events(&fixture->save, &tier, 1), FX_OK);
    crash(fixture);
    assert_int_equal(fx_worker_save_events(&fixture->save, &events[2], EVENTS - 2), FX_OK);
    check_states(fixture->store, events, EVENTS);
    assert_int_equal(fx_store_instrument_list(fixture->store, rows, 3, &count), FX_OK);
    assert_int_equal(count, 2);
    assert_memory_equal(&rows[1].instrument, &events[1].u.instrument, sizeof rows[1].instrument);
    struct fx_tier tiers[FX_TIERS_MAX];
    assert_int_equal(fx_store_instrument_tiers(fixture->store, 1, tiers, &count), FX_OK);
    assert_int_equal(count, 1);
    tier.u.tier.index = 1;
    tier.index = 1 << 19;
    tier.sequence = events[EVENTS - 1].sequence + 1;
    assert_int_equal(fx_worker_save_events(&fixture->save, &tier, 1), FX_CORRUPT);
}

static void worker_save_kinds_have_their_own_watermarks(void **state)
{
    struct fixture *fixture = *state;
    static struct fx_event events[EVENTS];
    uint64_t count = 0;
    make_events(events);
    fx_worker_save_deinit(&fixture->save);
    start_saver(fixture, FX_WORKER_SAVE_ORDERS, FX_STR("orders"));
    assert_int_equal(fx_worker_save_events(&fixture->save, events, EVENTS), FX_OK);
    assert_int_equal(fx_store_order_count(fixture->store, &count), FX_OK);
    assert_int_equal(count, OBJECTS);
    assert_int_equal(fx_store_account_count(fixture->store, &count), FX_OK);
    assert_int_equal(count, 0);
    fx_worker_save_deinit(&fixture->save);
    start_saver(fixture, FX_WORKER_SAVE_ALL, FX_STR("saver"));
    assert_int_equal(fixture->save.watermark, 0);
    assert_int_equal(fx_worker_save_events(&fixture->save, events, EVENTS), FX_OK);
    check_states(fixture->store, events, EVENTS);
    check_facts(fixture->store, events, EVENTS, 0);
    check_candles(fixture->store, events, EVENTS);
}

/* A database of a version without bars: they are made of its trades, once, whatever is there. */
static void worker_save_bars_of_old_trades_are_made(void **state)
{
    struct fixture *fixture = *state;
    static struct fx_event events[EVENTS];
    static struct fx_event before[EVENTS];
    const uint32_t half = EVENTS / 2;
    sqlite3 *raw = NULL;
    make_events(events);
    /* No mark was ever saved by it. */
    for (uint32_t index = 0; index < EVENTS; index++) {
        before[index] = events[index];
        before[index].kind = index < half && events[index].kind == FX_EVENT_MARK
                                 ? FX_EVENT_BOOK
                                 : events[index].kind;
    }
    assert_int_equal(fx_worker_save_events(&fixture->save, before, half), FX_OK);
    assert_int_equal(sqlite3_open(fixture->path, &raw), SQLITE_OK);
    for (int partly = 0; partly < 2; partly++) {
        const char *sql = partly == 0 ? "DELETE FROM candles;"
                                        "DELETE FROM saver_progress WHERE worker='candles';"
                                      : "UPDATE candles SET high=low, tradeCount=1 "
                                        "WHERE resolution=30;"
                                        "DELETE FROM saver_progress WHERE worker='candles';";
        assert_int_equal(sqlite3_exec(raw, sql, NULL, NULL, NULL), SQLITE_OK);
        crash(fixture);
        check_candles(fixture->store, before, half);
    }
    /* Not again: what is there now is believed. */
    assert_int_equal(sqlite3_exec(raw, "DELETE FROM candles", NULL, NULL, NULL), SQLITE_OK);
    uint64_t count = 1;
    crash(fixture);
    assert_int_equal(fx_store_candle_count(fixture->store, &count), FX_OK);
    assert_int_equal(count, 0);
    assert_int_equal(
        sqlite3_exec(raw, "DELETE FROM saver_progress WHERE worker='candles'", NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_close(raw), SQLITE_OK);
    crash(fixture);
    assert_int_equal(fx_worker_save_events(&fixture->save, &before[half], EVENTS - half), FX_OK);
    check_candles(fixture->store, before, EVENTS);
}

/* Two savers that do not know of each other write the same trades: no bar counts one twice. */
static void worker_save_two_savers_count_once(void **state)
{
    struct fixture *fixture = *state;
    static struct fx_event events[EVENTS];
    struct fixture other = *fixture;
    struct fx_rng rng;
    uint32_t at[2] = {0, 0};
    fx_rng_init(&rng, SEED + 4);
    make_events(events);
    assert_int_equal(fx_store_sqlite_open(fixture->path, FX_STORE_SQLITE_WRITER, &other.store),
                     FX_OK);
    start_saver(&other, FX_WORKER_SAVE_TRADES | FX_WORKER_SAVE_INSTRUMENTS, FX_STR("other"));
    while (at[0] < EVENTS || at[1] < EVENTS) {
        /* The one behind goes on, often far enough to be the one in front. */
        const uint32_t which = at[0] < at[1] ? 0 : 1;
        const uint32_t left = EVENTS - at[which];
        const uint32_t any = (uint32_t)(1 + fx_rng_below(&rng, 300));
        const uint32_t count = any < left ? any : left;
        struct fixture *saver = which == 0 ? fixture : &other;
        assert_int_equal(fx_worker_save_events(&saver->save, &events[at[which]], count), FX_OK);
        at[which] += count;
        check_candles(fixture->store, events, at[0] > at[1] ? at[0] : at[1]);
    }
    fx_worker_save_deinit(&other.save);
    fx_store_close(other.store);
}

static void worker_save_overtaken_by_another_is_stale(void **state)
{
    struct fixture *fixture = *state;
    static struct fx_event events[EVENTS];
    const struct fx_store_progress_key key = {FX_STR("USDT"), FX_STR("saver")};
    make_events(events);
    assert_int_equal(fx_worker_save_events(&fixture->save, events, 100), FX_OK);
    const uint64_t far = fx_event_operation_id(&events[299]);
    const struct fx_store_progress_step step = {fixture->save.watermark, far};
    assert_int_equal(fx_store_progress_advance(fixture->store, &key, &step), FX_OK);
    assert_int_equal(fx_worker_save_events(&fixture->save, &events[100], 100), FX_STALE);
    check_watermark(fixture, far);
    check_states(fixture->store, events, 100);
    assert_int_equal(fx_worker_save_events(&fixture->save, &events[100], 100), FX_OK);
    check_states(fixture->store, events, 100);
}

/* The database is another one now: a replica that was behind when the master was lost, or a backup.
 * Rows that were seen committed are missing; only the log has them. */
static void worker_save_into_tables_that_lost_rows_stops(void **state)
{
    struct fixture *fixture = *state;
    static struct fx_event events[EVENTS];
    char behind[sizeof fixture->path + 8];
    make_events(events);
    (void)snprintf(behind, sizeof behind, "%s.behind", fixture->path);
    assert_int_equal(fx_worker_save_events(&fixture->save, events, 100), FX_OK);
    const uint64_t kept = fixture->save.watermark;
    assert_int_equal(fx_store_sqlite_copy(fixture->path, behind), FX_OK);
    assert_int_equal(fx_worker_save_events(&fixture->save, &events[100], 200), FX_OK);
    struct fx_store *master = fixture->store;
    assert_int_equal(fx_store_sqlite_open(behind, FX_STORE_SQLITE_WRITER, &fixture->store), FX_OK);
    fixture->save.store = fixture->store; /* as a connection that finds the way by itself */
    const uint64_t seen = fixture->save.watermark;
    assert_int_equal(fx_worker_save_events(&fixture->save, &events[300], 100), FX_TABLES_BEHIND);
    assert_non_null(strstr(fx_store_error_text(fixture->store), "USDT/saver"));
    assert_int_equal(fixture->save.watermark, seen);
    /* Given again, also with what is before: it does not get used to it. */
    assert_int_equal(fx_worker_save_events(&fixture->save, &events[300], 100), FX_TABLES_BEHIND);
    assert_int_equal(fx_worker_save_events(&fixture->save, events, 400), FX_TABLES_BEHIND);
    check_states(fixture->store, events, 100);
    /* A new start does what is right: from the log, at the watermark that the tables have. */
    fx_worker_save_deinit(&fixture->save);
    start_saver(fixture, FX_WORKER_SAVE_ALL, FX_STR("saver"));
    check_watermark(fixture, kept);
    assert_int_equal(fx_worker_save_events(&fixture->save, &events[100], 300), FX_OK);
    check_states(fixture->store, events, 400);
    fx_worker_save_deinit(&fixture->save);
    fx_store_close(fixture->store);
    assert_int_equal(unlink(behind), 0);
    fixture->store = master;
    start_saver(fixture, FX_WORKER_SAVE_ALL, FX_STR("saver"));
}

static void worker_save_init_with_long_name_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct fx_worker_save save;
    struct fx_worker_save_options options = {.store = fixture->store,
                                             .shard = FX_STR("USDT"),
                                             .worker = FX_STR("a234567890123456789012345678901"),
                                             .kinds = FX_WORKER_SAVE_ALL};
    assert_int_equal(fx_worker_save_init(&save, &options), FX_OK);
    fx_worker_save_deinit(&save);
    options.worker = FX_STR("a23456789012345678901234567890123");
    assert_int_equal(fx_worker_save_init(&save, &options), FX_BAD_PARAMETER);
    options.worker = FX_STR("");
    assert_int_equal(fx_worker_save_init(&save, &options), FX_BAD_PARAMETER);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(worker_save_events_with_crashes_equals_model),
        TEST(worker_save_killed_process_leaves_whole_batches),
        TEST(worker_save_events_repeated_writes_nothing),
        TEST(worker_save_batch_writes_last_state_only),
        TEST(worker_save_differing_trade_writes_nothing),
        TEST(worker_save_unknown_instrument_is_corrupt),
        TEST(worker_save_dump_upserts_and_never_moves_back),
        TEST(worker_save_instruments_survive_a_restart),
        TEST(worker_save_kinds_have_their_own_watermarks),
        TEST(worker_save_bars_of_old_trades_are_made),
        TEST(worker_save_two_savers_count_once),
        TEST(worker_save_overtaken_by_another_is_stale),
        TEST(worker_save_into_tables_that_lost_rows_stops),
        TEST(worker_save_init_with_long_name_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
