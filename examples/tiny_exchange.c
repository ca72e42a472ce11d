/**
 * @file tiny_exchange.c
 * The whole exchange in one page: an engine in memory, two traders, and what it says.
 *
 * No thread, socket, file or database: commands go in, events come out. Everything else in this
 * repository carries commands to this function, or events away from it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

/* An exchange is a block of memory, a place for events, and the position in the log. */
struct exchange {
    struct fx_engine *engine;
    struct fx_events events;
};

static fx_i128 decimal(const char *text)
{
    fx_i128 units = 0;
    if (fx_dec_parse(fx_str_of(text), &units) != FX_OK) {
        (void)fprintf(stderr, "not a decimal: %s\n", text);
        exit(1);
    }
    return units;
}

static struct exchange open_exchange(void)
{
    struct fx_engine_limits limits = fx_engine_default_limits();
    limits.accounts_max = 16;
    limits.positions_max = 16;
    limits.orders_max = 64;
    limits.client_ids_max = 64;
    limits.instruments_max = 1;
    limits.account_orders_max = 16;
    const size_t size = fx_engine_size(&limits);
    void *memory = aligned_alloc(64, size);
    struct exchange exchange = {.events = {.capacity = fx_engine_events_max(&limits)}};
    exchange.events.items = calloc(exchange.events.capacity, sizeof *exchange.events.items);
    if (memory == NULL || exchange.events.items == NULL) {
        exit(1);
    }
    memset(memory, 0, size);
    exchange.engine = fx_engine_init(memory, &limits);
    return exchange;
}

static void print_decimal(const char *label, fx_i128 units)
{
    char text[FX_DEC_TEXT_SIZE_MAX];
    (void)fx_dec_format(units, text);
    (void)printf(" %s %s", label, text);
}

static void print_order(const struct fx_event_order *order)
{
    (void)printf("  order %" PRIu64 " of user %" PRIu64 ": %s, %" PRId64 " of %" PRId64
                 " lots left",
                 order->order_id,
                 order->user_id,
                 fx_order_status_name((enum fx_order_status)order->status),
                 order->remaining_lots,
                 order->lots);
    print_decimal("and reserves", order->order_margin);
}

static void print_trade(const struct fx_event_trade *trade)
{
    (void)printf("  trade %" PRIu64 ": user %" PRIu64 " buys %" PRId64 " lots of user %" PRIu64
                 " at %" PRId64 " ticks,",
                 trade->trade_id,
                 trade->buy_user_id,
                 trade->lots,
                 trade->sell_user_id,
                 trade->price_ticks);
    print_decimal("worth", trade->value);
    print_decimal("; fees", trade->buy_fee);
    print_decimal("and", trade->sell_fee);
}

static void print_position(const struct fx_event_position *position)
{
    (void)printf(
        "  position of user %" PRIu64 ": %+" PRId64 " lots", position->user_id, position->lots);
    print_decimal("for", position->entry_value);
    if (position->liquidation_ticks > 0) {
        (void)printf(", liquidated at %" PRId64 " ticks", position->liquidation_ticks);
    }
}

/* One line per event; the kinds that a reader of this page does not need are left out. */
static void print_event(const struct fx_event *event)
{
    switch ((enum fx_event_kind)event->kind) {
    case FX_EVENT_ORDER:
        print_order(&event->u.order);
        break;
    case FX_EVENT_TRADE:
        print_trade(&event->u.trade);
        break;
    case FX_EVENT_POSITION:
        print_position(&event->u.position);
        break;
    case FX_EVENT_ACCOUNT:
        (void)printf("  account of user %" PRIu64 ":", event->u.account.user_id);
        print_decimal("balance", event->u.account.balance);
        break;
    case FX_EVENT_BOOK:
        (void)printf("  book: %s %" PRId64 " lots at %" PRId64 " ticks",
                     fx_order_side_name((enum fx_side)event->u.book.side),
                     event->u.book.lots,
                     event->u.book.price_ticks);
        break;
    case FX_EVENT_RESULT:
        (void)printf("  result: %s", fx_status_name(event->u.result.reject.status));
        break;
    case FX_EVENT_TRANSACTION:
    case FX_EVENT_INSTRUMENT:
    case FX_EVENT_TIER:
    case FX_EVENT_MARK:
    case FX_EVENT_FUNDING:
    case FX_EVENT_SETTLEMENT:
    case FX_EVENT_DUMP_BEGIN:
    case FX_EVENT_DUMP_END:
    case FX_EVENT_LIQUIDATION:
    case FX_EVENT_INSURANCE:
    case FX_EVENT_TERM:
    case FX_EVENT_EXCHANGE:
    default:
        return;
    }
    (void)printf("\n");
}

/* The sequencer's work: number the command, stamp it, apply it. A real one also writes it down. */
static void submit(struct exchange *exchange, struct fx_command *command, const char *title)
{
    command->sequence = fx_engine_sequence(exchange->engine) + 1;
    command->time_us = (int64_t)command->sequence * 1000;
    fx_engine_apply(exchange->engine, command, &exchange->events);
    (void)printf("%s\n", title);
    for (uint32_t index = 0; index < exchange->events.count; index++) {
        print_event(&exchange->events.items[index]);
    }
}

