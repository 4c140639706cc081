#ifndef SDSA_PATH_CHECK_H
#define SDSA_PATH_CHECK_H 1

/* Does a path, which was made from an earlier inventory, still fit the one of
 * now?  Pure.
 *
 * Each returns NULL, or why not: a message for the user, which the caller
 * frees. */

#include <stdbool.h>

struct inventory;
struct path;

/* Are its endpoints, functions and gateways still at the bridges that the path
 * was made for?  If not, its flows would deliver to ports of other bridges. */
char *path_check_places(const struct path *, const struct inventory *);

/* Are the links that its hops cross still there, and up; and the ports of its
 * functions up? */
char *path_check_links(const struct path *, const struct inventory *);

/* Does path_check_links() find a reason?  Then packets are lost on the way. */
bool path_is_cut(const struct path *, const struct inventory *);

/* Does it go through a gateway that is being drained, a gateway or a bridge that
 * is lost, or a function that is marked down?  It may carry traffic all the same. */
char *path_check_lost(const struct path *, const struct inventory *);

/* path_check_places() and path_check_links(), and that its functions are told
 * by tags as they were. */
char *path_check(const struct path *, const struct inventory *);

#endif /* ofctl-app/model/path-check.h */
