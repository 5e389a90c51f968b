/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "screen.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Understood by every terminal in use (ECMA-48, and private modes of xterm). */
#define ENTER_PAGE  "\033[?1049h" /* the alternate screen; the previous content comes back later */
#define LEAVE_PAGE  "\033[?1049l"
#define HIDE_CURSOR "\033[?25l"
#define SHOW_CURSOR "\033[?25h"
#define CUT_LINES   "\033[?7l" /* no wrapping at the right margin */
#define WRAP_LINES  "\033[?7h"
#define HOME        "\033[H"
#define CLEAR_LINE  "\033[K" /* from the cursor to the end of the line */
#define CLEAR_REST  "\033[J"

#define USUAL_ROWS 24

void cli_screen_init(struct cli_screen *screen)
{
    *screen = (struct cli_screen){.in_place = isatty(STDOUT_FILENO)};
}

static int rows_of_terminal(void)
{
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 1 ? size.ws_row
                                                                           : USUAL_ROWS;
}

static int lines_of(const char *text)
{
    int lines = 0;
    while ((text = strchr(text, '\n'))) {
        lines++;
        text++;
    }
    return lines;
}

static void open_page(struct cli_screen *screen)
{
    if (!screen->open)
        fputs(ENTER_PAGE HIDE_CURSOR CUT_LINES, stdout);
    screen->open = true;
}

/* A newline in the last row would scroll the page. */
static void show_in_place(const char *text)
{
    int rows = rows_of_terminal(), lines = lines_of(text);
    int fitting = lines < rows ? lines : rows - 1;
    fputs(HOME, stdout);
    for (int i = 0; i < fitting; i++) {
        size_t length = strcspn(text, "\n");
        printf("%.*s" CLEAR_LINE "\n", (int)length, text);
        text += length + 1;
    }
    fputs(CLEAR_REST, stdout);
    if (fitting < lines)
        printf(
            "(%d of %d lines: make the window taller, or select with --components, --netns or -t)",
            fitting, lines);
}

bool cli_screen_show(struct cli_screen *screen, const char *text)
{
    if (screen->in_place) {
        open_page(screen);
        show_in_place(text);
    } else {
        printf("%s%s", screen->shown ? "\n" : "", text);
    }
    screen->shown = true;
    return fflush(stdout) == 0;
}

void cli_screen_close(struct cli_screen *screen)
{
    if (screen->open)
        fputs(WRAP_LINES SHOW_CURSOR LEAVE_PAGE, stdout);
    screen->open = false;
    fflush(stdout);
}
