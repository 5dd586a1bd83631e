/* The resident memory of the process. */
#ifndef RESIDENT_H
#define RESIDENT_H

#include "status.h"

static long resident_kb(void)
{
#ifdef WATCHED
    return 0; /* the tool that watches keeps what was freed */
#endif
    return status("VmRSS:");
}

#endif
