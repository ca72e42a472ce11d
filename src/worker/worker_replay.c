#include "worker/worker_replay.h"

#include "base/log.h"
#include "base/panic.h"

enum { WAITING_MAX = FX_ENGINE_PREFETCH_MAX + 1 };

static fx_status apply_oldest(struct fx_worker_replay *replay)
{
    FX_ASSERT(replay->first < replay->end);
    const struct fx_command *command = &replay->waiting[replay->first % WAITING_MAX];
    for (uint32_t ahead = 1; replay->first + ahead < replay->end; ahead++) {
        const uint64_t place = (replay->first + ahead) % WAITING_MAX;
        fx_engine_prefetch(replay->engine, &replay->waiting[place], ahead);
    }
    fx_engine_apply(replay->engine, command, replay->events);
    replay->first++;
    return replay->on_applied(replay->context, command->sequence);
}

fx_status fx_worker_replay_record(struct fx_worker_replay *replay,
                                  const struct fx_bus_journal_record *record)
{
    struct fx_command *command = &replay->waiting[replay->end % WAITING_MAX];
    FX_ASSERT(replay->end - replay->first < WAITING_MAX);
    if (fx_command_decode(record->bytes, command) != FX_OK || command->sequence != record->seq) {
        return FX_CORRUPT;
    }
    if (!fx_engine_knows(command)) {
        FX_LOG(FX_LOG_ERROR,
               "replay",
               "this log goes on by rules that this binary does not know",
               fx_log_u64("seq", command->sequence),
               fx_log_u64("rules", fx_engine_asks_rules(command)),
               fx_log_u64("known", FX_ENGINE_RULES_MAX));
        return FX_RULES_UNKNOWN;
    }
    replay->end++;
    return replay->end - replay->first == WAITING_MAX ? apply_oldest(replay) : FX_OK;
}

fx_status fx_worker_replay_finish(struct fx_worker_replay *replay)
{
    fx_status status = FX_OK;
    while (status == FX_OK && replay->first < replay->end) {
        status = apply_oldest(replay);
    }
    return status;
}
