/* Runs tests/golden/1*.txt to 9*.txt: scenarios that a person can read and recompute.
 *
 * A line is a command; indented lines under it are all that the engine must say, in order. '#'
 * begins a comment. Commands:
 *     list SYMBOL key=value ...   type tick lot mult maker taker settle band expiry (seconds)
 *     tiers SYMBOL cap:rate:leverage ...
 *     mark SYMBOL PRICE           account USER ASSET AMOUNT
 *     leverage USER SYMBOL LEVERAGE [CROSS|ISOLATED]
 *     place NAME USER SYMBOL BUY|SELL QUANTITY PRICE|MARKET [words]
 *     protect USER SYMBOL PROFIT|- LOSS|-         sets both on the mark; they are USER.tp, USER.sl
 *     mode USER ONE_WAY|HEDGE     freeze USER YES|NO     state SYMBOL STATE
 *     settle SYMBOL PRICE|-
 *     amend NAME PRICE|- QUANTITY|-                cancel NAME        tick SECONDS
 *     book SYMBOL                 available USER SYMBOL     ranks SYMBOL
 *     quiet, then loud [WORD]: what is said between is of no interest; from there on lines that
 * begin so Words of place: IOC FOK GTD:seconds POST SLIDE REDUCE LONG SHORT NONE EXPIRE_TAKER
 * EXPIRE_BOTH, and of a conditional order TYPE:SOURCE:PRICE (of a trailing stop RATE or
 * RATE:ACTIVATION) and PROTECT; the quantity "-" is closePosition. TP:PRICE and SL:PRICE protect
 * the order, by the mark; they are NAME.tp and NAME.sl. */
#include <dirent.h>
#include <stdio.h>

#include "engine/rank_int.h"
#include "engine_kit.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

enum { WORDS_MAX = 16, NAMES_MAX = 64, NAME_SIZE = 16, TEXT_SIZE = 65536, PPB = 1000000000 };

struct golden {
    struct engine_kit kit;
    char users[NAMES_MAX][NAME_SIZE];  /* index = user id */
    char orders[NAMES_MAX][NAME_SIZE]; /* index = order id */
    uint64_t owners[NAMES_MAX];
    char said[TEXT_SIZE];
    size_t said_size;
    char *words[WORDS_MAX];
    uint32_t word_count;
    bool is_quiet;        /* while a scenario is set up */
    char only[NAME_SIZE]; /* of what is said, the lines that begin so; "": all */
};

static struct golden golden;

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *format, ...)
{
    va_list arguments;
    if (golden.is_quiet || strncmp(format, golden.only, strlen(golden.only)) != 0) {
        return;
    }
    va_start(arguments, format);
    const int size =
        vsnprintf(golden.said + golden.said_size, TEXT_SIZE - golden.said_size, format, arguments);
    va_end(arguments);
    assert_true(size >= 0 && (size_t)size < TEXT_SIZE - golden.said_size);
    golden.said_size += (size_t)size;
}

/* Up to eight decimals alive in one call of say(). */
static const char *text_of(fx_i128 units)
{
    static char texts[8][FX_DEC_TEXT_SIZE_MAX];
    static uint32_t next;
    char *text = texts[next % 8];
    next++;
    (void)fx_dec_format(units, text);
    return text;
}

static const struct fx_instrument *definition_of(uint32_t instrument)
{
    return &golden.kit.engine->listings[instrument].definition;
}

static const char *price_of(uint32_t instrument, int64_t ticks)
{
    return text_of(fx_instrument_price(definition_of(instrument), (fx_px){ticks}));
}

static const char *quantity_of(uint32_t instrument, int64_t lots)
{
    const fx_i128 size = definition_of(instrument)->lot_size;
    return text_of(size * lots);
}

static uint64_t number_of(char names[][NAME_SIZE], const char *name, bool may_be_new)
{
    for (uint64_t number = 1; number < NAMES_MAX; number++) {
        if (strcmp(names[number], name) == 0) {
            return number;
        }
        if (names[number][0] == '\0' && may_be_new) {
            assert_true(fx_str_copy(fx_str_of(name), names[number], NAME_SIZE));
            return number;
        }
    }
    fail_msg("unknown name %s", name);
    return 0;
}

