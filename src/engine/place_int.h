/**
 * @file place_int.h
 * The doors between place.c, which acts, and place_judge.c, which judges. Private to engine/; the
 * doors of both to the others are in orders_int.h.
 * Thread: engine thread only.
 */
#ifndef FX_ENGINE_PLACE_INT_H
#define FX_ENGINE_PLACE_INT_H

#include "engine/orders_int.h"

/** An order on its way in: what the command says, completed. */
struct fx_place_intent {
    const struct fx_command_place *place;
    struct fx_listing *listing;
    struct fx_resting hot; /* the order as it would rest */
    fx_slot position;
    fx_slot first_maker;   /* whom it will probably meet: only asked for early */
    uint8_t position_side; /* enum fx_position_side; judged, never 0 */
    uint8_t time_in_force;
    uint8_t stp_mode;
    uint8_t note;
    bool is_position_new;
    bool is_setting_changed;
    bool is_conditional;   /* it waits for its price */
    bool is_unsized;       /* the quantity is not the user's choice: filters do not ask for it */
    bool is_unmatchable;   /* a market order that meets an empty book */
    bool is_ahead;         /* fx_place_judge_ahead() has found words, time and price in order */
    uint64_t moved_before; /* of the account, where is_setting_changed … */
    struct fx_position_family family;
    struct fx_position_state before[FX_POSITION_FAMILY_MAX]; /* … as are these, by family */
};

/** Words and figures of a command that need no state; `may_wait`: it is a conditional order. */
fx_status fx_place_judge_words(const struct fx_command *command,
                               bool may_wait,
                               struct fx_reject *reject_out);
/**
 * Judge what needs no account while its memory is on the way: words, time in force, price, filters.
 * @return true where all is in order and need not be asked again; else all is asked in its turn.
 */
bool fx_place_judge_ahead(const struct fx_engine *engine,
                          struct fx_place_intent *intent,
                          const struct fx_command *command);
/** All that needs no position: rights, time in force, price, filters, room. Completes the intent.
 */
fx_status fx_place_judge_alone(const struct fx_engine *engine,
                               struct fx_place_intent *intent,
                               const struct fx_command *command,
                               struct fx_reject *reject_out);
/** Whether it may enter the market as it is, with its position at hand. */
fx_status fx_place_judge_now(struct fx_engine *engine,
                             struct fx_place_intent *intent,
                             struct fx_reject *reject_out);
/** Everything that is asked of a conditional order when it fires. */
fx_status fx_place_judge_fired(struct fx_engine *engine,
                               struct fx_place_intent *intent,
                               struct fx_reject *reject_out);

#endif
