/* Which shard a number is of, what a command names, and what of an event is numbered. */
#include "model/shard.h"

#include <string.h>

#include "fx_test.h"
#include "model/event.h"

// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables): large structs stay off the stack
static struct fx_command command;
static struct fx_event event;

static struct fx_asset asset_of(const char *text)
{
    struct fx_asset asset;
    assert_true(fx_ids_asset(fx_str_of(text), &asset));
    return asset;
}

static struct fx_shard_map map_of(uint32_t shard, uint32_t shards)
{
    struct fx_shard_map map = {.shard = shard, .shards = shards, .asset_count = 2};
    map.assets[0] = asset_of("BTC");
    map.assets[1] = asset_of("USD");
    return map;
}

static void shard_map_has_what_it_names(void **state)
{
    (void)state;
    struct fx_shard_map map = map_of(1, 2);
    struct fx_shard_map part = map;
    const struct fx_asset other = asset_of("USDT");
    assert_true(fx_shard_is_sound(&map));
    assert_true(fx_shard_has(&map, &map.assets[1]));
    assert_false(fx_shard_has(&map, &other));
    memset(&part.assets[1], 0, sizeof part.assets[1]);
    part.asset_count = 1;
    assert_true(fx_shard_is_within(&part, &map));
    assert_false(fx_shard_is_within(&map, &part));
    map.zero = 1;
    assert_false(fx_shard_is_sound(&map));
}

static void set_kind(enum fx_command_kind kind)
{
    memset(&command, 0, sizeof command);
    command.kind = (uint16_t)kind;
}

static void shard_of_a_command_is_its_asset_or_its_order(void **state)
{
    (void)state;
    const struct {
        enum fx_command_kind kind;
        struct fx_asset *asset;
    } ASSETS[] = {{FX_COMMAND_UPDATE_INSTRUMENT, &command.u.instrument.settle},
                  {FX_COMMAND_CREATE_ACCOUNT, &command.u.account.asset},
                  {FX_COMMAND_SET_ACCOUNT, &command.u.account.asset},
                  {FX_COMMAND_DEPOSIT, &command.u.transfer.asset},
                  {FX_COMMAND_WITHDRAW, &command.u.transfer.asset},
                  {FX_COMMAND_DEPOSIT_NAMED, &command.u.named.transfer.asset},
                  {FX_COMMAND_WITHDRAW_NAMED, &command.u.named.transfer.asset},
                  {FX_COMMAND_TRANSFER, &command.u.move.asset},
                  {FX_COMMAND_FUND_INSURANCE, &command.u.fund_insurance.asset},
                  {FX_COMMAND_SET_POSITION_MODE, &command.u.position_mode.asset}};
    const struct {
        enum fx_command_kind kind;
        uint64_t *order_id;
    } ORDERS[] = {{FX_COMMAND_CANCEL_ORDER, &command.u.cancel.order_id},
                  {FX_COMMAND_AMEND_ORDER, &command.u.amend.order_id},
                  {FX_COMMAND_AMEND_CONDITIONAL, &command.u.amend.order_id},
                  {FX_COMMAND_ADJUST_ORDER_TP_SL, &command.u.order_tp_sl.order_id}};
    for (size_t index = 0; index < sizeof ASSETS / sizeof ASSETS[0]; index++) {
        set_kind(ASSETS[index].kind);
        assert_null(fx_shard_asset_of(&command)); /* it names none */
        *ASSETS[index].asset = asset_of("BTC");
        assert_ptr_equal(fx_shard_asset_of(&command), ASSETS[index].asset);
        assert_int_equal(fx_shard_order_of(&command), 0);
    }
    for (size_t index = 0; index < sizeof ORDERS / sizeof ORDERS[0]; index++) {
        set_kind(ORDERS[index].kind);
        *ORDERS[index].order_id = 77;
        assert_int_equal(fx_shard_order_of(&command), 77);
        assert_null(fx_shard_asset_of(&command));
    }
    set_kind(FX_COMMAND_TICK);
    assert_null(fx_shard_asset_of(&command));
    assert_int_equal(fx_shard_order_of(&command), 0);
    assert_int_equal(fx_shard_row_of(&command), 0);
}