static void say_settlement(const struct fx_event_settlement *settlement)
{
    static const char *const PHASES[] = {"", "WAITING", "CANCELING", "CLOSING", "DONE"};
    say("settlement %s at %s closed %u remainder %s\n",
        PHASES[settlement->phase],
        price_of(settlement->instrument, settlement->price_ticks),
        (uint32_t)settlement->positions,
        text_of(settlement->remainder));
}

/* Orders of liquidations and of the fund have no name of their own. */
static void name_forced(uint64_t order_id, const char *name)
{
    assert_true(order_id < NAMES_MAX);
    (void)fx_str_copy(fx_str_of(name), golden.orders[order_id], NAME_SIZE);
}

static void say_liquidation(const struct fx_event_liquidation *step)
{
    say("liquidation %s %s %s at %s equity %s maintenance %s fee %s against %s orders %u\n",
        golden.users[step->user_id],
        fx_event_risk_step_name((enum fx_liquidation_step)step->step),
        quantity_of(step->instrument, step->lots),
        price_of(step->instrument, step->price_ticks),
        text_of(step->equity),
        text_of(step->maintenance),
        text_of(step->fee),
        step->counter_account_id == 0 ? "nobody" : golden.users[step->counter_user_id],
        step->count);
    if (step->order_id != 0) {
        name_forced(step->order_id, "forced");
    }
}

static void say_insurance(const struct fx_event_insurance *insurance)
{
    say("insurance %s balance %s change %s lots %lld\n",
        fx_event_risk_reason_name((enum fx_insurance_reason)insurance->reason),
        text_of(insurance->balance),
        text_of(insurance->change),
        (long long)insurance->lots);
}

static void say_event(const struct fx_event *event)
{
    const struct fx_event_order *order = &event->u.order;
    const struct fx_event_trade *trade = &event->u.trade;
    const struct fx_event_position *position = &event->u.position;
    const struct fx_event_book *book = &event->u.book;
    switch ((enum fx_event_kind)event->kind) {
    case FX_EVENT_ORDER:
        say("order %s %s left %s at %s margin %s%s%s\n",
            golden.orders[order->order_id],
            fx_order_status_name((enum fx_order_status)order->status),
            quantity_of(order->instrument, order->remaining_lots),
            price_of(order->instrument, order->price_ticks),
            text_of(order->order_margin),
            order->note == 0 ? "" : " note ",
            fx_order_note_name((enum fx_order_note)order->note));
        break;
    case FX_EVENT_TRADE:
        say("trade %s buys %s of %s at %s value %s fees %s %s pnl %s %s\n",
            golden.orders[trade->buy_order_id],
            quantity_of(trade->instrument, trade->lots),
            golden.orders[trade->sell_order_id],
            price_of(trade->instrument, trade->price_ticks),
            text_of(trade->value),
            text_of(trade->buy_fee),
            text_of(trade->sell_fee),
            text_of(trade->buy_pnl),
            text_of(trade->sell_pnl));
        break;
    case FX_EVENT_ACCOUNT:
        say("account %s balance %s\n",
            golden.users[event->u.account.user_id],
            text_of(event->u.account.balance));
        break;
    case FX_EVENT_POSITION:
        say("position %s%s%s %s entry value %s margin %s reserved %s\n",
            golden.users[position->user_id],
            position->position_side == FX_POSITION_SIDE_BOTH ? "" : " ",
            position->position_side == FX_POSITION_SIDE_BOTH
                ? ""
                : fx_order_position_side_name((enum fx_position_side)position->position_side),
            quantity_of(position->instrument, position->lots),
            text_of(position->entry_value),
            text_of(position->position_margin),
            text_of(position->order_cost));
        break;
    case FX_EVENT_BOOK:
        say("level %s %s %s\n",
            fx_order_side_name((enum fx_side)book->side),
            price_of(book->instrument, book->price_ticks),
            quantity_of(book->instrument, book->lots));
        break;
    case FX_EVENT_SETTLEMENT:
        say_settlement(&event->u.settlement);
        break;
    case FX_EVENT_LIQUIDATION:
        say_liquidation(&event->u.liquidation);
        break;
    case FX_EVENT_INSURANCE:
        say_insurance(&event->u.insurance);
        break;
    case FX_EVENT_RESULT:
        if (event->u.result.reject.status != FX_OK) {
            say("reject %s\n", fx_status_name(event->u.result.reject.status));
        }
        break;
    case FX_EVENT_TRANSACTION:
        if (event->u.transaction.type == FX_TRANSACTION_FUNDING_FEE) {
            say("funding %s %s\n",
                golden.users[event->u.transaction.user_id],
                text_of(event->u.transaction.amount));
        }
        break;
    case FX_EVENT_FUNDING:
        say("funding of %u positions rate %s mark %s%s\n",
            event->u.funding.positions,
            text_of((fx_i128)event->u.funding.rate_ppb * (fx_dec_one() / PPB)),
            price_of(event->u.funding.instrument, event->u.funding.mark_ticks),
            event->u.funding.is_skipped != 0    ? " skipped"
            : event->u.funding.is_complete != 0 ? " complete"
                                                : "");
        break;
    case FX_EVENT_INSTRUMENT:
    case FX_EVENT_TIER:
    case FX_EVENT_MARK:
    case FX_EVENT_DUMP_BEGIN:
    case FX_EVENT_DUMP_END:
    case FX_EVENT_TERM:
    case FX_EVENT_EXCHANGE:
    default:
        break;
    }
}

