/* wire/wire_topic: what is written of a command is read back as the same command, bit by bit. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "fx_test.h"
#include "wire/wire_topic_in.h"
#include "wire/wire_topic_int.h"
#include "wire/wire_topic_out.h"

enum { ROUNDS = 60, KINDS = 256, SYMBOLS = 3 };

static struct fx_instrument instruments[SYMBOLS];
static struct fx_json json;

static const struct fx_instrument *find(void *context, fx_str symbol)
{
    (void)context;
    for (uint32_t index = 0; index < SYMBOLS; index++) {
        if (fx_str_is_equal(fx_ids_symbol_str(&instruments[index].symbol), symbol)) {
            return &instruments[index];
        }
    }
    return NULL;
}

static void make_instruments(void)
{
    static const char *const NAMES[SYMBOLS] = {"BTCUSDT", "ETHUSD", "X1Y"};
    memset(instruments, 0, sizeof instruments);
    for (uint32_t index = 0; index < SYMBOLS; index++) {
        assert_true(fx_ids_symbol(fx_str_of(NAMES[index]), &instruments[index].symbol));
        instruments[index].instrument_id = index * 5;
        instruments[index].tick_size = fx_dec_one() / (index == 0 ? 10 : 1000000);
        instruments[index].lot_size = fx_dec_one() / (index == 0 ? 1000 : 1);
    }
}

static void fill_text(char *target, size_t size, struct fx_rng *rng)
{
    static const char LETTERS[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    for (size_t index = 0; index < size; index++) {
        target[index] = LETTERS[fx_rng_below(rng, sizeof LETTERS - 1)];
    }
}

static uint32_t any_number(enum fx_wire_topic_words words, struct fx_rng *rng)
{
    static const char *const WORDS[] = {"BUY",
                                        "SELL",
                                        "LIMIT",
                                        "MARKET",
                                        "STOP_LIMIT",
                                        "STOP_MARKET",
                                        "TAKE_PROFIT_LIMIT",
                                        "TAKE_PROFIT_MARKET",
                                        "TRAILING_STOP",
                                        "GTC",
                                        "IOC",
                                        "FOK",
                                        "GTD",
                                        "EXPIRE_MAKER",
                                        "EXPIRE_TAKER",
                                        "EXPIRE_BOTH",
                                        "NONE",
                                        "CROSS",
                                        "ISOLATED",
                                        "BOTH",
                                        "LONG",
                                        "SHORT",
                                        "REJECT",
                                        "SLIDE",
                                        "LAST",
                                        "MARK",
                                        "INDEX",
                                        "GT",
                                        "LT",
                                        "USD_M",
                                        "COIN_M",
                                        "PERPETUAL",
                                        "DATED",
                                        "PENDING",
                                        "TRADING",
                                        "HALTED",
                                        "ALL",
                                        "STOP",
                                        "DEPOSIT",
                                        "REWARD",
                                        "ACTIVE",
                                        "UNTRIGGERED",
                                        "POSITION",
                                        "REDUCE_ONLY",
                                        "SELF_TRADE"};
    uint32_t numbers[sizeof WORDS / sizeof WORDS[0]];
    uint32_t count = 0;
    for (size_t index = 0; index < sizeof WORDS / sizeof WORDS[0]; index++) {
        const uint32_t number = fx_wire_topic_number(words, fx_str_of(WORDS[index]));
        if (number != 0) {
            numbers[count++] = number;
        }
    }
    assert_true(count > 0);
    return numbers[fx_rng_below(rng, count)];
}

static void put(struct fx_command *command, uint16_t offset, const void *value, size_t size)
{
    memcpy((char *)command + offset, value, size);
}

/* A value that the field can have; sometimes none where it may be absent. */
static void fill_field(struct fx_command *command,
                       const struct fx_wire_topic_field *field,
                       struct fx_rng *rng)
{
    const bool is_absent = !field->is_required && fx_rng_below(rng, 3) == 0;
    const int64_t number = is_absent ? 0 : (int64_t)fx_rng_below(rng, 1000000000) + 1;
    const uint32_t word = field->words == 0 || is_absent
                              ? 0
                              : any_number((enum fx_wire_topic_words)field->words, rng);
    const uint8_t small = (uint8_t)word;
    const fx_i128 units =
        (fx_i128)number * 1234567891011 - (fx_rng_below(rng, 4) == 0 ? 1 << 30 : 0);
    const int64_t time_us = number * 1000;
    const uint64_t id = is_absent ? 0 : fx_rng_next(rng) | 1;
    const uint32_t flag = is_absent ? 0 : (uint32_t)fx_rng_below(rng, 2);
    const uint32_t all = FX_INSTRUMENT_NEW;
    const uint8_t small_flag = (uint8_t)flag;
    const int64_t keep = is_absent ? FX_COMMAND_TP_SL_KEEP : number;
    const uint16_t count16 = (uint16_t)flag;
    const int64_t sided = fx_rng_below(rng, 2) == 0 ? number : -number;
    const int64_t rate = fx_rng_below(rng, 2) == 0 ? number : -number;
    const int32_t rate32 = (int32_t)rate;
    const int32_t leverage = is_absent ? 0 : (int32_t)fx_rng_between(rng, 100, 12500);
    const uint32_t count = (uint32_t)fx_rng_below(rng, INT32_MAX);
    char text[FX_CLIENT_ID_SIZE_MAX + 1] = "";
    struct fx_asset asset = {0};
    struct fx_symbol symbol = {0};
    struct fx_client_id client_id = {0};
    fill_text(text, (size_t)fx_rng_between(rng, 2, 12), rng);
    switch (field->type) {
    case FX_WIRE_TOPIC_DEC:
        put(command, field->offset, &units, sizeof units);
        break;
    case FX_WIRE_TOPIC_PRICE:
    case FX_WIRE_TOPIC_LOTS:
        put(command, field->offset, &number, sizeof number);
        break;
    case FX_WIRE_TOPIC_COUNT16:
        put(command, field->offset, &count16, sizeof count16);
        break;
    case FX_WIRE_TOPIC_SIDED_LOTS:
        put(command, field->offset, &sided, sizeof sided);
        break;
    case FX_WIRE_TOPIC_PRICE_KEEP:
        put(command, field->offset, &keep, sizeof keep);
        break;
    case FX_WIRE_TOPIC_RATE64:
        put(command, field->offset, &rate, sizeof rate);
        break;
    case FX_WIRE_TOPIC_RATE32:
        put(command, field->offset, &rate32, sizeof rate32);
        break;
    case FX_WIRE_TOPIC_LEVERAGE:
        put(command, field->offset, &leverage, sizeof leverage);
        break;
    case FX_WIRE_TOPIC_TIME:
        put(command, field->offset, &time_us, sizeof time_us);
        break;
    case FX_WIRE_TOPIC_ID:
        put(command, field->offset, &id, sizeof id);
        break;
    case FX_WIRE_TOPIC_COUNT:
        put(command, field->offset, &count, sizeof count);
        break;
    case FX_WIRE_TOPIC_FLAG8:
        put(command, field->offset, &small_flag, sizeof small_flag);
        break;
    case FX_WIRE_TOPIC_NEW:
        put(command, field->offset, flag == 0 ? &flag : &all, sizeof flag);
        break;
    case FX_WIRE_TOPIC_FLAG32:
        put(command, field->offset, &flag, sizeof flag);
        break;
    case FX_WIRE_TOPIC_WORD8:
        put(command, field->offset, &small, sizeof small);
        break;
    case FX_WIRE_TOPIC_WORD32:
        put(command, field->offset, &word, sizeof word);
        break;
    case FX_WIRE_TOPIC_ASSET:
        assert_true(fx_ids_asset(fx_str_of(text), &asset));
        put(command, field->offset, &asset, sizeof asset);
        break;
    case FX_WIRE_TOPIC_SYMBOL:
        if (!is_absent) {
            assert_true(fx_ids_symbol(fx_str_of(text), &symbol));
        }
        put(command, field->offset, &symbol, sizeof symbol);
        break;
    case FX_WIRE_TOPIC_MOVE_ID:
        if (!is_absent) {
            assert_true(fx_ids_client_id(fx_str_of(text), &client_id));
            memmove(&client_id.text[1], client_id.text, client_id.size);
            client_id.text[0] = FX_COMMAND_MOVE_MARK;
            client_id.size++;
        }
        put(command, field->offset, &client_id, sizeof client_id);
        break;
    case FX_WIRE_TOPIC_CLIENT_ID:
        if (!is_absent) {
            assert_true(fx_ids_client_id(fx_str_of(text), &client_id));
        }
        put(command, field->offset, &client_id, sizeof client_id);
        break;
    default:
        fail();
    }
}

