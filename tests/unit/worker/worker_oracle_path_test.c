/* A price in an answer of any size, and why there is none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fx_test.h"
#include "worker/worker_oracle_int.h"

static void expect(const char *text, const char *path, fx_status status, const char *price)
{
    fx_i128 found = 0, wanted = 0;
    const fx_status said = fx_worker_oracle_path_price(fx_str_of(text), fx_str_of(path), &found);
    if (said != status) {
        fail_msg("%.60s at %s: %s", text, path, fx_status_name(said));
    }
    if (price != NULL) {
        assert_int_equal(fx_dec_parse(fx_str_of(price), &wanted), FX_OK);
        assert_true(found == wanted);
    } else {
        assert_true(found == 0);
    }
}

static void worker_oracle_path_leads_to_the_price(void **state)
{
    (void)state;
    expect("{\"price\":\"60000.5\"}", "price", FX_OK, "60000.5");
    expect(" { \"a\" : [ 1 , { \"b\\\"\" : \"}\" , \"p\" : 2.50 } ] } ", "a.1.p", FX_OK, "2.5");
    expect("[[],{},[[7]]]", "2.0.0", FX_OK, "7");
    expect("7", "", FX_OK, "7");
    expect("{\"a\":{\"b\":{}},\"p\":3}", "p", FX_OK, "3");
}

static void worker_oracle_path_says_why_there_is_none(void **state)
{
    (void)state;
    expect("", "p", FX_BAD_JSON, NULL);
    expect("<html>", "p", FX_BAD_JSON, NULL);
    expect("{\"p\":1", "p", FX_BAD_JSON, NULL);
    expect("{\"p\":1]", "p", FX_BAD_JSON, NULL);
    expect("{\"p\":1}x", "p", FX_BAD_JSON, NULL);
    expect("{\"p\":1,}", "p", FX_BAD_JSON, NULL);
    expect("{\"p\" 1}", "p", FX_BAD_JSON, NULL);
    expect("{\"p\":\"1}", "p", FX_BAD_JSON, NULL);
    expect("{\"p\":\"\\", "p", FX_BAD_JSON, NULL);
    expect("{\"p\":1,\"p\":2}", "p", FX_BAD_JSON, NULL); /* which one? */
    expect("{\"p\":01}", "p", FX_BAD_JSON, NULL);
    expect("{\"q\":1}", "p", FX_NOT_FOUND, NULL);
    expect("[1]", "1", FX_NOT_FOUND, NULL);
    expect("[1]", "x", FX_NOT_FOUND, NULL);
    expect("1", "p", FX_NOT_FOUND, NULL);
    expect("{\"p\":0}", "p", FX_BAD_DECIMAL, NULL);
    expect("{\"p\":\"-1\"}", "p", FX_BAD_DECIMAL, NULL);
    expect("{\"p\":null}", "p", FX_BAD_DECIMAL, NULL);
    expect("{\"p\":[1]}", "p", FX_BAD_DECIMAL, NULL);
}

/* Before, anything beyond 1,024 values or 64 members was as if the source were silent. */
static void worker_oracle_path_reads_long_lists(void **state)
{
    enum { SYMBOLS = 5000, SIZE = 1 << 19 };
    char *list = malloc(SIZE), *map = malloc(SIZE);
    size_t list_size = 0, map_size = 0;
    (void)state;
    assert_true(list != NULL && map != NULL);
    for (int index = 0; index < SYMBOLS; index++) {
        list_size += (size_t)snprintf(list + list_size,
                                      SIZE - list_size,
                                      "%c{\"symbol\":\"S%d\",\"price\":\"%d.5\"}",
                                      index == 0 ? '[' : ',',
                                      index,
                                      index);
        map_size += (size_t)snprintf(map + map_size,
                                     SIZE - map_size,
                                     "%c\"S%d\":%d.5",
                                     index == 0 ? '{' : ',',
                                     index,
                                     index);
    }
    memcpy(list + list_size, "]", 2);
    memcpy(map + map_size, "}", 2);
    expect(list, "4999.price", FX_OK, "4999.5");
    expect(map, "S4998", FX_OK, "4998.5");
    list[list_size] = '\0'; /* cut off */
    expect(list, "0.price", FX_BAD_JSON, NULL);
    free(list);
    free(map);
}

static void worker_oracle_path_depth_is_bounded(void **state)
{
    char text[2 * 5000 + 2];
    (void)state;
    memset(text, '[', 5000);
    memset(text + 5000, ']', 5000);
    text[10000] = '\0';
    expect(text, "0", FX_BAD_JSON, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worker_oracle_path_leads_to_the_price),
        cmocka_unit_test(worker_oracle_path_says_why_there_is_none),
        cmocka_unit_test(worker_oracle_path_reads_long_lists),
        cmocka_unit_test(worker_oracle_path_depth_is_bounded),
    };
    return cmocka_run_group_tests_name("worker_oracle_path", tests, NULL, NULL);
}