static void run(struct fx_command *command)
{
    (void)engine_kit_apply(&golden.kit, command);
    if (command->kind == FX_COMMAND_CLOSE_INSURANCE && golden.kit.result.order_id != 0) {
        name_forced(golden.kit.result.order_id, "work");
    }
    for (uint32_t index = 0; index < golden.kit.events.count; index++) {
        say_event(&golden.kit.events.items[index]);
    }
}

static const char *word(uint32_t index)
{
    assert_true(index < golden.word_count);
    return golden.words[index];
}

static fx_i128 decimal(const char *text)
{
    return engine_kit_decimal(text);
}

static uint32_t symbol_of(const char *name)
{
    const uint32_t instrument = fx_engine_find_instrument(golden.kit.engine, fx_str_of(name));
    assert_true(instrument != UINT32_MAX);
    return instrument;
}

static int64_t ticks_of(uint32_t instrument, const char *text)
{
    return (int64_t)(decimal(text) / definition_of(instrument)->tick_size);
}

static int64_t lots_of(uint32_t instrument, const char *text)
{
    return (int64_t)(decimal(text) / definition_of(instrument)->lot_size);
}

static int64_t ppb_of(const char *text)
{
    return (int64_t)(decimal(text) / (fx_dec_one() / PPB));
}

static void read_definition(struct fx_instrument *definition, char *pair)
{
    char *value = strchr(pair, '=');
    assert_non_null(value);
    *value = '\0';
    value++;
    if (strcmp(pair, "type") == 0) {
        definition->contract_type = (uint8_t)fx_instrument_contract_type_of(fx_str_of(value));
    } else if (strcmp(pair, "tick") == 0) {
        definition->tick_size = decimal(value);
    } else if (strcmp(pair, "max") == 0) { /* in ticks */
        definition->max_ticks = (int64_t)(decimal(value) / fx_dec_one());
    } else if (strcmp(pair, "lot") == 0) {
        definition->lot_size = decimal(value);
    } else if (strcmp(pair, "mult") == 0) {
        definition->multiplier = decimal(value);
    } else if (strcmp(pair, "maker") == 0) {
        definition->maker_fee_ppb = ppb_of(value);
    } else if (strcmp(pair, "taker") == 0) {
        definition->taker_fee_ppb = ppb_of(value);
    } else if (strcmp(pair, "liqfee") == 0) {
        definition->liquidation_fee_ppb = ppb_of(value);
    } else if (strcmp(pair, "expiry") == 0) { /* seconds */
        definition->kind = FX_INSTRUMENT_KIND_DATED;
        definition->expiry_us = (int64_t)(decimal(value) / (fx_dec_one() / 1000000));
    } else if (strcmp(pair, "band") == 0) {
        definition->band_up_ppb = ppb_of(value);
        definition->band_down_ppb = definition->band_up_ppb;
    } else if (strcmp(pair, "settle") == 0) {
        definition->settle = engine_kit_asset(value);
    } else if (strcmp(pair, "interest") == 0) {
        definition->interest_ppb = ppb_of(value);
    } else if (strcmp(pair, "damper") == 0) {
        definition->damper_ppb = ppb_of(value);
    } else if (strcmp(pair, "impact") == 0) {
        definition->impact_notional = decimal(value);
    } else {
        fail_msg("unknown key %s", pair);
    }
}

