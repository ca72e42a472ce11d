/**
 * @file bus_journal_copy.h
 * Copy a journal while its owner writes: for backups. Thread: any; takes no lock, writes nothing
 * into the source.
 *
 * Frames never change once they are complete, so a copy that ends behind the last complete one is a
 * journal as a crash at that moment would have left it. What is behind it becomes zeros: half a
 * frame that is being written must not be found before a whole one that follows.
 */
#ifndef FX_BUS_BUS_JOURNAL_COPY_H
#define FX_BUS_BUS_JOURNAL_COPY_H

#include <stdint.h>

#include "base/status.h"
#include "bus/bus_file.h"

/**
 * Copy all segments of `source` into the existing, empty folder `target`, synced.
 * @return OK and the sequence of the first record that is not in the copy; NOT_FOUND (no segment);
 * CORRUPT (a segment ends before the next one begins); VERSION_MISMATCH; NO_SPACE; IO; NO_MEMORY.
 */
FX_MUST_USE fx_status fx_bus_journal_copy(const struct fx_bus_file_system *system,
                                          const char *source,
                                          const char *target,
                                          uint64_t *next_seq_out);

#endif
