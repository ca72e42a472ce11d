/**
 * @file api_schema_check.h
 * Compares an answer of the API with what routes.def and schemas.def promise, member by member: a
 * member that is missing, of another type, or in no schema is a finding. Every answer that the
 * harness asks for goes through here. Thread: the test's own.
 */
#ifndef FX_TESTS_API_SCHEMA_CHECK_H
#define FX_TESTS_API_SCHEMA_CHECK_H

#include <jansson.h>
#include <string.h>

#include "api/api_int.h"
#include "api/api_schema_int.h"
#include "fx_test.h"

/** Where a check is: for the message. */
struct api_schema_check {
    char path[128];
    char finding[256];
};

static inline bool api_schema_check_fails(struct api_schema_check *check, const char *what)
{
    if (check->finding[0] == '\0') {
        (void)snprintf(check->finding, sizeof check->finding, "%s: %s", check->path, what);
    }
    return false;
}

/** "-12.5", "0", "0.001": no exponent, no plus, no zero in front or behind. */
static inline bool api_schema_check_is_decimal(const char *text)
{
    const char *at = text[0] == '-' ? text + 1 : text;
    const size_t whole = strspn(at, "0123456789");
    if (whole == 0 || (whole > 1 && at[0] == '0')) {
        return false;
    }
    at += whole;
    if (*at == '\0') {
        return strcmp(text, "-0") != 0;
    }
    const size_t fraction = *at == '.' ? strspn(at + 1, "0123456789") : 0;
    return fraction > 0 && fraction <= 18 && at[fraction + 1] == '\0' && at[fraction] != '0';
}

static inline bool api_schema_check_basic(struct api_schema_check *check,
                                          fx_str type,
                                          const json_t *value)
{
    bool is_right = false;
    if (fx_str_is_equal(type, FX_STR("text"))) {
        is_right = json_is_string(value);
    } else if (fx_str_is_equal(type, FX_STR("boolean"))) {
        is_right = json_is_boolean(value);
    } else if (fx_str_is_equal(type, FX_STR("integer")) || fx_str_is_equal(type, FX_STR("time"))) {
        is_right = json_is_integer(value) && json_integer_value(value) <= 1LL << 53;
    } else if (fx_str_is_equal(type, FX_STR("decimal"))) {
        is_right = json_is_string(value) && api_schema_check_is_decimal(json_string_value(value));
    } else if (fx_str_is_equal(type, FX_STR("id"))) {
        is_right = json_is_string(value) && json_string_length(value) > 0 &&
                   strspn(json_string_value(value), "0123456789") == json_string_length(value);
    } else if (fx_str_is_equal(type, FX_STR("mixed"))) {
        is_right = !json_is_null(value);
    }
    return is_right || api_schema_check_fails(check, "another type than the schema says");
}

static inline bool api_schema_check_word(struct api_schema_check *check,
                                         const struct fx_api_schema_row *words,
                                         const json_t *value)
{
    fx_str rest = words->type;
    fx_str word = {0};
    while (json_is_string(value) && fx_api_schema_next_word(&rest, &word)) {
        if (fx_str_is_equal(word, fx_str_of(json_string_value(value)))) {
            return true;
        }
    }
    return api_schema_check_fails(check, "not a word of its ENUM");
}

static inline bool api_schema_check_type(struct api_schema_check *check,
                                         fx_str type,
                                         const json_t *value);