static void do_list(void)
{
    struct fx_instrument definition = engine_kit_definition(word(1));
    for (uint32_t index = 2; index < golden.word_count; index++) {
        read_definition(&definition, golden.words[index]);
    }
    assert_int_equal(engine_kit_update(&golden.kit, &definition), FX_OK);
    const uint32_t instrument = symbol_of(word(1));
    assert_int_equal(engine_kit_tiers(&golden.kit, instrument), FX_OK);
    assert_int_equal(engine_kit_state(&golden.kit, instrument, FX_INSTRUMENT_STATE_TRADING), FX_OK);
}

static void do_tiers(void)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_LOAD_LEVERAGE_MARGIN, symbol_of(word(1)), 0);
    struct fx_command_tiers *tiers = &command.u.tiers;
    for (uint32_t index = 2; index < golden.word_count; index++) {
        char *cap = golden.words[index];
        char *rate = strchr(cap, ':');
        assert_non_null(rate);
        *rate = '\0';
        rate++;
        char *leverage = strchr(rate, ':');
        assert_non_null(leverage);
        *leverage = '\0';
        leverage++;
        struct fx_tier *tier = &tiers->tiers[tiers->count];
        tier->cap = decimal(cap);
        tier->rate_ppb = ppb_of(rate);
        tier->leverage_max_centi = (int32_t)(decimal(leverage) / (fx_dec_one() / 100));
        tiers->count++;
    }
    fx_instrument_fill_cums(tiers->tiers, tiers->count);
    run(&command);
}

static void do_mark(void)
{
    const uint32_t instrument = symbol_of(word(1));
    struct fx_command command = engine_kit_command(FX_COMMAND_MARK_PRICE, instrument, 0);
    command.u.mark.mark_ticks = ticks_of(instrument, word(2));
    command.u.mark.index_ticks = command.u.mark.mark_ticks;
    run(&command);
}

/* index SYMBOL PRICE [SOURCES] */
static void do_index(void)
{
    const uint32_t instrument = symbol_of(word(1));
    struct fx_command command = engine_kit_command(FX_COMMAND_INDEX_PRICE, instrument, 0);
    command.u.index.index_ticks = ticks_of(instrument, word(2));
    command.u.index.source_count =
        golden.word_count > 3 ? (uint32_t)(decimal(word(3)) / fx_dec_one()) : 1;
    run(&command);
    const struct fx_event *event = engine_kit_event(&golden.kit, FX_EVENT_MARK, 0);
    if (event != NULL) {
        say("mark %s index %s%s predicted %s\n",
            price_of(instrument, event->u.mark.mark_ticks),
            price_of(instrument, event->u.mark.index_ticks),
            event->u.mark.is_stale != 0 ? " stale" : "",
            text_of((fx_i128)event->u.mark.predicted_ppb * (fx_dec_one() / PPB)));
    }
}

/* rules SYMBOL SECONDS SOURCES: how old a mark may be, and how many must say the index. */
static void do_rules(void)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_SET_MARK_RULES, symbol_of(word(1)), 0);
    command.u.mark_rules.max_age_us = (int64_t)(decimal(word(2)) / (fx_dec_one() / 1000000));
    command.u.mark_rules.band_ppb = FX_COMMAND_MARK_BAND_PPB;
    command.u.mark_rules.sources_min = (uint32_t)(decimal(word(3)) / fx_dec_one());
    run(&command);
}

