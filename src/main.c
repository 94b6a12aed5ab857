/* Start-up: finds the command in the table and runs it; its return value is the
 * exit status. */
#include "command/command.h"

int main(int argc, char **argv)
{
    return command_main(argc, argv);
}
