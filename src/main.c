/* Start-up: finds the command in the table and runs it; its return value is the
 * exit status. */
#include "command/command.h"
#include "kernel/openblas_core.h"

int main(int argc, char **argv)
{
    openblas_choose_core(argv);
    return command_main(argc, argv);
}
