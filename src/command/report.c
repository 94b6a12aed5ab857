#include "summary/report.h"

#include <stdio.h>

#include "base/log.h"
#include "command/command.h"
#include "command/options.h"

static const struct option_row options[] = {{0}};

static int run_report(int argc, char **argv)
{
    struct operands operands = {.min = 1, .max = 1};
    struct error err;
    char none;

    if (options_parse(&command_report, argc, argv, &none, &operands) != 0)
        return STATUS_USAGE;
    if (report_write(operands.items[0], &err) != 0) {
        log_error("%s", err.text);
        return STATUS_USAGE;
    }
    printf("%s/report.html\n", operands.items[0]);
    return STATUS_OK;
}

const struct command command_report = {
    .name = "report",
    .arguments = "RESULTS",
    .summary = "a self-contained HTML page with figures",
    .help = "Reads RESULTS/summary.nc, which `run`, `summarize` and `import` write, and makes RESULTS/report.html:\n"
            "one file, readable without network or scripts, on a phone and in print. Figures are drawn by gnuplot,\n"
            "which is looked up on the PATH; without it the page has tables alone.\n\n"
            "example: sinkgrid report results/demo\n",
    .options = options,
    .run = run_report,
};