static void do_account(void)
{
    engine_kit_account(&golden.kit, number_of(golden.users, word(1), true), word(2), word(3));
}

static void do_leverage(void)
{
    struct fx_command command = engine_kit_command(
        FX_COMMAND_ADJUST_LEVERAGE, symbol_of(word(2)), number_of(golden.users, word(1), false));
    command.u.leverage.leverage_centi = (int32_t)(decimal(word(3)) / (fx_dec_one() / 100));
    if (golden.word_count > 4) {
        command.u.leverage.margin_mode = (uint32_t)fx_order_margin_mode_of(fx_str_of(word(4)));
    }
    run(&command);
}

/* TYPE:SOURCE:PRICE or TRAILING_STOP:SOURCE:RATE[:ACTIVATION]. @return false where it is neither.
 */
static bool read_trigger(struct engine_kit_order *order, const char *option)
{
    char text[64];
    char *rest = NULL;
    assert_true(fx_str_copy(fx_str_of(option), text, sizeof text));
    const char *type = strtok_r(text, ":", &rest), *source = strtok_r(NULL, ":", &rest);
    const char *price = strtok_r(NULL, ":", &rest), *activation = strtok_r(NULL, ":", &rest);
    const enum fx_order_type number = fx_order_type_of(fx_str_of(type));
    if (!fx_order_type_is_conditional(number)) {
        return false;
    }
    order->type = number;
    order->source = fx_order_trigger_source_of(fx_str_of(source));
    if (number == FX_ORDER_TYPE_TRAILING_STOP) {
        order->callback_ppb = (int32_t)ppb_of(price);
        order->trigger_ticks = activation == NULL ? 0 : ticks_of(order->instrument, activation);
    } else {
        order->trigger_ticks = ticks_of(order->instrument, price);
    }
    return true;
}

static bool read_protection(struct engine_kit_order *order, const char *option)
{
    if (strncmp(option, "TP:", 3) == 0) {
        order->take_profit_ticks = ticks_of(order->instrument, option + 3);
        order->take_profit_source = FX_TRIGGER_SOURCE_MARK;
        return true;
    }
    if (strncmp(option, "SL:", 3) == 0) {
        order->stop_loss_ticks = ticks_of(order->instrument, option + 3);
        order->stop_loss_source = FX_TRIGGER_SOURCE_MARK;
        return true;
    }
    return false;
}

static void read_option(struct engine_kit_order *order, const char *option)
{
    if (read_protection(order, option) || read_trigger(order, option)) {
        return;
    }
    if (strcmp(option, "PROTECT") == 0) {
        order->is_price_protected = true;
    } else if (strcmp(option, "IOC") == 0 || strcmp(option, "FOK") == 0) {
        order->tif = fx_order_time_in_force_of(fx_str_of(option));
    } else if (strncmp(option, "GTD:", 4) == 0) {
        order->tif = FX_TIME_IN_FORCE_GTD;
        order->expire_us = (int64_t)(decimal(option + 4) / (fx_dec_one() / 1000000));
    } else if (strcmp(option, "POST") == 0) {
        order->post_only = FX_POST_ONLY_MODE_REJECT;
    } else if (strcmp(option, "SLIDE") == 0) {
        order->post_only = FX_POST_ONLY_MODE_SLIDE;
    } else if (strcmp(option, "LONG") == 0 || strcmp(option, "SHORT") == 0) {
        order->position_side = fx_order_position_side_of(fx_str_of(option));
    } else if (strcmp(option, "REDUCE") == 0) {
        order->is_reduce_only = true;
    } else {
        order->stp = fx_order_stp_mode_of(fx_str_of(option));
        assert_true(order->stp != 0);
    }
}

/* The name of an order that belongs to another name. */
static void name_order(uint64_t order_id, const char *name, const char *end, uint64_t user_id)
{
    assert_true(order_id < NAMES_MAX);
    (void)snprintf(golden.orders[order_id], NAME_SIZE, "%s.%s", name, end);
    golden.owners[order_id] = user_id;
}

