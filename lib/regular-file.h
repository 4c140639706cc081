/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_REGULAR_FILE_H
#define SDSA_REGULAR_FILE_H 1

/* Files that an operator names, and those of our folders.  What stands there
 * need not be a file: open() waits for a writer of a FIFO. */

/* Opens the file 'name' for reading, without waiting for anybody.  Returns a
 * descriptor, which the caller must close, or a negative errno: -EMEDIUMTYPE
 * if it is no regular file. */
int regular_file_open(const char *name);

/* Returns what the positive errno of regular_file_open() says. */
const char *regular_file_strerror(int error);

#endif /* lib/regular-file.h */
