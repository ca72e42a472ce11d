/**
 * @file api_position_int.h
 * What the files on positions share.
 * Thread: the gateway's.
 */
#ifndef FX_API_API_POSITION_INT_H
#define FX_API_API_POSITION_INT_H

#include "api/api_int.h"

/** The instrument that symbol or the seed's instrumentId (from 1) names. @return OK; BAD_PARAMETER
 * where neither is given; UNKNOWN_SYMBOL. */
FX_MUST_USE fx_status fx_api_position_symbol(struct fx_api_call *call,
                                             const struct fx_market_symbol **symbol_out);

/** Which position: side 0 is as good as BOTH. */
struct fx_api_position_name {
    uint32_t instrument;
    uint32_t side; /* enum fx_position_side */
};

/** By positionId, or by symbol (instrumentId) and positionSide. @return OK; POSITION_NOT_FOUND;
 * what fx_api_position_symbol() says. */
FX_MUST_USE fx_status fx_api_position_name(struct fx_api_call *call,
                                           struct fx_api_position_name *name_out);

/** Answer 200 with the pending command's position as it is now; an fx_api_answer_fn. */
void fx_api_position_answer(struct fx_api *api,
                            const struct fx_api_pending *pending,
                            const struct fx_event_result *result);

/** A row of a symbol, whatever its side: all of them have the symbol's setting. NULL: none. */
const struct fx_rows_position *fx_api_position_any(const struct fx_api *api,
                                                   uint64_t user_id,
                                                   uint32_t instrument);

/** Words of the model, as fx_api_word_fn. */
uint32_t fx_api_position_side_of(fx_str name);

#endif
