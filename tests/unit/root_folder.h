/* A folder of the test program's own: a group fixture, and names for other folders in it. */
#ifndef SINKGRID_TESTS_UNIT_ROOT_FOLDER_H
#define SINKGRID_TESTS_UNIT_ROOT_FOLDER_H

/* cmocka's group fixtures: make the folder, remove it with all that is in it. */
int make_root(void **state);
int remove_root(void **state);

const char *root_folder(void);
char *new_folder(void); /* ROOT/0, ROOT/1, ...: not made yet; the caller frees */

#endif
