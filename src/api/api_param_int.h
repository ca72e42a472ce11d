/**
 * @file api_param_int.h
 * What a request says: query and body, checked and typed.
 * Thread: the gateway's.
 */
#ifndef FX_API_API_PARAM_INT_H
#define FX_API_API_PARAM_INT_H

#include "api/api_int.h"

/** Note which parameter is wrong. @return `status`. */
fx_status fx_api_param_fail(struct fx_api_call *call, fx_status status, fx_str field);

/** Note what a filter said. @return its status. */
fx_status fx_api_param_reject(struct fx_api_call *call, const struct fx_reject *reject);

/** Decode the query into api->pairs. @return OK; BAD_PARAMETER. */
FX_MUST_USE fx_status fx_api_param_load_query(struct fx_api_call *call);

/** Check and parse the body. @return OK; BAD_JSON, BODY_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE. */
FX_MUST_USE fx_status fx_api_param_load_body(struct fx_api_call *call);

/** A parameter of the query or a scalar member of the body; empty is absent. @return OK; NOT_FOUND;
 * BAD_PARAMETER (array, object; given in both). */
FX_MUST_USE fx_status fx_api_param_find(struct fx_api_call *call, fx_str name, fx_str *value_out);

/**
 * Texts: a JSON array of strings or numbers, or one text with commas between them (also as a
 * query); borrowed until the next request. Absent: none. @return OK; BAD_PARAMETER (too many, empty
 * ones).
 */
FX_MUST_USE fx_status fx_api_param_list(struct fx_api_call *call,
                                        fx_str name,
                                        fx_str texts_out[],
                                        uint32_t capacity,
                                        uint32_t *count_out);

/** The text of a string member of the body. @return OK; BAD_PARAMETER (absent or no string). */
FX_MUST_USE fx_status fx_api_param_text(struct fx_api_call *call, fx_str name, fx_str *value_out);

/** A list of texts: an array of strings, or one text with commas. It is copied with commas into
 * `list_out`. @return OK; NOT_FOUND; BAD_PARAMETER (other elements, empty ones, too long). */
FX_MUST_USE fx_status fx_api_param_texts(struct fx_api_call *call,
                                         fx_str name,
                                         char *list_out,
                                         size_t capacity);

/** A time in ms as microseconds; 0 where absent. @return OK; BAD_PARAMETER. */
FX_MUST_USE fx_status fx_api_param_time(struct fx_api_call *call,
                                        fx_str name,
                                        int64_t *time_us_out);

/** A whole number; `*value_out` is left where absent. @return OK; BAD_PARAMETER. */
FX_MUST_USE fx_status fx_api_param_u64(struct fx_api_call *call, fx_str name, uint64_t *value_out);

/** A decimal. @return OK; NOT_FOUND; BAD_DECIMAL, TOO_MANY_DIGITS. */
FX_MUST_USE fx_status fx_api_param_decimal(struct fx_api_call *call,
                                           fx_str name,
                                           fx_i128 *units_out);

/** The number of a word; 0 where absent. @return OK; BAD_PARAMETER. */
typedef uint32_t (*fx_api_word_fn)(fx_str name);
FX_MUST_USE fx_status fx_api_param_word(struct fx_api_call *call,
                                        fx_str name,
                                        fx_api_word_fn number_of,
                                        uint32_t *number_out);

/** The instrument that `symbol` names; NULL where absent. @return OK; UNKNOWN_SYMBOL. */
FX_MUST_USE fx_status fx_api_param_symbol(struct fx_api_call *call,
                                          const struct fx_market_symbol **symbol_out);

/** The same for the path's :symbol. */
FX_MUST_USE fx_status fx_api_param_path_symbol(struct fx_api_call *call,
                                               const struct fx_market_symbol **symbol_out);

/** limit, cursor, or page and size. @return OK; BAD_PARAMETER. */
FX_MUST_USE fx_status fx_api_param_page(struct fx_api_call *call, struct fx_store_page *page_out);

/** startTime and endTime (ms). @return OK; BAD_PARAMETER. */
FX_MUST_USE fx_status fx_api_param_span(struct fx_api_call *call, struct fx_store_span *span_out);

/** Words of the model, as fx_api_word_fn. */
uint32_t fx_api_param_side_of(fx_str name);
uint32_t fx_api_param_type_of(fx_str name);
uint32_t fx_api_param_contract_type_of(fx_str name);

/** The caller's own name of a movement of money (clientTransferId), marked so that it is none of an
 * order; size 0 where absent. @return OK; BAD_PARAMETER. */
FX_MUST_USE fx_status fx_api_param_movement_id(struct fx_api_call *call,
                                               struct fx_client_id *id_out);

#endif