static inline bool api_schema_check_object(struct api_schema_check *check,
                                           const struct fx_api_schema_row *object,
                                           const json_t *value)
{
    const size_t size = strlen(check->path);
    size_t known = 0;
    if (!json_is_object(value)) {
        return api_schema_check_fails(check, "not an object");
    }
    for (const struct fx_api_schema_row *row = fx_api_schema_next(object); row != NULL;
         row = fx_api_schema_next(row)) {
        char name[64];
        assert_true(fx_str_copy(row->name, name, sizeof name));
        const json_t *member = json_object_get(value, name);
        (void)snprintf(check->path + size, sizeof check->path - size, ".%s", name);
        if (member == NULL && row->is_required) {
            return api_schema_check_fails(check, "missing");
        }
        if (member != NULL && !api_schema_check_type(check, row->type, member)) {
            return false;
        }
        known += member != NULL;
        check->path[size] = '\0';
    }
    return known == json_object_size(value) ||
           api_schema_check_fails(check, "has a member that the schema does not know");
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as schemas.def nests
static inline bool api_schema_check_type(struct api_schema_check *check,
                                         fx_str type,
                                         const json_t *value)
{
    uint32_t depth = 0;
    const fx_str element = fx_api_schema_element(type, &depth);
    if (depth > 0) {
        const fx_str inner = fx_str_slice(type, 0, type.size - 2);
        if (!json_is_array(value)) {
            return api_schema_check_fails(check, "not a list");
        }
        for (size_t index = 0; index < json_array_size(value); index++) {
            if (!api_schema_check_type(check, inner, json_array_get(value, index))) {
                return false;
            }
        }
        return true;
    }
    if (fx_api_schema_is_basic(element)) {
        return api_schema_check_basic(check, element, value);
    }
    const struct fx_api_schema_row *row = fx_api_schema_find(element);
    assert_non_null(row);
    return row->kind == FX_API_SCHEMA_ENUM ? api_schema_check_word(check, row, value)
                                           : api_schema_check_object(check, row, value);
}

/* Any of the alternatives of this status; the finding is the first one's. */
static inline bool api_schema_check_any(struct api_schema_check *check,
                                        const struct fx_api_route *route,
                                        int http_status,
                                        const json_t *value,
                                        bool is_list)
{
    fx_str rest = route->answer;
    struct fx_api_schema_answer answer;
    const size_t size = strlen(check->path);
    while (fx_api_schema_next_answer(&rest, &answer)) {
        if ((int)answer.http_status == http_status && answer.is_list == is_list) {
            if (api_schema_check_object(check, answer.schema, value)) {
                check->finding[0] = '\0';
                return true;
            }
            check->path[size] = '\0';
        }
    }
    return api_schema_check_fails(check, "no answer of this status is in routes.def");
}

static inline bool api_schema_check_success(struct api_schema_check *check,
                                            const struct fx_api_route *route,
                                            int http_status,
                                            const json_t *value)
{
    fx_str rest = route->answer;
    struct fx_api_schema_answer answer;
    bool is_list = false;
    while (fx_api_schema_next_answer(&rest, &answer)) {
        is_list = is_list || ((int)answer.http_status == http_status && answer.is_list);
    }
    if (!is_list) {
        return api_schema_check_any(check, route, http_status, value, false);
    }
    const json_t *data = json_object_get(value, "data");
    const json_t *cursor = json_object_get(value, "nextCursor");
    const size_t members = 1 + (cursor != NULL ? 1 : 0);
    if (!json_is_array(data) || json_object_size(value) != members ||
        (cursor != NULL && !json_is_string(cursor))) {
        return api_schema_check_fails(check, "not a page of a list");
    }
    for (size_t index = 0; index < json_array_size(data); index++) {
        (void)snprintf(check->path, sizeof check->path, "data[%zu]", index);
        if (!api_schema_check_any(check, route, http_status, json_array_get(data, index), true)) {
            return false;
        }
    }
    return true;
}

/** Check an answer with a JSON body. `target` is what was asked, behind /api/v1. */
static inline void api_schema_check_answer(const char *method,
                                           const char *target,
                                           int http_status,
                                           fx_str body)
{
    static const char *const METHODS[] = {"", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
    struct api_schema_check check = {{0}, {0}};
    json_error_t error;
    char path[512];
    json_t *value = json_loadb(body.data, body.size, JSON_REJECT_DUPLICATES, &error);
    bool is_right = value != NULL || api_schema_check_fails(&check, "no JSON");
    if (is_right && http_status >= 400) {
        const struct fx_api_schema_row *row = fx_api_schema_find(FX_STR("Error"));
        is_right = api_schema_check_object(&check, row, value);
    } else if (is_right) {
        enum fx_net_http_method number = FX_NET_HTTP_METHOD_OTHER;
        for (size_t index = 1; index < sizeof METHODS / sizeof METHODS[0]; index++) {
            if (strcmp(method, METHODS[index]) == 0) {
                number = (enum fx_net_http_method)index;
            }
        }
        (void)snprintf(path, sizeof path, "/api/v1%.*s", (int)strcspn(target, "?"), target);
        const struct fx_api_router_match match = fx_api_router_find(number, fx_str_of(path));
        assert_non_null(match.route);
        is_right = api_schema_check_success(&check, match.route, http_status, value);
    }
    json_decref(value);
    if (!is_right) {
        print_error("%s %s -> %d %.*s\n%s\n",
                    method,
                    target,
                    http_status,
                    (int)(body.size < 2000 ? body.size : 2000),
                    body.data,
                    check.finding);
        fail();
    }
}

#endif