static void fill_tiers(struct fx_command_tiers *tiers, struct fx_rng *rng)
{
    tiers->count = (uint32_t)fx_rng_below(rng, FX_TIERS_MAX + 1);
    for (uint32_t index = 0; index < tiers->count; index++) {
        tiers->tiers[index].cap = (fx_i128)fx_rng_next(rng) * 1000;
        tiers->tiers[index].cum = (fx_i128)fx_rng_next(rng);
        tiers->tiers[index].rate_ppb = (int64_t)fx_rng_below(rng, 1000000000) + 1;
        tiers->tiers[index].leverage_max_centi = (int32_t)fx_rng_between(rng, 100, 12500);
    }
}

/* A command of a kind with any values; *instrument_out is whose units it counts in. */
static void make_command(enum fx_command_kind kind,
                         const struct fx_wire_topic_shape *shape,
                         struct fx_rng *rng,
                         struct fx_command *command,
                         const struct fx_instrument **instrument_out)
{
    memset(command, 0, sizeof *command);
    command->kind = (uint16_t)kind;
    command->instrument = FX_COMMAND_ALL_INSTRUMENTS;
    command->time_us = (int64_t)fx_rng_below(rng, 2000000000) * 1000000;
    command->user_id = shape->has_user ? fx_rng_next(rng) | 1 : 0;
    *instrument_out = NULL;
    if (shape->has_symbol || (shape->may_have_symbol && fx_rng_below(rng, 2) == 0)) {
        *instrument_out = &instruments[fx_rng_below(rng, SYMBOLS)];
        command->instrument = (*instrument_out)->instrument_id;
    }
    for (uint32_t index = 0; index < shape->count; index++) {
        fill_field(command, &shape->fields[index], rng);
    }
    if (kind == FX_COMMAND_UPDATE_INSTRUMENT) { /* its own units */
        command->u.instrument.tick_size = fx_dec_one() / 100;
        command->u.instrument.lot_size = fx_dec_one() / 10000;
    }
    if (kind == FX_COMMAND_LOAD_LEVERAGE_MARGIN) {
        fill_tiers(&command->u.tiers, rng);
    }
}