static void do_place(void)
{
    const uint32_t instrument = symbol_of(word(3));
    const bool is_market = strcmp(word(6), "MARKET") == 0;
    struct engine_kit_order order = {
        .user_id = number_of(golden.users, word(2), false),
        .side = fx_order_side_of(fx_str_of(word(4))),
        .lots = strcmp(word(5), "-") == 0 ? 0 : lots_of(instrument, word(5)),
        .is_close_position = strcmp(word(5), "-") == 0,
        .ticks = is_market ? 0 : ticks_of(instrument, word(6)),
        .instrument = instrument,
        .type = is_market ? FX_ORDER_TYPE_MARKET : FX_ORDER_TYPE_LIMIT,
    };
    for (uint32_t index = 7; index < golden.word_count; index++) {
        read_option(&order, word(index));
    }
    const uint64_t order_id = golden.kit.engine->next_order_id;
    assert_true(order_id < NAMES_MAX);
    assert_true(fx_str_copy(fx_str_of(word(1)), golden.orders[order_id], NAME_SIZE));
    golden.owners[order_id] = order.user_id;
    name_order(order_id + 1,
               word(1),
               order.take_profit_ticks != 0 ? "tp" : "sl",
               order.user_id); /* another order takes the name where there is none */
    name_order(order_id + 2, word(1), "sl", order.user_id);
    struct fx_command command = engine_kit_place_command(&order);
    run(&command);
}

static void do_protect(void)
{
    const uint32_t instrument = symbol_of(word(2));
    const uint64_t next = golden.kit.engine->next_order_id;
    struct fx_command command = engine_kit_command(
        FX_COMMAND_ADJUST_TP_SL, instrument, number_of(golden.users, word(1), false));
    struct fx_command_tp_sl *tp_sl = &command.u.tp_sl;
    const bool has_profit = strcmp(word(3), "-") != 0, has_loss = strcmp(word(4), "-") != 0;
    tp_sl->take_profit_ticks = has_profit ? ticks_of(instrument, word(3)) : FX_COMMAND_TP_SL_KEEP;
    tp_sl->stop_loss_ticks = has_loss ? ticks_of(instrument, word(4)) : FX_COMMAND_TP_SL_KEEP;
    tp_sl->take_profit_source = FX_TRIGGER_SOURCE_MARK;
    tp_sl->stop_loss_source = FX_TRIGGER_SOURCE_MARK;
    name_order(next, word(1), has_profit ? "tp" : "sl", command.user_id);
    name_order(next + 1, word(1), "sl", command.user_id);
    run(&command);
}

static void do_amend(void)
{
    const uint64_t order_id = number_of(golden.orders, word(1), false);
    const fx_slot slot = fx_order_pool_find(golden.kit.engine, order_id);
    const uint32_t instrument =
        slot == FX_SLOT_NONE ? 0 : golden.kit.engine->resting[slot].instrument;
    struct fx_command command = engine_kit_command(
        FX_COMMAND_AMEND_ORDER, FX_COMMAND_ALL_INSTRUMENTS, golden.owners[order_id]);
    command.u.amend.order_id = order_id;
    if (strcmp(word(2), "-") != 0) {
        command.u.amend.price_ticks = ticks_of(instrument, word(2));
    }
    if (strcmp(word(3), "-") != 0) {
        command.u.amend.lots = lots_of(instrument, word(3));
    }
    run(&command);
}

static void do_cancel(void)
{
    const uint64_t order_id = number_of(golden.orders, word(1), false);
    struct fx_command command = engine_kit_command(
        FX_COMMAND_CANCEL_ORDER, FX_COMMAND_ALL_INSTRUMENTS, golden.owners[order_id]);
    command.u.cancel.order_id = order_id;
    run(&command);
}

static void do_mode(void)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_SET_POSITION_MODE,
                                                   FX_COMMAND_ALL_INSTRUMENTS,
                                                   number_of(golden.users, word(1), false));
    command.u.position_mode.is_hedge = strcmp(word(2), "HEDGE") == 0 ? 1 : 0;
    run(&command);
}