/* What a load brings says by its id, and an account by its asset, whose it is. */
static void shard_row_of_a_load(void **state)
{
    (void)state;
    const struct {
        enum fx_command_kind kind;
        uint64_t *id;
    } ROWS[] = {{FX_COMMAND_LOAD_ACCOUNT, &command.u.load_account.account_id},
                {FX_COMMAND_LOAD_POSITION, &command.u.load_position.position_id},
                {FX_COMMAND_LOAD_ORDER, &command.u.load_order.order_id},
                {FX_COMMAND_LOAD_ORDER_TP_SL, &command.u.load_order_tp_sl.order.order_id}};
    for (size_t index = 0; index < sizeof ROWS / sizeof ROWS[0]; index++) {
        set_kind(ROWS[index].kind);
        *ROWS[index].id = 77;
        assert_int_equal(fx_shard_row_of(&command), 77);
        assert_int_equal(fx_shard_order_of(&command), 0);
        assert_null(fx_shard_asset_of(&command));
    }
    set_kind(FX_COMMAND_LOAD_ACCOUNT);
    command.u.load_account.settings.asset = asset_of("BTC");
    assert_ptr_equal(fx_shard_asset_of(&command), &command.u.load_account.settings.asset);
}

/* Every number of an event that an engine counts from 0 for itself. */
static void shard_label_reaches_every_number(void **state)
{
    (void)state;
    const struct fx_shard_map map = map_of(3, 4);
    const uint64_t base = 3ULL << FX_SHARD_ID_BITS;
    const struct {
        enum fx_event_kind kind;
        uint64_t *ids[4];
        uint32_t *instrument;
    } ROWS[] = {{FX_EVENT_RESULT, {&event.u.result.account_id}, NULL},
                {FX_EVENT_ORDER, {&event.u.order.account_id}, &event.u.order.instrument},
                {FX_EVENT_TRADE,
                 {&event.u.trade.buy_account_id, &event.u.trade.sell_account_id},
                 &event.u.trade.instrument},
                {FX_EVENT_ACCOUNT, {&event.u.account.account_id}, NULL},
                {FX_EVENT_POSITION,
                 {&event.u.position.account_id, &event.u.position.position_id},
                 &event.u.position.instrument},
                {FX_EVENT_TRANSACTION,
                 {&event.u.transaction.account_id, &event.u.transaction.position_id},
                 &event.u.transaction.instrument},
                {FX_EVENT_BOOK, {NULL}, &event.u.book.instrument},
                {FX_EVENT_INSTRUMENT, {NULL}, &event.u.instrument.instrument_id},
                {FX_EVENT_TIER, {NULL}, &event.u.tier.instrument},
                {FX_EVENT_MARK, {NULL}, &event.u.mark.instrument},
                {FX_EVENT_DUMP_BEGIN, {NULL}, NULL},
                {FX_EVENT_DUMP_END, {NULL}, NULL},
                {FX_EVENT_LIQUIDATION,
                 {&event.u.liquidation.account_id,
                  &event.u.liquidation.position_id,
                  &event.u.liquidation.counter_account_id,
                  &event.u.liquidation.counter_position_id},
                 &event.u.liquidation.instrument},
                {FX_EVENT_FUNDING, {NULL}, &event.u.funding.instrument},
                {FX_EVENT_INSURANCE, {NULL}, &event.u.insurance.instrument},
                {FX_EVENT_SETTLEMENT, {NULL}, &event.u.settlement.instrument},
                {FX_EVENT_TERM, {NULL}, NULL},
                {FX_EVENT_EXCHANGE, {&event.u.exchange.fund_account_id}, NULL}};
    assert_int_equal(sizeof ROWS / sizeof ROWS[0], FX_EVENT_EXCHANGE);
    for (size_t row = 0; row < sizeof ROWS / sizeof ROWS[0]; row++) {
        for (uint32_t is_set = 0; is_set < 2; is_set++) {
            memset(&event, 0, sizeof event);
            event.kind = (uint16_t)ROWS[row].kind;
            event.index = 5;
            for (uint32_t id = 0; id < 4 && ROWS[row].ids[id] != NULL; id++) {
                *ROWS[row].ids[id] = is_set;
            }
            if (ROWS[row].instrument != NULL) {
                *ROWS[row].instrument = is_set == 0 ? 2 : FX_COMMAND_ALL_INSTRUMENTS;
            }
            fx_shard_label(&map, &event);
            assert_int_equal(event.index, (3 << FX_SHARD_INDEX_BITS) + 5);
            for (uint32_t id = 0; id < 4 && ROWS[row].ids[id] != NULL; id++) {
                assert_true(*ROWS[row].ids[id] == (is_set == 0 ? 0 : base + 1)); /* 0 is none */
            }
            if (ROWS[row].instrument != NULL) {
                assert_int_equal(*ROWS[row].instrument,
                                 is_set == 0 ? 3 * 64 + 2 : FX_COMMAND_ALL_INSTRUMENTS);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shard_map_has_what_it_names),
        cmocka_unit_test(shard_of_a_command_is_its_asset_or_its_order),
        cmocka_unit_test(shard_row_of_a_load),
        cmocka_unit_test(shard_label_reaches_every_number),
    };
    return cmocka_run_group_tests_name("shard", tests, NULL, NULL);
}

// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)
