/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attaches the programs of empty.bpf.c until it is killed; prints "ready" once they are attached.
 */
#include <stdio.h>
#include <unistd.h>

#include "empty.skel.h"

int main(void)
{
    struct empty *empty = empty__open_and_load();

    if (!empty || empty__attach(empty) != 0) {
        fputs("The empty programs could not be attached.\n", stderr);
        return 1;
    }
    puts("ready");
    fflush(stdout);
    pause();
    return 0;
}