static void do_freeze(void)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_FREEZE_ACCOUNT,
                                                   FX_COMMAND_ALL_INSTRUMENTS,
                                                   number_of(golden.users, word(1), false));
    command.u.freeze.is_frozen = strcmp(word(2), "YES") == 0 ? 1 : 0;
    run(&command);
}

static void do_settle(void)
{
    const uint32_t instrument = symbol_of(word(1));
    struct fx_command command = engine_kit_command(FX_COMMAND_SETTLE, instrument, 0);
    command.u.settle.has_price = strcmp(word(2), "-") == 0 ? 0 : 1;
    command.u.settle.settle_ticks =
        command.u.settle.has_price == 0 ? 0 : ticks_of(instrument, word(2));
    run(&command);
}

static void do_state(void)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_SET_STATE, symbol_of(word(1)), 0);
    command.u.set_state.state = (uint32_t)fx_instrument_state_of(fx_str_of(word(2)));
    run(&command);
}

static void do_tick(void)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_TICK, FX_COMMAND_ALL_INSTRUMENTS, 0);
    golden.kit.time_us = (int64_t)(decimal(word(1)) / (fx_dec_one() / 1000000));
    run(&command);
}

static void do_book(void)
{
    const uint32_t instrument = symbol_of(word(1));
    for (enum fx_side side = FX_SIDE_BUY; side <= FX_SIDE_SELL; side++) {
        struct fx_book_row row;
        fx_px after = {0};
        while (fx_book_next(golden.kit.engine->listings[instrument].book, side, after, &row)) {
            after = row.price;
            say("%s %s %s in %u\n",
                fx_order_side_name(side),
                price_of(instrument, row.price.ticks),
                quantity_of(instrument, row.total.lots),
                row.count);
        }
    }
}

static void do_available(void)
{
    const fx_slot account =
        fx_account_state_find(golden.kit.engine,
                              number_of(golden.users, word(1), false),
                              golden.kit.engine->listings[symbol_of(word(2))].asset);
    say("available %s\n", text_of(fx_margin_available(golden.kit.engine, account)));
}

static void do_fund(void)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_FUND_INSURANCE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.fund_insurance.asset = engine_kit_asset(word(1));
    command.u.fund_insurance.amount = decimal(word(2));
    run(&command);
}

static void do_work(void)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_CLOSE_INSURANCE, symbol_of(word(1)), 0);
    command.u.close_insurance.lots = lots_of(command.instrument, word(2));
    run(&command);
}

/* From "quiet" to "loud" it is of no interest what is said. */
static void do_quiet(void)
{
    golden.is_quiet = true;
}

static void do_loud(void)
{
    golden.is_quiet = false;
    (void)fx_str_copy(
        golden.word_count > 1 ? fx_str_of(word(1)) : (fx_str){0}, golden.only, NAME_SIZE);
}

/* ranks SYMBOL: refresh them; who has a position on the symbol, by user. */
static void do_ranks(void)
{
    const uint32_t instrument = symbol_of(word(1));
    const struct fx_engine *engine = golden.kit.engine;
    struct fx_command command =
        engine_kit_command(FX_COMMAND_REFRESH_RANKS, FX_COMMAND_ALL_INSTRUMENTS, 0);
    run(&command);
    for (fx_slot slot = 0; slot < engine->position_count; slot++) {
        const struct fx_position_state *position = &engine->positions[slot];
        if (position->instrument == instrument && position->lots != 0) {
            say("rank of %s %u\n",
                golden.users[engine->accounts[position->account].user_id],
                fx_rank_of(position));
        }
    }
}

static void do_line(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } COMMANDS[] = {
        {"list", do_list},       {"tiers", do_tiers},       {"mark", do_mark},
        {"account", do_account}, {"leverage", do_leverage}, {"place", do_place},
        {"protect", do_protect}, {"mode", do_mode},         {"freeze", do_freeze},
        {"state", do_state},     {"amend", do_amend},       {"cancel", do_cancel},
        {"tick", do_tick},       {"book", do_book},         {"available", do_available},
        {"settle", do_settle},   {"fund", do_fund},         {"work", do_work},
        {"quiet", do_quiet},     {"loud", do_loud},         {"index", do_index},
        {"rules", do_rules},     {"ranks", do_ranks},
    };
    for (uint32_t index = 0; index < sizeof COMMANDS / sizeof COMMANDS[0]; index++) {
        if (strcmp(word(0), COMMANDS[index].name) == 0) {
            COMMANDS[index].run();
            return;
        }
    }
    fail_msg("unknown command %s", word(0));
}