static struct fx_command command_of(enum fx_command_kind kind, uint64_t user_id)
{
    struct fx_command command;
    memset(&command, 0, sizeof command);
    command.kind = (uint16_t)kind;
    command.user_id = user_id;
    return command;
}

static void name_asset(const char *text, struct fx_asset *asset_out)
{
    if (!fx_ids_asset(fx_str_of(text), asset_out)) {
        exit(1);
    }
}

/* Ticks of 0.1 USDT, lots of 0.001 BTC, 0.02 % for makers and 0.05 % for takers. */
static void list_bitcoin(struct exchange *exchange)
{
    struct fx_command command = command_of(FX_COMMAND_UPDATE_INSTRUMENT, 0);
    struct fx_instrument *bitcoin = &command.u.instrument;
    bitcoin->tick_size = decimal("0.1");
    bitcoin->lot_size = decimal("0.001");
    bitcoin->multiplier = decimal("1");
    bitcoin->min_lots = 1;
    bitcoin->max_lots = 1000000;
    bitcoin->max_market_lots = 100000;
    bitcoin->max_ticks = 10000000;
    bitcoin->market_take_bound_ppb = 50000000;
    bitcoin->maker_fee_ppb = 200000;
    bitcoin->taker_fee_ppb = 500000;
    bitcoin->leverage_max_centi = 12500;
    bitcoin->orders_max = 200;
    bitcoin->funding_interval_s = 28800;
    bitcoin->contract_type = FX_CONTRACT_TYPE_USD_M;
    bitcoin->kind = FX_INSTRUMENT_KIND_PERPETUAL;
    bitcoin->state = FX_INSTRUMENT_STATE_PENDING;
    if (!fx_ids_symbol(FX_STR("BTCUSDT"), &bitcoin->symbol) ||
        !fx_ids_symbol(FX_STR("BTC"), &bitcoin->root_symbol)) {
        exit(1);
    }
    name_asset("BTC", &bitcoin->base);
    name_asset("USDT", &bitcoin->quote);
    name_asset("USDT", &bitcoin->settle);
    submit(exchange, &command, "List BTCUSDT");

    command = command_of(FX_COMMAND_LOAD_LEVERAGE_MARGIN, 0);
    command.u.tiers.count = 1;
    command.u.tiers.tiers[0].cap = decimal("50000000");
    command.u.tiers.tiers[0].rate_ppb = 4000000;
    command.u.tiers.tiers[0].leverage_max_centi = 12500;
    submit(exchange, &command, "One margin tier: 0.4 % maintenance, 125x");

    command = command_of(FX_COMMAND_MARK_PRICE, 0);
    command.u.mark.mark_ticks = 500000;
    command.u.mark.index_ticks = 500000;
    submit(exchange, &command, "Mark price 50,000");

    command = command_of(FX_COMMAND_SET_STATE, 0);
    command.u.set_state.state = FX_INSTRUMENT_STATE_TRADING;
    submit(exchange, &command, "Open for trading");
}

static void welcome(struct exchange *exchange, uint64_t user_id)
{
    struct fx_command command = command_of(FX_COMMAND_CREATE_ACCOUNT, user_id);
    name_asset("USDT", &command.u.account.asset);
    submit(exchange, &command, "Open an account");

    command = command_of(FX_COMMAND_DEPOSIT, user_id);
    name_asset("USDT", &command.u.transfer.asset);
    command.u.transfer.amount = decimal("10000");
    command.u.transfer.type = FX_TRANSACTION_DEPOSIT;
    submit(exchange, &command, "Deposit 10,000 USDT");
}

static void order(struct exchange *exchange,
                  uint64_t user_id,
                  enum fx_side side,
                  const char *title,
                  const int64_t price_and_lots[2])
{
    struct fx_command command = command_of(FX_COMMAND_PLACE_ORDER, user_id);
    command.u.place.side = (uint8_t)side;
    command.u.place.type = FX_ORDER_TYPE_LIMIT;
    command.u.place.time_in_force = FX_TIME_IN_FORCE_GTC;
    command.u.place.price_ticks = price_and_lots[0];
    command.u.place.lots = price_and_lots[1];
    submit(exchange, &command, title);
}

int main(void)
{
    enum { ALICE = 1, BOB = 2 };
    struct exchange exchange = open_exchange();
    list_bitcoin(&exchange);
    welcome(&exchange, ALICE);
    welcome(&exchange, BOB);
    order(
        &exchange, ALICE, FX_SIDE_SELL, "Alice offers 0.5 BTC at 50,010", (int64_t[]){500100, 500});
    order(&exchange,
          BOB,
          FX_SIDE_BUY,
          "Bob wants 100 BTC: more than his margin carries",
          (int64_t[]){500100, 100000});
    order(&exchange, BOB, FX_SIDE_BUY, "Bob buys 0.2 BTC", (int64_t[]){500100, 200});
    order(&exchange, BOB, FX_SIDE_SELL, "Bob offers it at 51,000", (int64_t[]){510000, 200});
    fx_engine_check(exchange.engine);
    (void)printf("state hash %016" PRIx64 "\n", fx_engine_hash(exchange.engine));
    free(exchange.engine);
    free(exchange.events.items);
    return 0;
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
