// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/needs.hpp>
#if defined(LEAT_REFUSED)
#elif !defined(LEAT_COMPILED)
#error \
    "leat: leat/src_recovery.hpp has the bodies of the compiled form: compile this file, and all others of the program, with -DLEAT_COMPILED; a header-only program leaves this file out"
#else

#include <leat/recovery/file_names.ipp>
#include <leat/recovery/grouped_rows.ipp>
#include <leat/recovery/resume_point.ipp>
#include <leat/recovery/sqlite_connection.ipp>
#include <leat/recovery/sqlite_journal.ipp>
#include <leat/recovery/sqlite_store.ipp>
#include <leat/recovery/step_codec.ipp>
#include <leat/recovery/store_agreement.ipp>
#include <leat/recovery/store_message.ipp>
#include <leat/recovery/store_opening.ipp>
#include <leat/recovery/store_status.ipp>
#include <leat/recovery/store_writer.ipp>
#include <leat/recovery/stored_run.ipp>
#include <leat/route/codec/kept_text.ipp>
#include <leat/run/recovery.ipp>
#endif
