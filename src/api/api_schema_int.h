/**
 * @file api_schema_int.h
 * What routes take and answer, as tables: params.def, schemas.def and the columns of routes.def.
 * Help, OpenAPI and tests come from here. Thread: any; everything is constant.
 */
#ifndef FX_API_API_SCHEMA_INT_H
#define FX_API_API_SCHEMA_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum fx_api_schema_place { FX_API_SCHEMA_PLACE_ANY = 1, FX_API_SCHEMA_PLACE_QUERY = 2 };

/** A row of params.def. */
struct fx_api_schema_param {
    fx_str key;
    enum fx_api_schema_place place;
    fx_str type;
    int64_t min;
    int64_t max;
    fx_str text;
};

enum fx_api_schema_kind {
    FX_API_SCHEMA_ENUM = 1,
    FX_API_SCHEMA_OBJECT = 2,
    FX_API_SCHEMA_MEMBER = 3 /* of the object above it */
};

enum fx_api_schema_presence { FX_API_SCHEMA_ALWAYS = 1, FX_API_SCHEMA_MAYBE = 2 };

/** A row of schemas.def. */
struct fx_api_schema_row {
    fx_str name;
    fx_str type; /* MEMBER: its type; ENUM: its words */
    fx_str text;
    enum fx_api_schema_kind kind;
    bool is_required;
};

/** The whole tables. @return the number of rows. */
uint32_t fx_api_schema_params(const struct fx_api_schema_param **params_out);
uint32_t fx_api_schema_rows(const struct fx_api_schema_row **rows_out);

/** A parameter by its key, an ENUM or SCHEMA by its name; NULL where absent. */
const struct fx_api_schema_param *fx_api_schema_param(fx_str key);
const struct fx_api_schema_row *fx_api_schema_find(fx_str name);

/** The member behind a SCHEMA or a MEMBER; NULL behind the last. */
const struct fx_api_schema_row *fx_api_schema_next(const struct fx_api_schema_row *row);

/** "type" of "type.order". */
fx_str fx_api_schema_wire_name(fx_str key);

/** "decimal" and 2 of "decimal[][]". */
fx_str fx_api_schema_element(fx_str type, uint32_t *depth_out);

/** True for text, boolean, integer, decimal, id, time, mixed. */
bool fx_api_schema_is_basic(fx_str type);

/** One parameter of a route. */
struct fx_api_schema_use {
    fx_str key;
    fx_str name;                             /* on the wire */
    const struct fx_api_schema_param *param; /* NULL: params.def does not have it */
    bool is_required;
};

/** One answer of a route. */
struct fx_api_schema_answer {
    uint32_t http_status;
    fx_str name;
    const struct fx_api_schema_row *schema; /* NULL: schemas.def does not have it */
    bool is_list;                           /* a page of them */
};

/** Take the next word, parameter or answer off the front of a column. @return false at its end. */
bool fx_api_schema_next_word(fx_str *rest, fx_str *word_out);
bool fx_api_schema_next_param(fx_str *rest, struct fx_api_schema_use *use_out);
bool fx_api_schema_next_answer(fx_str *rest, struct fx_api_schema_answer *answer_out);

#endif