static uint64_t seed(void)
{
    const char *text = getenv("FX_SEED");
    return text == NULL ? 20240229 : strtoull(text, NULL, 10);
}

static void wire_topic_command_roundtrips(void **state)
{
    struct fx_rng rng;
    struct fx_buf buf;
    uint32_t kinds = 0;
    (void)state;
    print_message("seed %llu\n", (unsigned long long)seed());
    fx_rng_init(&rng, seed());
    fx_buf_init(&buf, 65536);
    make_instruments();
    for (uint32_t kind = 1; kind < KINDS; kind++) {
        struct fx_wire_topic_shape shape;
        if (!fx_wire_topic_shape((enum fx_command_kind)kind, &shape)) {
            const char *name = fx_command_name((enum fx_command_kind)kind);
            if (name != NULL && !fx_command_is_question((enum fx_command_kind)kind)) {
                print_message("%s has no members in wire_topic.c: it does not travel\n", name);
            }
            continue;
        }
        kinds++;
        for (uint32_t round = 0; round < ROUNDS; round++) {
            static struct fx_command command;
            static struct fx_wire_topic_in in;
            const struct fx_instrument *instrument = NULL;
            fx_str field = {0};
            make_command((enum fx_command_kind)kind, &shape, &rng, &command, &instrument);
            fx_buf_clear(&buf);
            assert_int_equal(fx_wire_topic_out_command(&buf, &command, instrument), FX_OK);
            assert_false(buf.is_overflow);
            const fx_status status =
                fx_wire_topic_in_command(&json, fx_buf_str(&buf), find, NULL, &in, &field);
            if (status != FX_OK || memcmp(&in.command, &command, sizeof command) != 0) {
                print_message("%s %.*s\n%.*s\n",
                              fx_status_name(status),
                              (int)field.size,
                              field.data,
                              (int)buf.size,
                              buf.data);
            }
            assert_int_equal(status, FX_OK);
            assert_int_equal(in.kind, FX_WIRE_TOPIC_IN_COMMAND);
            assert_memory_equal(&in.command, &command, sizeof command);
        }
    }
    assert_true(kinds >= 28);
    fx_buf_deinit(&buf);
}

/* A written command with one byte changed, cut off or repeated is read or refused, never worse;
 * what is read can be written. */
static void wire_topic_damaged_text_is_refused_or_read(void **state)
{
    struct fx_rng rng;
    struct fx_buf buf;
    uint32_t refused = 0;
    (void)state;
    fx_rng_init(&rng, seed() + 1);
    fx_buf_init(&buf, 65536);
    make_instruments();
    for (uint32_t round = 0; round < 4000; round++) {
        static struct fx_command command;
        static struct fx_wire_topic_in in;
        struct fx_wire_topic_shape shape;
        const struct fx_instrument *instrument = NULL;
        fx_str field = {0};
        const uint32_t kind = 1 + (uint32_t)fx_rng_below(&rng, 70);
        if (!fx_wire_topic_shape((enum fx_command_kind)kind, &shape)) {
            continue;
        }
        make_command((enum fx_command_kind)kind, &shape, &rng, &command, &instrument);
        fx_buf_clear(&buf);
        assert_int_equal(fx_wire_topic_out_command(&buf, &command, instrument), FX_OK);
        const size_t at = (size_t)fx_rng_below(&rng, buf.size);
        buf.data[at] = (char)fx_rng_below(&rng, 256);
        memset(&in, 0x5a, sizeof in);
        struct fx_wire_topic_in before = in;
        const fx_status status =
            fx_wire_topic_in_command(&json, fx_buf_str(&buf), find, NULL, &in, &field);
        if (status != FX_OK) {
            refused++;
            before.from = in.from;                        /* which stands alone */
            assert_memory_equal(&in, &before, sizeof in); /* nothing is half read */
        }
    }
    assert_true(refused > 500);
    fx_buf_deinit(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wire_topic_command_roundtrips),
        cmocka_unit_test(wire_topic_damaged_text_is_refused_or_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
