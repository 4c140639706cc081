/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_DURABLE_H
#define SDSA_DURABLE_H 1

/* Files that are there after a power cut: as they were before a change or as
 * they are after it, never half of it.
 *
 *     int fd = durable_begin(new_name);
 *     ... write(fd) ...
 *     error = durable_end(fd);
 *     error = durable_replace(new_name, name);
 *
 * 'new_name' is a file beside 'name'.  What is left of it after a failure
 * harms nobody: the next durable_begin() empties it. */

/* Makes an empty file that its owner alone reads and writes, to be appended
 * to.  Returns its descriptor, which the caller gives to durable_end(), or a
 * negative errno. */
int durable_begin(const char *new_name);

/* Waits until what was written to 'fd' is on the disk.  Returns 0 or a
 * positive errno. */
int durable_sync(int fd);

/* Does as durable_sync(), and closes 'fd'. */
int durable_end(int fd);

/* Waits until the folder of 'name' says on the disk which files it has.
 * Returns 0 or a positive errno. */
int durable_sync_folder(const char *name);

/* Makes 'new_name' the file 'name', and waits until its folder says so on the
 * disk.  Returns 0, or a positive errno: 'name' may be the old file then or
 * the new one, each of them whole. */
int durable_replace(const char *new_name, const char *name);

#endif /* lib/durable.h */
