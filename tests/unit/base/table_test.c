/* base/table: both tables against a plain array as their model. */
#include "base/table.h"

#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "fx_test.h"

enum { KEYS = 300, STEPS = 200000 };

static const struct fx_table_seed SEED = {{1, 2}};

static union fx_table_value number(uint64_t value)
{
    return (union fx_table_value){.number = value};
}

static void table_fresh_is_empty(void **state)
{
    (void)state;
    struct fx_table table;
    uint64_t key = 0;
    union fx_table_value value;
    uint32_t cursor = 0;
    fx_table_init(&table, 5);
    assert_null(fx_table_find(&table, 0));
    assert_false(fx_table_remove(&table, 0));
    assert_false(fx_table_next(&table, &cursor, &key, &value));
    fx_table_clear(&table);
    fx_table_deinit(&table);
    struct fx_table zeroed = {0};
    fx_table_deinit(&zeroed);
    struct fx_table_str zeroed_str = {0};
    fx_table_str_deinit(&zeroed_str);
}

static void table_every_64_bit_value_is_a_key(void **state)
{
    (void)state;
    static const uint64_t EDGES[] = {
        0, 1, UINT64_MAX, UINT64_MAX - 1, (uint64_t)1 << 63, (uint64_t)1 << 32};
    enum { COUNT = sizeof EDGES / sizeof EDGES[0] };
    struct fx_table table;
    fx_table_init(&table, COUNT);
    for (uint64_t index = 0; index < COUNT; index++) {
        assert_true(fx_table_put(&table, EDGES[index], number(index)));
    }
    for (uint64_t index = 0; index < COUNT; index++) {
        assert_int_equal(fx_table_find(&table, EDGES[index])->number, index);
    }
    assert_false(fx_table_put(&table, 7, number(7)));
    assert_null(fx_table_find(&table, 7));
    assert_true(fx_table_put(&table, 0, number(99))); /* replacing needs no room */
    assert_int_equal(fx_table_find(&table, 0)->number, 99);
    fx_table_deinit(&table);
}

static void check_walk(const struct fx_table *table, const uint64_t model[KEYS])
{
    uint32_t cursor = 0, walked = 0;
    uint64_t key = 0;
    union fx_table_value value;
    while (fx_table_next(table, &cursor, &key, &value)) {
        assert_true(key / 1000003 < KEYS && key % 1000003 == 0);
        assert_int_equal(value.number, model[key / 1000003]);
        walked++;
    }
    assert_int_equal(walked, table->count);
}

static void table_random_steps_equal_model(void **state)
{
    (void)state;
    struct fx_table table;
    uint64_t model[KEYS] = {0}; /* 0: absent */
    uint32_t count = 0;
    struct fx_rng rng;
    fx_rng_init(&rng, 11);
    fx_table_init(&table, KEYS * 2 / 3);
    for (uint64_t step = 1; step <= STEPS; step++) {
        const uint64_t index = fx_rng_below(&rng, KEYS);
        const uint64_t key = index * 1000003;
        if (fx_rng_below(&rng, 5) < 3) {
            const bool fits = model[index] != 0 || count < KEYS * 2 / 3;
            assert_int_equal(fx_table_put(&table, key, number(step)), fits);
            count += fits && model[index] == 0 ? 1 : 0;
            model[index] = fits ? step : 0;
        } else {
            assert_int_equal(fx_table_remove(&table, key), model[index] != 0);
            count -= model[index] != 0 ? 1 : 0;
            model[index] = 0;
        }
        const uint64_t asked = fx_rng_below(&rng, KEYS);
        const union fx_table_value *found = fx_table_find(&table, asked * 1000003);
        assert_int_equal(found != NULL ? found->number : 0, model[asked]);
        assert_int_equal(table.count, count);
        if (step % 10000 == 0) {
            check_walk(&table, model);
        }
    }
    fx_table_clear(&table);
    assert_int_equal(table.count, 0);
    assert_null(fx_table_find(&table, 0));
    fx_table_deinit(&table);
}