/* Cut a line into words, in place; a comment ends it. */
static void split(char *line)
{
    golden.word_count = 0;
    line[strcspn(line, "#\r\n")] = '\0';
    char *rest = NULL;
    for (char *part = strtok_r(line, " ", &rest); part != NULL; part = strtok_r(NULL, " ", &rest)) {
        assert_true(golden.word_count < WORDS_MAX);
        golden.words[golden.word_count] = part;
        golden.word_count++;
    }
}

/* Take the first line of what was said and compare. */
static void expect(const char *file, uint32_t number)
{
    char wanted[512] = "";
    size_t size = 0;
    for (uint32_t index = 0; index < golden.word_count; index++) {
        const int more = snprintf(wanted + size,
                                  sizeof wanted - size,
                                  "%s%s",
                                  index == 0 ? "" : " ",
                                  golden.words[index]);
        assert_true(more > 0 && (size_t)more < sizeof wanted - size);
        size += (size_t)more;
    }
    char *end = strchr(golden.said, '\n');
    if (end != NULL) {
        *end = '\0';
    }
    if (end == NULL || strcmp(golden.said, wanted) != 0) {
        fail_msg("%s:%u:\n  wanted: %s\n  said:   %s",
                 file,
                 number,
                 wanted,
                 end == NULL ? "(nothing)" : golden.said);
    }
    const size_t taken = (size_t)(end - golden.said) + 1;
    golden.said_size -= taken;
    memmove(golden.said, end + 1, golden.said_size + 1);
}

static void run_file(const char *name, bool is_saying)
{
    char path[512];
    char line[512];
    uint32_t number = 0;
    const struct fx_engine_limits limits = engine_kit_limits();
    memset(&golden, 0, sizeof golden);
    engine_kit_init(&golden.kit, &limits);
    (void)fx_str_copy(FX_STR("fund"), golden.users[0], NAME_SIZE);
    (void)fx_str_copy(FX_STR("nobody"), golden.orders[0], NAME_SIZE);
    (void)snprintf(path, sizeof path, "%s/tests/golden/%s", FX_SOURCE_DIR, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        const bool is_expectation = line[0] == ' ';
        number++;
        split(line);
        if (golden.word_count == 0) {
            continue;
        }
        if (is_saying && !is_expectation) {
            do_line();
            (void)printf("%u:\n%s", number, golden.said);
            golden.said_size = 0;
            golden.said[0] = '\0';
        }
        if (is_saying) {
            continue;
        }
        if (is_expectation) {
            expect(name, number);
            continue;
        }
        if (golden.said_size > 0) {
            fail_msg("%s:%u: not expected before this line:\n%s", name, number, golden.said);
        }
        do_line();
    }
    if (golden.said_size > 0) {
        fail_msg("%s: not expected at the end:\n%s", name, golden.said);
    }
    (void)fclose(file);
    engine_kit_deinit(&golden.kit);
}

static int is_scenario(const struct dirent *entry)
{
    return entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
           strstr(entry->d_name, ".txt") != NULL;
}

static void golden_scenarios_say_what_was_computed_by_hand(void **state)
{
    (void)state;
    struct dirent **entries = NULL;
    const int count = scandir(FX_SOURCE_DIR "/tests/golden", &entries, is_scenario, alphasort);
    assert_true(count >= 12);
    for (int index = 0; index < count; index++) {
        run_file(entries[index]->d_name, false);
        free(entries[index]);
    }
    free(entries);
}

int main(int count, char **words)
{
    if (count > 1) { /* golden_test FILE: say what the engine says, without comparing */
        run_file(words[1], true);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_scenarios_say_what_was_computed_by_hand),
    };
    return cmocka_run_group_tests_name("golden", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