static void table_str_fresh_is_empty_and_keeps_its_maximum(void **state)
{
    (void)state;
    struct fx_table_str table;
    fx_table_str_init(&table, 2, SEED);
    assert_null(fx_table_str_find(&table, FX_STR("")));
    assert_false(fx_table_str_remove(&table, FX_STR("")));
    assert_true(fx_table_str_put(&table, fx_str_of(NULL), number(1)));
    assert_true(fx_table_str_put(&table, FX_STR("a\0b"), number(2)));
    assert_false(fx_table_str_put(&table, FX_STR("a"), number(3)));
    assert_true(fx_table_str_put(&table, FX_STR(""), number(4)));
    assert_int_equal(fx_table_str_find(&table, FX_STR(""))->number, 4);
    assert_int_equal(fx_table_str_find(&table, FX_STR("a\0b"))->number, 2);
    assert_null(fx_table_str_find(&table, FX_STR("a\0c")));
    fx_table_str_deinit(&table);
}

static void table_str_owns_copies_of_its_keys(void **state)
{
    (void)state;
    struct fx_table_str table;
    char key[8] = "key1";
    int object = 0;
    fx_table_str_init(&table, 10, SEED);
    assert_true(
        fx_table_str_put(&table, fx_str_of(key), (union fx_table_value){.pointer = &object}));
    key[3] = '2';
    assert_null(fx_table_str_find(&table, fx_str_of(key)));
    assert_ptr_equal(fx_table_str_find(&table, FX_STR("key1"))->pointer, &object);
    fx_table_str_deinit(&table);
}

static void table_str_random_steps_equal_model(void **state)
{
    (void)state;
    struct fx_table_str table;
    uint64_t model[KEYS] = {0};
    uint32_t count = 0;
    struct fx_rng rng;
    fx_rng_init(&rng, 12);
    fx_table_str_init(&table, KEYS, SEED);
    for (uint64_t step = 1; step <= STEPS; step++) {
        const uint64_t index = fx_rng_below(&rng, KEYS);
        char text[32];
        const int size = snprintf(text, sizeof text, "orders:userId_%u", (unsigned)index);
        const fx_str key = {text, (size_t)size};
        const union fx_table_value *found = fx_table_str_find(&table, key);
        assert_int_equal(found != NULL ? found->number : 0, model[index]);
        if (fx_rng_below(&rng, 2) == 0) {
            assert_true(fx_table_str_put(&table, key, number(step)));
            count += model[index] == 0 ? 1 : 0;
            model[index] = step;
        } else {
            assert_int_equal(fx_table_str_remove(&table, key), model[index] != 0);
            count -= model[index] != 0 ? 1 : 0;
            model[index] = 0;
        }
        assert_int_equal(table.count, count);
    }
    uint32_t cursor = 0, walked = 0;
    fx_str key = FX_STR("");
    union fx_table_value value;
    while (fx_table_str_next(&table, &cursor, &key, &value)) {
        uint64_t index = 0;
        assert_true(fx_str_parse_u64(fx_str_slice(key, 14, key.size), &index));
        assert_int_equal(value.number, model[index]);
        walked++;
    }
    assert_int_equal(walked, count);
    fx_table_str_clear(&table);
    assert_null(fx_table_str_find(&table, FX_STR("orders:userId_1")));
    assert_true(fx_table_str_put(&table, FX_STR("x"), number(1)));
    fx_table_str_deinit(&table);
}

static void table_hash_str_is_siphash_2_4(void **state)
{
    (void)state;
    /* The authors' vectors: key 00 01 .. 0f, message 00 01 .. of 0, 8 and 15 bytes. */
    const struct fx_table_seed seed = {{0x0706050403020100U, 0x0F0E0D0C0B0A0908U}};
    char message[15];
    for (int index = 0; index < 15; index++) {
        message[index] = (char)index;
    }
    assert_true(fx_table_hash_str(seed, (fx_str){message, 0}) == 0x726FDB47DD0E0E31U);
    assert_true(fx_table_hash_str(seed, (fx_str){message, 8}) == 0x93F5F5799A932462U);
    assert_true(fx_table_hash_str(seed, (fx_str){message, 15}) == 0xA129CA6149BE45E5U);
    assert_true(fx_table_hash_str(SEED, (fx_str){message, 15}) != 0xA129CA6149BE45E5U);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_fresh_is_empty),
        cmocka_unit_test(table_every_64_bit_value_is_a_key),
        cmocka_unit_test(table_random_steps_equal_model),
        cmocka_unit_test(table_str_fresh_is_empty_and_keeps_its_maximum),
        cmocka_unit_test(table_str_owns_copies_of_its_keys),
        cmocka_unit_test(table_str_random_steps_equal_model),
        cmocka_unit_test(table_hash_str_is_siphash_2_4),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
